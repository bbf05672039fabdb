"""Recovery: what is kept of a Room becomes its State again, while other Rooms go on."""

from __future__ import annotations

from typing import Final

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from nexus.archive.port import Found
from nexus.archive.thread import InThread
from nexus.errors import StateError
from nexus.journal.kept import Kept, recover
from nexus.match.catalog import Kind
from nexus.match.keeper.sleeper import LONG
from nexus.room.face import state_of
from nexus.wire.native.store import Restored

__all__ = ["Recovery"]

#: Who holds up all others for so many seconds is named.
_LATE: Final = 0.1


@define(eq=False)
class Recovery:
    """Reads what is kept of Rooms.

    Args:
        clock: Gives all others their turns.
        in_thread: Runs what takes long and touches nothing of ours.
        log: Told of whoever holds up all others.
    """

    _clock: IReactorTime
    _in_thread: InThread
    _log: Logger

    async def fold(self, found: Found) -> Kept:
        """Fold what was found; while that takes long, other Rooms go on.

        Raises:
            DamagedJournal: It is not what was written.
        """
        size = sum(len(each.payload) for each in found.entries)
        if size + len(found.stored.payload) < LONG:
            return recover(found.stored, found.entries)
        return await self._in_thread(lambda: recover(found.stored, found.entries))

    async def state(self, kind: Kind, kept: Kept) -> Restored | None:
        """Make a tree of the State that was kept, if there was one.

        Other Rooms have their turns meanwhile. No thread does this: the author's code
        may be a part of it.
        """
        if kept.replica is None:
            return None
        root = state_of(kind.room)
        if root is None:
            raise StateError(f"{kind.room.__name__} does not say which State it has")
        clock, longest = self._clock, 0.0
        began = clock.seconds()
        for restored in kept.restoring(root):
            longest = max(longest, clock.seconds() - began)
            if restored is None:
                turn: Deferred[None] = Deferred()
                _ = clock.callLater(0, turn.callback, None)
                await turn
            began = clock.seconds()
        if longest >= _LATE:
            self._log.warn(
                "{room_id}: a part of its State took {seconds:.2f} s to be there again,"
                " and all others waited; rows of a Table hold up nobody",
                room_id=kept.room_id,
                seconds=longest,
                act="restore",
            )
        return restored
