"""What the Nodes of a cluster share: messages by topic, and values by key."""

from __future__ import annotations

__all__: list[str] = []
