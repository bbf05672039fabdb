"""Retries: Rooms that were refused are tried again, while others are written."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from nexus.archive.backlog import Backlog
from nexus.archive.delivery import Delivery
from nexus.archive.outage import Outage, delay_of
from nexus.background import Background
from nexus.store.port import DatabaseAway, DatabaseFull

__all__ = ["Retries"]

_FIRST: Final = 0.1
_LONGEST: Final = 2.0


@define(eq=False)
class Retries:
    """Writes the Rooms that were set aside, one after the other, each alone.

    Beside it the others are written, so that nobody waits for somebody else's lock.
    During an outage all wait together.
    """

    _clock: IReactorTime
    _random: Random
    _background: Background
    _backlog: Backlog
    _delivery: Delivery
    _outage: Outage
    _tried: Callable[[], None]
    _call: IDelayedCall | None = field(default=None, init=False)
    _is_trying: bool = field(default=False, init=False)
    _is_stopped: bool = field(default=False, init=False)

    def look(self) -> None:
        """Try in a moment, if anything was set aside."""
        lane = next(iter(self._backlog.aside.values()), None)
        if lane is None or self._call or self._is_trying or self._is_stopped:
            return
        chance = self._random.random()
        delay = delay_of(lane.refusals - 1, _FIRST, _LONGEST, chance)
        self._call = self._clock.callLater(delay, self._begin)

    def stop(self) -> None:
        """Begin no more tries."""
        self._is_stopped = True
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    def _begin(self) -> None:
        self._call = None
        self._is_trying = True
        self._background.spawn(self._try(), "another try")

    async def _try(self) -> None:
        try:
            if self._outage.is_on:
                self._take_back()
            elif lane := next(iter(self._backlog.aside.values()), None):
                await self._delivery.retry(lane)
        except (DatabaseAway, DatabaseFull, CancelledError):
            # It is met again with the others, which is what begins an outage.
            self._take_back()
        finally:
            self._is_trying = False
            self.look()
            self._tried()

    def _take_back(self) -> None:
        for lane in list(self._backlog.aside.values()):
            self._backlog.take_back(lane)
