"""Tests of `nexus.room.fanout.sounding`: by a line that takes so many bytes."""

from __future__ import annotations

from collections import deque

from twisted.trial.unittest import SynchronousTestCase

from nexus.net.outlet import Outlet
from nexus.room.fanout.pace import Pace
from nexus.room.fanout.sounding import Sounding

_TICK = 0.05
_WHOLE = 6_000


class _Line:
    """A line to a client, and a Room that patches 20 times a second."""

    def __init__(self, rate: float, delay: float = 0.05) -> None:
        self.rate, self.delay = rate, delay
        self.now = 0.0
        self.pace = Pace()
        self.outlet = Outlet()
        self.sounding = Sounding(self.pace, self.outlet)
        #: What waits: how many bytes; None: a question.
        self.waiting: deque[float | None] = deque()
        self.echoes: deque[float] = deque()
        self.most = 0.0
        self.questions = self.wholes = self.patches = 0
        #: Which version there is, and which one was sent last.
        self.version = self.sent = 0

    @property
    def queued(self) -> float:
        """How many bytes are on their way."""
        return sum(each or 0.0 for each in self.waiting)

    def ask(self) -> None:
        """Send a ping."""
        self.questions += 1
        self.waiting.append(None)

    def send(self, size: int) -> None:
        """Send what leads to the newest version."""
        self.waiting.append(size)
        self.sent = self.version

    def tick(self, size: int) -> None:
        """Let a twentieth of a second pass, and patch."""
        self.now += _TICK
        takes = self.rate * _TICK
        while self.waiting and (self.waiting[0] is None or takes > 0):
            first = self.waiting.popleft()
            if first is None:
                self.echoes.append(self.now + self.delay)
            elif first > takes:
                self.waiting.appendleft(first - takes)
                takes = 0
            else:
                takes -= first
        while self.echoes and self.echoes[0] <= self.now:
            self.echoes.popleft()
            if self.sounding.echoed(self.now):
                self.ask()
        self.version += size > 0
        if self.pace.is_slow:
            if self.sounding.takes_whole(self.now):
                if self.sent == self.version:
                    self.sounding.caught_up()
                else:
                    self.wholes += 1
                    self.send(_WHOLE)
                    self.sounding.restarted(self.now)
                    self.ask()
        elif size:
            self.patches += 1
            self.send(size)
            if size < self.outlet.spare:
                self.outlet.spare -= size
            elif self.sounding.went(size) and self.sounding.look(self.now):
                self.ask()
        # What goes the short way is not asked whether the line keeps up.
        assert not (self.pace.is_slow and self.outlet.spare)
        self.most = max(self.most, self.queued)


class SoundingTests(SynchronousTestCase):
    def test_who_keeps_up_gets_every_patch(self) -> None:
        """A line that takes more than comes is asked seldom, and left alone."""
        line = _Line(rate=100_000)
        for _ in range(1200):
            line.tick(600)

        self.assertEqual((line.patches, line.wholes), (1200, 0))
        self.assertTrue(3 < line.questions < 15, line.questions)

    def test_who_gets_little_is_never_asked(self) -> None:
        """A few bytes pile up nowhere."""
        line = _Line(rate=1_000)
        for _ in range(1200):
            line.tick(4)

        self.assertEqual((line.patches, line.questions), (1200, 0))

    def test_a_slow_line_is_never_full(self) -> None:
        """What waits has a bound, the State is ever newer, and right at last."""
        line = _Line(rate=8_000, delay=0.3)
        for _ in range(2400):
            line.tick(1_500)
        bound = line.most
        self.assertLess(bound, 80_000)
        early = line.wholes
        self.assertGreater(early, 60)
        for _ in range(2400):
            line.tick(1_500)
        self.assertEqual(line.most, bound)
        self.assertGreater(line.wholes, early)

        for _ in range(400):
            line.tick(0)

        self.assertEqual((line.queued, line.sent), (0, line.version))
        self.assertFalse(line.pace.is_slow)

    def test_a_pause_is_not_slowness(self) -> None:
        """One long wait with nothing sent behind it costs no patch."""
        line = _Line(rate=100_000)
        for _ in range(100):
            line.tick(600)
        line.delay = 3.0
        for _ in range(200):
            line.tick(20)

        self.assertEqual(line.wholes, 0)

    def test_who_never_echoes_is_sent_all(self) -> None:
        """Of a peer that answers no ping nothing is known."""
        line = _Line(rate=1_000)
        line.delay = 1e9
        for _ in range(1200):
            line.tick(600)

        self.assertEqual((line.patches, line.wholes), (1200, 0))

    def test_an_echo_that_nobody_asked_for_means_nothing(self) -> None:
        """A peer may send pongs as it likes."""
        pace = Pace()
        sounding = Sounding(pace, Outlet())

        self.assertFalse(sounding.echoed(1.0))
        self.assertFalse(pace.is_slow)
