"""Reload: a Node that starts again when the code of its app changes.

For developers. `Look` sees which Python files changed, `Trial` tries the new code in a
process of its own, and `Handover` puts a new program into this process, which keeps its
id and its port. `Reload` is the service that joins them.
"""

from __future__ import annotations

from nexus.reload.handover import Handover, KeptPort
from nexus.reload.look import Look, Stamp
from nexus.reload.node import make_reloading_node
from nexus.reload.service import Reload
from nexus.reload.trial import Trial

__all__ = [
    "Handover",
    "KeptPort",
    "Look",
    "Reload",
    "Stamp",
    "Trial",
    "make_reloading_node",
]
