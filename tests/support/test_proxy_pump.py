"""A direction of the proxy by a clock of our own."""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.support.proxy_pump import End, Pump, Shape


class PumpTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Write down when what comes out, and what the source is told."""
        self.clock = Clock()
        self.out: list[tuple[float, bytes | End]] = []
        self.told: list[bool] = []

    def pump(self, **shape: float) -> Pump:
        """Make a Pump of this Shape."""
        note = lambda said: self.out.append((round(self.clock.seconds(), 3), said))  # noqa: E731 -- twice the same
        made = Shape(**shape)  # type: ignore[arg-type]  # numbers all
        return Pump(self.clock, Random(1), note, note, self.told.append, made)

    def wait(self, seconds: float) -> None:
        """Let time pass, in small steps."""
        self.clock.pump([0.01] * round(seconds / 0.01))

    def said(self) -> bytes:
        """Return all bytes that came out."""
        return b"".join(said for _, said in self.out if isinstance(said, bytes))

    def test_delay(self) -> None:
        """Each piece comes out when its time is up."""
        pump = self.pump(delay=0.5)
        pump.take(b"a")
        self.clock.advance(0.25)
        pump.take(b"b")
        self.clock.advance(0.25)
        self.clock.advance(0.25)

        self.assertEqual(self.out, [(0.5, b"a"), (0.75, b"b")])

    def test_jitter(self) -> None:
        """Chance moves pieces in time, and never past each other."""
        pump = self.pump(delay=0.1, jitter=0.5)
        for number in range(100):
            pump.take(bytes([number]))
            self.wait(0.01)
        pump.take(End(reset=False))
        self.wait(1)

        self.assertEqual(self.said(), bytes(range(100)))
        self.assertEqual(self.out[-1][1], End(reset=False))
        times = [at for at, _ in self.out]
        self.assertGreater(max(times[n] - n * 0.01 for n in range(100)), 0.4)

    def test_rate(self) -> None:
        """No more bytes a second come out than may."""
        pump = self.pump(rate=1000)
        pump.take(b"x" * 700)
        pump.take(b"y" * 300)
        self.wait(0.5)
        half = len(self.said())
        self.wait(0.6)

        self.assertTrue(450 <= half <= 550, half)
        self.assertEqual(self.said(), b"x" * 700 + b"y" * 300)
        self.assertEqual((pump.passed, pump.held), (1000, 0))

    def test_room(self) -> None:
        """A source that says more than there is room for is told to be quiet."""
        pump = self.pump(rate=1000, room=100)
        pump.take(b"x" * 99)
        self.assertEqual(self.told, [])
        pump.take(b"x" * 50)
        self.assertEqual(self.told, [True])
        self.wait(0.2)

        self.assertEqual(self.told, [True, False])

    def test_blocked(self) -> None:
        """While the other end does not read, all is held."""
        pump = self.pump()
        pump.pauseProducing()
        pump.take(b"x")
        self.wait(1)
        self.assertEqual((self.out, pump.held), ([], 1))
        pump.resumeProducing()
        self.wait(0.1)

        self.assertEqual(self.said(), b"x")

    def test_stall_and_swallow(self) -> None:
        """What is held may be lost, and what comes after it is."""
        pump = self.pump(room=1)
        pump.stall()
        pump.take(b"held")
        pump.swallow()
        pump.take(b"more")
        pump.take(End(reset=True))
        pump.release()
        self.wait(1)

        self.assertEqual(self.out, [])
        self.assertEqual((pump.held, pump.swallowed), (0, 8))
        self.assertEqual(self.told, [True, False])
