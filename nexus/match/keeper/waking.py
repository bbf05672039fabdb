"""Waking: of all who ask for a Room that sleeps, one wakes it, and others wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from nexus.archive.port import Archive, Card
from nexus.errors import Code, Refused
from nexus.match.keeper.handover import LOOKS, Overtaken, Reason, give_back, reason_of
from nexus.match.keeper.sleeper import Sleepers
from nexus.match.registry import Registry
from nexus.room import RoomActor
from nexus.store.port import StoreError

__all__ = ["Waking"]


@define(eq=False)
class Waking:
    """Wakes Rooms, each once at a time.

    Args:
        archive: Where they are.
        registry: What knows the Rooms that run.
        sleepers: What knows who may be woken.
        log: Told of those that cannot sleep on.
        owner: What this Node is called.
        check: Refuses a Room that is not ours to wake.
        revive: Lets a Room go on; None: it cannot.
    """

    _archive: Archive
    _registry: Registry
    _sleepers: Sleepers
    _log: Logger
    _owner: str
    _check: Callable[[Card], None]
    _revive: Callable[[Card, Reason], Awaitable[RoomActor | None]]
    #: Who waits for a Room that wakes, by its id; they are told whether all that could
    #: be done was done.
    _waiting: dict[str, list[Deferred[bool]]] = field(factory=dict, init=False)

    def __contains__(self, room_id: str) -> bool:
        """Say whether a Room is being woken."""
        return room_id in self._waiting

    async def wake(
        self, look: Callable[[], Awaitable[Card | None]]
    ) -> RoomActor | None:
        """Return a Room that is looked up by its card; None: there is none.

        Raises:
            Refused: It cannot go on now.
        """
        for _ in range(LOOKS):
            card = await look()
            if card is None:
                return None
            self._check(card)
            with suppress(Overtaken):
                return await self._woken(card)
        raise Overtaken

    async def _woken(self, card: Card) -> RoomActor | None:
        room_id = card.room_id
        if room_id in self._waiting:
            waiting: Deferred[bool] = Deferred()
            self._waiting[room_id].append(waiting)
            if not await waiting:
                # Whoever woke it was sent away: that says nothing of the Room.
                raise Overtaken
            return self._registry.running(room_id)
        running = self._registry.running(room_id)
        if running is not None:
            return running
        self._waiting[room_id] = []
        is_done = False
        try:
            actor = await self._roused(card)
            is_done = True
        finally:
            for waiter in self._waiting.pop(room_id):
                waiter.callback(is_done)
        return actor

    async def _roused(self, card: Card) -> RoomActor | None:
        """Let a Room go on; one that slept, and cannot, sleeps on."""
        try:
            actor = await self._revive(card, reason_of(card))
        except Overtaken:
            raise
        except StoreError as error:
            await self._put_back(card)
            raise self._sleepers.unread(error) from error
        except CancelledError:
            await self._put_back(card)
            why = "the room does not go on: that was cancelled"
            raise Refused(why, Code.STOPPING) from None
        except Refused:
            await self._put_back(card)
            raise
        if actor is None:
            await self._put_back(card)
        return actor

    async def _put_back(self, card: Card) -> None:
        await give_back(self._archive, card, self._owner, self._log)
