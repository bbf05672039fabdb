"""Tests of `nexus.net.heartbeat`."""

from __future__ import annotations

from itertools import pairwise

from attrs import define, field
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.net.heartbeat import Heartbeat, Pulse


@define(eq=False)
class Someone:
    """Has a pulse, and writes down when it was asked for."""

    clock: Clock
    pings: list[tuple[float, bytes]] = field(factory=list)
    missed: list[float] = field(factory=list)

    def ping(self, payload: bytes) -> None:
        """Write the ping down."""
        self.pings.append((round(self.clock.seconds(), 6), payload))

    def miss(self) -> None:
        """Write the end down."""
        self.missed.append(round(self.clock.seconds(), 6))


class HeartbeatTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Beat every 30 seconds."""
        self.clock = Clock()
        self.heartbeat = Heartbeat(30.0, self.clock)

    def watch(self) -> tuple[Someone, Pulse]:
        """Add somebody."""
        someone = Someone(self.clock)
        return someone, self.heartbeat.watch(someone)

    def pass_time(self, seconds: int) -> None:
        """Let time pass in steps that floats can add without an error."""
        self.clock.pump([0.125] * (seconds * 8))

    def test_each_is_pinged_once_an_interval(self) -> None:
        """Pings come at the interval, each with another payload."""
        someone, pulse = self.watch()
        for _ in range(120):
            self.pass_time(1)
            if pulse.is_awaited:
                pulse.answer(someone.pings[-1][1])

        times = [when for when, _ in someone.pings]
        self.assertEqual(len(times), 4)
        for before, after in pairwise(times):
            self.assertAlmostEqual(after - before, 30.0, delta=0.5)
        self.assertEqual(len({payload for _, payload in someone.pings}), 4)
        self.assertEqual(someone.missed, [])

    def test_pings_are_spread(self) -> None:
        """Those that came at once are not all pinged at once."""
        crowd = [self.watch()[0] for _ in range(300)]

        for _ in range(30):
            before = sum(len(one.pings) for one in crowd)
            self.pass_time(1)
            after = sum(len(one.pings) for one in crowd)
            self.assertLessEqual(after - before, 20)

        self.assertTrue(all(len(one.pings) == 1 for one in crowd))

    def test_answer_is_measured(self) -> None:
        """A pong with the payload of the last ping tells how long it took."""
        someone, pulse = self.watch()
        self.pass_time(30)
        [(when, payload)] = someone.pings
        since = self.clock.seconds() - when
        self.clock.advance(0.125)

        self.assertIsNone(pulse.answer(b""))
        self.assertIsNone(pulse.answer(payload + b"x"))
        passed = pulse.answer(payload)

        assert passed is not None
        self.assertAlmostEqual(passed, since + 0.125, places=3)
        self.assertIsNone(pulse.answer(payload))

    def test_clock_that_was_set_back_measures_zero(self) -> None:
        """A round trip never takes less than no time."""
        pulse = Pulse(self.clock)
        payload = pulse.next_ping()
        self.clock.rightNow -= 100

        self.assertEqual(pulse.answer(payload), 0.0)

    def test_who_does_not_answer_is_missed_once(self) -> None:
        """When the next ping is due, a socket that owes an answer ends."""
        someone, _ = self.watch()
        other, pulse = self.watch()
        for _ in range(200):
            self.pass_time(1)
            if pulse.is_awaited:
                pulse.answer(other.pings[-1][1])

        [(when, _)] = someone.pings
        [missed] = someone.missed
        self.assertAlmostEqual(missed - when, 30.0, delta=0.5)
        self.assertEqual(other.missed, [])

    def test_pause_of_the_whole_process_ends_nobody(self) -> None:
        """After a long pause, whoever answers then is still there."""
        crowd = [self.watch() for _ in range(60)]
        self.pass_time(15)

        self.clock.advance(1000)
        for someone, pulse in crowd:
            if pulse.is_awaited:
                pulse.answer(someone.pings[-1][1])
        self.pass_time(10)

        self.assertTrue(all(someone.missed == [] for someone, _ in crowd))

    def test_timer_runs_as_long_as_there_is_somebody(self) -> None:
        """Nothing is left on the clock when the last one goes, and it starts again."""
        self.assertEqual(self.clock.getDelayedCalls(), [])
        for _ in range(2):
            pulses = [self.watch()[1] for _ in range(3)]
            self.assertEqual(len(self.clock.getDelayedCalls()), 1)

            for pulse in [*pulses, *pulses]:
                self.heartbeat.forget(pulse)

            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_who_goes_during_the_beat_is_not_pinged(self) -> None:
        """Somebody that is forgotten because of another one's ping gets none."""
        pairs = [self.watch() for _ in range(31)]
        (first, _), (last, pulse) = pairs[0], pairs[30]

        class Clingy(Someone):
            @override
            def ping(self, payload: bytes) -> None:
                heartbeat.forget(pulse)

        heartbeat = self.heartbeat
        group = next(group for group in heartbeat._groups if pulse in group)
        group[next(iter(group))] = Clingy(self.clock)

        self.pass_time(31)

        self.assertEqual((first.pings, last.pings), ([], []))
