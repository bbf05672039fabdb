"""The writer: one transaction for what all Rooms did, many times a second."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from nexus.archive.backlog import Backlog
from nexus.archive.delivery import Delivery, Tally
from nexus.archive.intake import Intake
from nexus.archive.outage import Outage
from nexus.archive.port import Archive
from nexus.archive.retries import Retries
from nexus.archive.round import PATIENCE, Rounds
from nexus.archive.source import Source
from nexus.background import Background
from nexus.journal.entry import Stored

__all__ = ["Writer"]


class Writer:
    """Writes what Rooms did, all of them in one transaction.

    A Room that did something is marked. A moment later all marked ones are asked for an
    entry, and these are committed together. The next commit begins no earlier than that
    one has ended; while nobody does anything, nothing is written.

    While the database takes nothing, entries wait here, in order, and Rooms are asked
    once a second at most. As long as this process lives, nothing is lost:

    - Beyond `most_seconds` or `most_bytes` the writer is `behind` until all is written:
      then nobody should be promised that something is safe.
    - Beyond `most_bytes` the entries of the largest Rooms are thrown away as well. They
      are written whole when the database is back: only how they came there is missing.

    An entry that the database refuses costs no Room but its own. If that may pass, some
    more tries are made while others are written; if not, and after these, that Room is
    told, and left alone from then on.

    Args:
        archive: Where entries go.
        clock: Starts commits.
        random: Spreads attempts to reach the database.
        background: Where commits run; to be stopped after this.
        interval: Seconds from the first mark to the usual end of the commit.
        most_bytes: How much may wait in memory.
        most_seconds: How long something may wait.
        readable: Makes the State of a whole Room readable for people.
        wrote: Told the Room, its epoch and how many bytes were written of it.
        observe: Told how many seconds each commit took.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        clock: IReactorTime,
        random: Random,
        background: Background,
        interval: float = 0.05,
        most_bytes: int = 64 * 2**20,
        most_seconds: float = 60.0,
        readable: Callable[[Stored], str] = lambda _: "{}",
        wrote: Callable[[str, int, int], object] = lambda *_: None,
        observe: Callable[[float], object] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._background = background
        self._interval = interval
        self._most_seconds = most_seconds
        self._backlog = backlog = Backlog()
        self._outage = outage = Outage(random)
        self._delivery = Delivery(archive, backlog, clock, readable, wrote, observe)
        self._intake = intake = Intake(backlog, self._delivery, clock, most_bytes)
        self._rounds = Rounds(clock, interval, backlog, self._delivery, intake, outage)
        self._retries = Retries(
            clock,
            random,
            background,
            backlog,
            self._delivery,
            outage,
            self._retried,
        )
        self._bell = self._rounds.bell
        self._call: IDelayedCall | None = None
        self._is_writing = False
        self._is_stopped = False

    @property
    def lag(self) -> float:
        """Seconds since the oldest mark of what is not written; 0 if all is."""
        return self._intake.lag

    @property
    def backlog_bytes(self) -> int:
        """Bytes of memory that is taken by what waits."""
        return self._backlog.size

    @property
    def is_away(self) -> bool:
        """Whether the database took nothing the last time."""
        return self._outage.is_on

    @property
    def cause(self) -> str:
        """Why the database took nothing, in its own words; empty if it did."""
        return self._outage.cause

    @property
    def behind(self) -> str | None:
        """Why nothing more should be promised to be safe; None: all is well."""
        lag = self.lag
        if not self._rounds.is_behind and lag <= self._most_seconds:
            return None
        reason = self._outage.reason(self._clock.seconds())
        return reason or f"the database is {lag:.0f} s behind"

    @property
    def tally(self) -> Tally:
        """What was written so far."""
        return self._delivery.tally

    def add(self, source: Source) -> None:
        """Write this Room from now on.

        Raises:
            ValueError: Something of a Room with its id still waits; `settle` it first.
        """
        self._intake.add(source)

    def remove(self, source: Source) -> None:
        """Ask a Room for what it has, and for nothing more; that is still written."""
        self._intake.remove(source)

    def holds(self, source: Source) -> bool:
        """Say whether something of a Room is not written yet."""
        return self._intake.holds(source)

    def mark(self, source: Source) -> None:
        """Take note that a Room has something to be written; costs next to nothing."""
        if self._intake.mark(source) and self._call is None:
            self._wait(PATIENCE if self._is_writing else self._rounds.wait)

    async def settle(self, seconds: float, source: Source | None = None) -> bool:
        """Write everything, or all of one Room, at once.

        Args:
            seconds: How long to wait for it.
            source: The Room; None: all of them.

        Returns:
            Whether nothing waits any more.
        """
        for each in self._intake.live(source):
            self.mark(each)
        began = self._clock.seconds()
        self._hurry()
        while self._intake.holds(source):
            left = seconds - max(0.0, self._clock.seconds() - began)
            if left <= 0 or self._is_stopped or not await self._bell.wait(left):
                return not self._intake.holds(source)
            if not self._outage.is_on and self._intake.holds(source):
                self._hurry()
        return True

    async def finish(self, room_id: str, seconds: float) -> bool:
        """Write what waits of a Room that is run no more, before somebody else runs it.

        Args:
            room_id: The Room.
            seconds: How long to wait for it.

        Returns:
            Whether nothing of it waits any more.
        """
        source = self._intake.source(room_id)
        return source is None or await self.settle(seconds, source)

    def stop(self) -> None:
        """Begin no more commits; whoever waits for one is told that it did not come."""
        self._is_stopped = True
        self._retries.stop()
        self._cancel()
        self._bell.ring()

    def _hurry(self) -> None:
        """Begin a commit now; while the database is away, try again soon."""
        self._rounds.is_asked = True
        if self._is_writing or self._is_stopped:
            return
        if not self._outage.is_on:
            self._cancel()
            self._begin()
        elif self._call is not None:
            left = self._call.getTime() - self._clock.seconds()
            self._wait(min(max(0.0, left), self._interval))

    def _wait(self, seconds: float) -> None:
        self._cancel()
        if not self._is_stopped:
            self._call = self._clock.callLater(seconds, self._begin)

    def _cancel(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    def _begin(self) -> None:
        self._call = None
        if self._is_writing:
            # A commit that takes its time: what Rooms do is counted meanwhile.
            self._rounds.take()
        else:
            self._is_writing = True
            self._background.spawn(self._commit(), "a commit")

    async def _commit(self) -> None:
        delay: float | None = PATIENCE
        try:
            delay = await self._rounds.write()
        finally:
            self._is_writing = False
            self._ended(delay)

    def _ended(self, delay: float | None) -> None:
        self._cancel()
        if delay is None:
            self._rounds.is_behind &= bool(self._backlog)
            if self._intake:
                self._wait(0.0 if self._rounds.is_asked else self._rounds.until_due())
        else:
            self._rounds.is_behind |= self.lag > self._most_seconds
            self._wait(delay)
        self._retries.look()
        self._bell.ring()

    def _retried(self) -> None:
        """Go on after a Room was tried that had been set aside."""
        self._rounds.is_behind &= bool(self._backlog)
        if self._backlog.is_due and not self._is_writing and self._call is None:
            self._wait(0.0)
        self._bell.ring()
