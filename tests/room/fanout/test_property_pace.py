"""Laws of `nexus.room.fanout.pace`, on ways of every rate and length."""

from __future__ import annotations

from statistics import median
from typing import Any

from attrs import fields
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.fanout.pace import FIRST_WINDOW, Pace
from tests import examples
from tests.room.fanout.link import TICK, Link

#: Bytes a second, from 64 kbit/s to 10 Mbit/s.
_RATES = st.floats(3.9, 6.1).map(lambda power: 10.0**power)
#: Seconds there and back.
_TRIPS = st.floats(0.001, 0.7)
_STEP = st.one_of(
    st.tuples(st.just("sent"), st.integers(1, 100_000)),
    st.tuples(st.just("applied"), st.integers(0, 2**53)),
    st.tuples(st.just("echoed"), st.floats(0, 20)),
    st.tuples(st.just("pass"), st.floats(-1, 20)),
    st.tuples(st.just("lag"), st.none()),
    st.tuples(st.just("catch_up"), st.none()),
    st.tuples(st.just("forget"), st.none()),
)


#: Of many patches, some of them large, few are answered.
_SENDING = st.one_of(
    st.tuples(st.just("sent"), st.integers(1, 500)),
    st.tuples(st.just("sent"), st.integers(1, 20_000)),
    st.tuples(st.just("sent"), st.integers(1, 20_000)),
    st.tuples(st.just("pass"), st.floats(0, 0.5)),
    _STEP,
)


def _ticks(seconds: float) -> range:
    return range(round(seconds / TICK))


def _all_of(pace: Pace) -> dict[str, Any]:
    return {each.name: getattr(pace, each.name) for each in fields(Pace)}


class PaceLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=60, soak=2_000))
    @given(_RATES, _TRIPS, st.floats(1.5, 6), st.sampled_from([100, 400, 1000]))
    def test_slow_client(
        self, rate: float, trip: float, load: float, merged: int
    ) -> None:
        """What is on the way is bounded, and the rate becomes that of the way."""
        link = Link(rate, trip)
        rates, waits = [], []

        for tick in _ticks(40):
            size = link.tick(round(rate * load * TICK), merged)

            pace = link.pace
            if pace.is_slow and size:
                least = pace.least if pace.is_sure else FIRST_WINDOW
                bound = max(least, (pace.rate or 0) * 0.5)
                self.assertLessEqual(pace.outstanding, bound + size)
            if tick * TICK >= 15:
                rates.append((pace.rate or 0) / rate)
                waits.append(link.waits)

        self.assertGreater(link.slow, 0)
        self.assertTrue(0.5 <= median(rates) <= 2, median(rates))
        # Half a second, at a rate that was taken for twice what it is.
        self.assertLessEqual(max(waits), 1)

    @settings(max_examples=examples(test=60, soak=2_000))
    @given(_RATES, _TRIPS, st.floats(1.5, 6), st.floats(0, 9))
    def test_client_that_begins_late(
        self, rate: float, trip: float, load: float, late: float
    ) -> None:
        """Who has too much to do at first is sent no more in the meantime."""
        link = Link(rate, trip)
        size = round(rate * load * TICK)
        link.tells = False

        for _ in _ticks(late):
            link.tick(size, 100)
            self.assertLessEqual(link.pace.outstanding, FIRST_WINDOW + 2 * size)

        link.tells = True
        for tick in _ticks(15):
            link.tick(size, 100)
            if tick * TICK >= 10:
                self.assertLessEqual(link.waits, 1)

    @settings(max_examples=examples(test=60, soak=2_000))
    @given(_RATES, _TRIPS, st.floats(0.01, 0.5), st.lists(st.booleans(), max_size=8))
    def test_client_that_keeps_up(
        self, rate: float, trip: float, load: float, again: list[bool]
    ) -> None:
        """Big patches do not make a client slow that takes them, nor the next."""
        link = Link(rate, trip)
        size = max(1, round(rate * load * TICK))
        for _ in _ticks(10):
            link.tick(size, size)
        link.slow = 0

        for twice in again:
            for _ in range(1 + twice):
                link.tick(round(rate * 0.3), size)
            for _ in _ticks(4):
                link.tick(size, size)

        self.assertEqual(link.slow, 0)

    @settings(max_examples=examples(test=40, soak=1_000))
    @given(_RATES, _TRIPS, st.floats(0, 30), st.floats(0.02, 0.3))
    def test_client_that_is_slow_no_more(
        self, rate: float, trip: float, silent: float, load: float
    ) -> None:
        """A way that becomes wide, or a client that was silent, is noticed."""
        link = Link(rate / 20, trip)
        size = max(1, round(rate * load * TICK))
        for _ in _ticks(10):
            link.tick(size, size)
        link.tells = False
        for _ in _ticks(silent):
            link.tick(size, size)

        link.rate, link.tells = rate, True

        went = [link.tick(size, size) for _ in _ticks(40)]
        self.assertEqual(went[-100:].count(0), 0)

    @settings(max_examples=examples(test=200, soak=5_000))
    @given(st.lists(_SENDING, max_size=40), st.booleans())
    def test_taking_is_sending_to_who_keeps_up(
        self, steps: list[tuple[str, Any]], sure: bool
    ) -> None:
        """The short way to send leaves all as the long one does, also what it tells."""
        short, long = Pace(), Pace()
        now, version = 1.0, 0
        if sure:
            for pace in (short, long):
                pace.rate, pace.is_sure = 2_000.0, True
        for kind, said in steps:
            if kind == "sent":
                version += 1
                keeps_up = long.keeps_up
                self.assertEqual(short.takes(version, said, now), keeps_up)
                if keeps_up:
                    long.sent(version, said, now)
            elif kind == "pass":
                now += said
            for pace in (short, long):
                if kind == "applied":
                    pace.applied(min(said, version), now)
                elif kind == "echoed":
                    pace.echoed(now - said, now)
                elif kind == "lag":
                    pace.lag(now)
                elif kind in ("catch_up", "forget"):
                    getattr(pace, kind)()
                if not pace.is_slow:
                    # It counts for one that is slow alone, and then begins anew.
                    pace._tokens = 0.0
            self.assertEqual(_all_of(short), _all_of(long))

    @settings(max_examples=examples(test=300, soak=10_000))
    @given(st.lists(_STEP, max_size=30))
    def test_nothing_makes_it_stuck(self, steps: list[tuple[str, Any]]) -> None:
        """Whatever happens: when all is answered, something may go."""
        pace, now, version = Pace(), 1.0, 0
        for kind, said in steps:
            version += kind == "sent"
            if kind == "sent":
                pace.sent(version, said, now)
            elif kind == "pass":
                now += said
            elif kind == "applied":
                pace.applied(min(said, version), now)
            elif kind == "echoed":
                pace.echoed(now - said, now)
            elif kind == "lag":
                pace.lag(now)
            else:
                getattr(pace, kind)()
            self.assertGreaterEqual(pace.outstanding, 0)
            self.assertGreaterEqual(pace.budget(now), 0)

        pace.applied(version, now)

        self.assertEqual(pace.outstanding, 0)
        self.assertTrue(pace.rate is None or pace.rate > 0)
        self.assertTrue(pace.keeps_up or pace.budget(now) >= pace.least)
