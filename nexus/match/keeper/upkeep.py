"""Upkeep: deletes what nobody comes back to, and counts what is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from nexus.archive.port import Archive
from nexus.background import Background
from nexus.match.keeper.leap import Leaps
from nexus.store.port import DatabaseAway, StoreError

__all__ = ["DAY", "Upkeep"]

DAY: Final = 86_400.0


@define(eq=False, kw_only=True)
class Upkeep:
    """Looks after an archive, now and then; what fails is tried again the next time.

    Several Nodes may do so with one archive: what one has done, the others find done.

    Args:
        archive: The archive.
        clock: The time of the world.
        steady: Tells seconds as well, which nobody can set.
        background: Where it runs.
        counted: Told how many Rooms there are by status, and `members` that are there.
        look: Looks, as often as is counted, at what else is to be known.
        abandon: A Room that nobody touched for so many seconds is given up, but for
            those by which a clock leapt, or in which no Node ran.
        delete: It is deleted so many seconds later, and so is one that was closed.
        clean_seconds: Seconds between two times that is looked for.
        count_seconds: Seconds between two times that all is counted.
    """

    _archive: Archive = field(alias="archive")
    _clock: IReactorTime = field(alias="clock")
    _steady: Callable[[], float] = field(alias="steady")
    _background: Background = field(alias="background")
    _counted: Callable[[Mapping[str, int]], object] = field(alias="counted")
    _look: Callable[[], Awaitable[None]] = field(alias="look")
    _abandon: float = field(default=DAY, alias="abandon")
    _delete: float = field(default=DAY, alias="delete")
    _clean_seconds: float = field(default=3_600.0, alias="clean_seconds")
    _count_seconds: float = field(default=30.0, alias="count_seconds")
    #: What is done next, by what it is called.
    _calls: dict[str, IDelayedCall] = field(factory=dict, init=False)
    _is_stopped: bool = field(default=False, init=False)
    _leaps: Leaps = field(init=False)

    _log = Logger()

    @_leaps.default
    def _make_leaps(self) -> Leaps:
        return Leaps(self._clock, self._steady)

    async def begin(self) -> None:
        """Look when anything happened last, before anything does so anew.

        Raises:
            DatabaseAway: Nobody can say.
        """
        newest = None
        try:
            newest = await self._archive.newest()
        except DatabaseAway:
            raise
        except StoreError as error:
            self._log.warn(
                "nobody knows for how long nothing happened: {why}", why=str(error)
            )
        self._leaps.begin(newest)

    def start(self) -> None:
        """Do it now, and again and again."""
        self._begin("the clean-up", self._clean, self._clean_seconds)
        self._begin("the count of what is stored", self._count, self._count_seconds)

    def stop(self) -> None:
        """Do nothing more."""
        self._is_stopped = True
        for call in self._calls.values():
            call.cancel()
        self._calls.clear()

    def _begin(
        self, what: str, work: Callable[[], Coroutine[Any, Any, None]], seconds: float
    ) -> None:
        self._calls.pop(what, None)
        self._background.spawn(self._do(what, work, seconds), what)

    async def _do(
        self, what: str, work: Callable[[], Coroutine[Any, Any, None]], seconds: float
    ) -> None:
        try:
            await work()
        except StoreError as error:
            self._log.warn("{what} has to wait: {why}", what=what, why=str(error))
        finally:
            if not self._is_stopped:
                self._calls[what] = self._clock.callLater(
                    seconds, self._begin, what, work, seconds
                )

    async def _clean(self) -> None:
        self._leaps.look()
        now = datetime.fromtimestamp(self._clock.seconds(), UTC)
        done = await self._archive.clean_up(
            now,
            abandon=self._abandon + self._leaps.grace(self._abandon),
            delete=self._delete + self._leaps.grace(self._delete),
        )
        if any(done.values()):
            self._log.info(
                "{abandoned} rooms are given up, {deleted} are deleted", **done
            )

    async def _count(self) -> None:
        self._counted(await self._archive.statistics())
        await self._look()
