"""Keeping: what a Room that is kept asks of its Node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nexus.archive.writer import Writer
from nexus.journal.entry import Stored
from nexus.room.phase import Rest

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.keeping.journal import Journal

__all__ = ["Keeping"]


class Keeping(Protocol):
    """Keeps the Rooms of a Node."""

    writer: Writer

    async def begin(self, actor: RoomActor) -> None:
        """Keep a Room that opens, from now on.

        Raises:
            Refused: It cannot be kept now.
        """
        ...

    async def rest(self, actor: RoomActor, journal: Journal, rest: Rest) -> bool:
        """Let a Room be run by nobody; returns whether all that it did is safe."""
        ...

    async def end(self, actor: RoomActor, journal: Journal) -> None:
        """Keep a Room no longer: it has ended."""
        ...

    def stored(self, actor: RoomActor, journal: Journal) -> Stored:
        """Return everything that is kept of a Room now."""
        ...
