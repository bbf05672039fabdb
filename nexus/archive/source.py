"""The port of sources: whatever a Writer asks for what happened."""

from __future__ import annotations

from typing import Protocol

from nexus.journal.entry import Entry, Stored

__all__ = ["Source"]


class Source(Protocol):
    """What a Writer asks a Room for; `nexus.room.keeping.journal` is one."""

    room_id: str
    epoch: int

    def take(self) -> Entry | None:
        """Return all that happened since the last entry; None: nothing did."""
        ...

    def whole(self) -> Stored | None:
        """Return everything that is kept of the Room now, covering all it ever took.

        Asked for when entries had to be thrown away; None: there is none any more.
        """
        ...

    def committed(self, number: int) -> None:
        """Take note that all entries up to this one are safe."""
        ...

    def superseded(self) -> None:
        """Take note that somebody else owns the Room: it must end at once."""
        ...

    def failed(self, error: Exception) -> None:
        """Take note that this Room cannot be written, though others can."""
        ...
