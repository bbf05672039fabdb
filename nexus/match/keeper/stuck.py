"""Stuck: which Rooms are kept and cannot go on, as far as this Node has tried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final, Protocol

from attrs import define, field
from twisted.internet.defer import CancelledError

from nexus.archive.port import Archive, Card, Found
from nexus.errors import Code, Refused
from nexus.match.keeper.handover import Overtaken, Reason
from nexus.room import RoomActor
from nexus.store.port import DatabaseAway, DatabaseFull, StoreError

__all__ = ["Revive", "Stuck"]

#: Why this Node takes no Room at all, whatever Room it is.
_OURS: Final = (Code.LIMIT, Code.STOPPING)

#: So many are looked at in one go.
_MOST: Final = 16


class Revive(Protocol):
    """Lets a Room go on."""

    def __call__(
        self, card: Card, reason: Reason, found: Found | None = None, /
    ) -> Awaitable[RoomActor | None]:
        """Return a Room of which that was found, or will be; None: it cannot."""
        ...


@define(eq=False)
class Stuck:
    """Counts Rooms from a try that failed to one that does not.

    A Room that is no matter of this Node's any more is found by looking: it has ended,
    is set aside, or another Node runs it.

    Args:
        archive: Where they are.
        check: Refuses a Room that is not ours to wake.
    """

    _archive: Archive
    _check: Callable[[Card], None]
    #: By id, those first that are looked at next.
    _rooms: dict[str, None] = field(factory=dict, init=False)

    def __len__(self) -> int:
        """Count them."""
        return len(self._rooms)

    def watched(self, revive: Revive) -> Revive:
        """Return what lets a Room go on, and takes note whether it does."""

        async def tried(
            card: Card, reason: Reason, found: Found | None = None, /
        ) -> RoomActor | None:
            room_id = card.room_id
            try:
                actor = await revive(card, reason, found)
            except (CancelledError, Overtaken, DatabaseAway, DatabaseFull):
                # That says nothing of the Room.
                raise
            except (Refused, StoreError) as error:
                if not (isinstance(error, Refused) and error.code in _OURS):
                    self._rooms[room_id] = None
                raise
            if actor is not None:
                self._rooms.pop(room_id, None)
            elif await self._is_ours(room_id):
                self._rooms[room_id] = None
            return actor

        return tried

    async def look(self) -> None:
        """Look whether some of them are a matter of this Node's still."""
        for room_id in list(islice(self._rooms, _MOST)):
            is_ours = await self._is_ours(room_id)
            # Meanwhile it may go on.
            if room_id in self._rooms:
                del self._rooms[room_id]
                if is_ours:
                    self._rooms[room_id] = None

    async def _is_ours(self, room_id: str) -> bool:
        """Say whether a Room is ours to wake, unless nobody can say."""
        try:
            card = await self._archive.find(room_id)
            if card is not None:
                self._check(card)
        except StoreError:
            return True
        except Refused:
            return False
        return card is not None
