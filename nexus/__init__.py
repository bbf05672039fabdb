"""Nexus, an authoritative room server for multiplayer games.

Importing this package installs no reactor.
"""

from __future__ import annotations

__all__: list[str] = []
