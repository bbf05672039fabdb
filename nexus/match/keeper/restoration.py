"""Restoration: the Rooms that were running go on as a Node starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, Final, TypeVar

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, FirstError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.archive.port import Archive, Card, Found, Status
from nexus.errors import Refused
from nexus.match.keeper.handover import LOOKS, Overtaken, Reason, give_back, reason_of
from nexus.room import RoomActor
from nexus.store.port import DatabaseAway, DatabaseFull, StoreError

__all__ = ["Restoration"]

T = TypeVar("T")

#: How long a database that is away is waited for, before it is tried again.
_PAUSE: Final = 1.0

#: So many Rooms go on at a time.
_AT_ONCE: Final = 6

#: So many are asked for at a time, if they are small.
_MANY: Final = 16


@define(eq=False)
class Restoration:
    """Lets all Rooms go on that were running; once.

    Args:
        archive: Where they are.
        clock: The time of the world.
        log: Told of those that cannot go on.
        owner: What this Node is called.
        claim: Becomes the owner of several, and returns what is kept of them; what it
            leaves out is claimed by itself.
        revive: Lets one go on, of which is kept what was found, or will be; None: it
            cannot.

    Attributes:
        left: Rooms that could not go on, with their epochs. Their owner of before is
            gone, so whoever comes for one may wake it, until another Node claims it.
    """

    _archive: Archive
    _clock: IReactorTime
    _log: Logger
    _owner: str
    _claim: Callable[[Sequence[Card]], Awaitable[Mapping[str, Found]]]
    _revive: Callable[[Card, Reason, Found | None], Awaitable[RoomActor | None]]
    left: dict[str, int] = field(factory=dict, init=False)
    _waiting: deque[Card] = field(factory=deque, init=False)
    #: Those that were asked for, with what was found.
    _ready: deque[tuple[Card, Found | None]] = field(factory=deque, init=False)
    _done: int = field(default=0, init=False)

    async def run(self) -> tuple[int, int]:
        """Return how many Rooms go on, and how many do not.

        Cancelled, it begins with no other one: they go on with the next Node.
        """
        cards = await self._patiently(lambda: self._archive.cards(Status.ACTIVE))
        self._waiting.extend(cards)

        def stop(_: object) -> None:
            self._waiting.clear()
            self._ready.clear()
            ended.errback(CancelledError())
            everything.cancel()

        def end(result: object) -> None:
            if not ended.called:
                ended.callback(result)

        ended: Deferred[Any] = Deferred(stop)
        # While the database works for one, others are made.
        works = [Deferred.fromCoroutine(self._work()) for _ in range(_AT_ONCE)]
        everything: Deferred[Any] = gatherResults(works, consumeErrors=True)
        _ = everything.addErrback(_unwrapped).addBoth(end)
        await ended
        return self._done, len(cards) - self._done

    async def _work(self) -> None:
        while self._waiting or self._ready:
            if not self._ready:
                await self._claim_next()
            # Meanwhile others may have taken all of them.
            while self._ready:
                card, found = self._ready.popleft()
                if await self._at_last(card, found) is None:
                    self.left[card.room_id] = card.epoch
                else:
                    self._done += 1

    async def _claim_next(self) -> None:
        """Ask for the next Rooms, all at once."""
        count = min(_MANY, len(self._waiting))
        cards = [self._waiting.popleft() for _ in range(count)]
        found: Mapping[str, Found] = {}
        # If one of them is to blame, it costs no other: it is asked for by itself.
        with suppress(StoreError):
            found = await self._patiently(lambda: self._claim(cards))
        self._ready.extend((each, found.get(each.room_id)) for each in cards)

    async def _at_last(self, card: Card, found: Found | None) -> RoomActor | None:
        """Let a Room go on; None: it cannot."""
        # What was found is of use once: a try that failed may have written more.
        tries = chain([found], repeat(None))
        try:
            return await self._patiently(lambda: self._resumed(card, next(tries)))
        except CancelledError:
            return None
        except (Refused, StoreError) as error:
            self._log.error(
                "{room_id} cannot go on, it stays in the archive: {why}",
                room_id=card.room_id,
                why=str(error),
                act="restore",
            )
            return None

    async def _resumed(self, card: Card, found: Found | None) -> RoomActor | None:
        """Let a Room go on, even if others had it since it was listed."""
        for _ in range(LOOKS):
            with suppress(Overtaken):
                return await self._tried(card, found)
            now = await self._archive.find(card.room_id)
            if now is None or now.status is not Status.ACTIVE:
                return None
            card, found = now, None
        raise Overtaken

    async def _tried(self, card: Card, found: Found | None) -> RoomActor | None:
        """Let a Room go on; one that rested, and cannot, rests on."""
        try:
            actor = await self._revive(card, reason_of(card), found)
        except Overtaken:
            raise
        except (CancelledError, Refused):
            await give_back(self._archive, card, self._owner, self._log)
            raise
        if actor is None:
            await give_back(self._archive, card, self._owner, self._log)
        return actor

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask for something, however long the database is away, or full, meanwhile."""
        while True:
            try:
                return await ask()
            except (DatabaseAway, DatabaseFull):
                later: Deferred[None] = Deferred()
                _ = self._clock.callLater(_PAUSE, later.callback, None)
                await later


def _unwrapped(failure: Failure) -> Failure:
    """Return what one of many failed with."""
    assert isinstance(failure.value, FirstError)
    return failure.value.subFailure
