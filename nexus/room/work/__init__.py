"""Work of a Room that takes longer than a tick: in slices, or in threads."""

from nexus.room.work.chore import Chore, ChoreCancelled

__all__ = ["Chore", "ChoreCancelled"]
