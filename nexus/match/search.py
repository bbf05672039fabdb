"""Search: the Room that a wish leads to: one that is there, or will be, or sleeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field

from nexus.archive.port import Card
from nexus.errors import Code, Refused
from nexus.match.catalog import Kind
from nexus.match.keeper.keeper import Keeper
from nexus.match.maker import Maker
from nexus.match.promise import session_of
from nexus.match.registry import Registry
from nexus.room import RoomActor
from nexus.room.seat.seat import SeatExpired

__all__ = ["Search"]

#: How many Rooms, one after another, a wish waits for that end still.
_ENDS: Final = 3


@define(eq=False)
class Search:
    """Finds Rooms, and waits for those that are on their way.

    Args:
        maker: What knows which Room fits.
        registry: What knows the Rooms.
    """

    _maker: Maker
    _registry: Registry
    #: What keeps Rooms, and wakes those that sleep; None: nobody does.
    keeper: Keeper | None = field(default=None, init=False)

    def own(
        self, kind: Kind, options: Mapping[str, Any], auth: Any
    ) -> RoomActor | None:
        """Return the Room that a wish means in which its session has a seat already."""
        session_id = session_of(auth)
        if session_id is None:
            return None
        for actor in self._registry.seated(session_id):
            if self._maker.fits(kind, options, actor):
                return actor
        return None

    async def found(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor | None:
        """Return the Room that fits, or will soon; None: one is to be made.

        Raises:
            Refused: There is one that takes nobody in, or does not end in time.
        """
        maker, ends = self._maker, 0
        key = maker.key(kind, options)
        while True:
            actor = maker.find(kind, options)
            if actor is not None:
                return actor
            closing = maker.closing(kind, options)
            if maker.is_making(key):
                # Somebody makes just such a Room: it may have a seat for us, too.
                await maker.made(key)
            elif closing is None:
                return await self.woken(kind, options)
            elif ends == _ENDS:
                raise Refused("its rooms end too soon", Code.NO_ROOM)
            else:
                ends += 1
                await maker.ended(closing)

    async def kind_of(self, room_id: str) -> str:
        """Return the kind of a Room, by its id or code; one that sleeps sleeps on.

        Raises:
            Refused: There is none.
        """
        try:
            return self._registry.get(room_id).kind
        except Refused:
            card = await self._asleep(room_id)
            if card is None:
                raise
            return card.kind

    async def regained(self, room_id: str, token: str) -> RoomActor:
        """Return a Room by its id or code; it wakes for a token of one of its members.

        Raises:
            SeatExpired: It sleeps, and the token lets nobody in.
            Refused: There is none.
        """
        try:
            _ = self._registry.get(room_id)
        except Refused:
            card = await self._asleep(room_id)
            if card is None:
                raise
            assert self.keeper is not None
            if not await self.keeper.lets_in(card, token):
                raise SeatExpired from None
        return await self.awake(room_id)

    async def _asleep(self, room_id: str) -> Card | None:
        if self.keeper is None:
            return None
        self._maker.check_stopping()
        return await self.keeper.asleep(room_id)

    async def awake(self, room_id: str) -> RoomActor:
        """Return a Room by its id or code, woken if it sleeps.

        Raises:
            Refused: There is none.
        """
        try:
            actor = self._registry.get(room_id)
            if self.keeper is None or not self.keeper.is_waking(actor):
                return actor
            raise Refused(f'room "{room_id}" does not go on', Code.NO_ROOM)
        except Refused:
            woken = None
            if self.keeper is not None:
                self._maker.check_stopping()
                woken = await self.keeper.wake(room_id)
            if woken is None:
                raise
            return woken

    async def open_to(self, room_id: str, session_id: str | None) -> RoomActor:
        """Return a Room by its id or code that takes a session in; it wakes for that.

        Raises:
            Refused: There is none, or it is locked for whoever has no seat there.
        """
        locked = Refused(f'room "{room_id}" is locked', Code.NO_ROOM)
        try:
            _ = self._registry.get(room_id)
        except Refused:
            card = await self._asleep(room_id)
            if card is not None and card.attributes.get("locked"):
                assert self.keeper is not None
                if not await self.keeper.seats(card, session_id):
                    raise locked from None
        actor = await self.awake(room_id)
        if actor.is_locked and session_id not in actor.seats:
            raise locked
        return actor

    async def running(self, room_id: str) -> RoomActor:
        """Return a Room that runs, by its id; when it does, if it is about to go on.

        Raises:
            Refused: There is none.
        """
        actor = self._registry.get(room_id)
        if self.keeper is None or not self.keeper.is_waking(actor):
            return actor
        woken = await self.keeper.wake(actor.room_id)
        if woken is None:
            raise Refused(f'room "{room_id}" does not go on', Code.NO_ROOM)
        return woken

    async def woken(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor | None:
        """Return the only Room that fits, if it sleeps; None: there is none.

        Raises:
            Refused: It cannot go on now; while a Node starts, its Rooms go on first.
        """
        if self.keeper is None or not kind.unique_by:
            return None
        self._maker.check_stopping()
        return await self.keeper.wake_only(kind, {**options, **kind.options})
