"""Restoration: the Rooms that were running go on as a Node starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, FirstError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.archive.port import Archive, Card, Status
from nexus.errors import Refused
from nexus.room import RoomActor
from nexus.store.port import DatabaseAway, DatabaseFull, StoreError

__all__ = ["Restoration"]

T = TypeVar("T")

#: How long a database that is away is waited for, before it is tried again.
_PAUSE: Final = 1.0

#: So many Rooms go on at a time.
_AT_ONCE: Final = 6


@define(eq=False)
class Restoration:
    """Lets all Rooms go on that were running; once.

    Args:
        archive: Where they are.
        clock: The time of the world.
        log: Told of those that cannot go on.
        revive: Lets one go on; None: it cannot.

    Attributes:
        left: Rooms that could not go on. Their owner of before is gone, so whoever
            comes for one may wake it.
    """

    _archive: Archive
    _clock: IReactorTime
    _log: Logger
    _revive: Callable[[Card], Awaitable[RoomActor | None]]
    left: set[str] = field(factory=set, init=False)
    _waiting: deque[Card] = field(factory=deque, init=False)
    _done: int = field(default=0, init=False)

    async def run(self) -> tuple[int, int]:
        """Return how many Rooms go on, and how many do not.

        Cancelled, it begins with no other one: they go on with the next Node.
        """
        cards = await self._patiently(lambda: self._archive.cards(Status.ACTIVE))
        self._waiting.extend(cards)

        def stop(_: object) -> None:
            self._waiting.clear()
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
        while self._waiting:
            card = self._waiting.popleft()
            if await self._at_last(card) is None:
                self.left.add(card.room_id)
            else:
                self._done += 1

    async def _at_last(self, card: Card) -> RoomActor | None:
        """Let a Room go on; None: it cannot."""
        try:
            return await self._patiently(lambda: self._revive(card))
        except (Refused, StoreError) as error:
            self._log.error(
                "{room_id} cannot go on, it stays in the archive: {why}",
                room_id=card.room_id,
                why=str(error),
                act="restore",
            )
            return None

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
