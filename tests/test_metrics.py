"""Tests of `nexus.metrics`."""

from __future__ import annotations

from bisect import bisect_right
from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.metrics import Metrics


class CounterTests(SynchronousTestCase):
    def test_counter_goes_up(self) -> None:
        """A counter adds what it is told, and refuses to go down."""
        counter = Metrics().counter("nexus_messages_total", "Messages.")
        counter.inc()
        counter.inc(2.5)
        for n in (-1, nan):
            with self.assertRaisesRegex(ValueError, "goes up"):
                counter.inc(n)

        self.assertEqual(counter.value, 3.5)

    def test_labels_have_a_counter_each(self) -> None:
        """Each combination of values is counted by itself."""
        family = Metrics().counter("nexus_closed_total", "Closed.", ("reason", "who"))
        family.labels("slow", "peer").inc()
        family.labels("slow", "peer").inc()
        family.labels("slow", "us").inc()

        self.assertEqual(family.labels("slow", "peer").value, 2)
        self.assertEqual(family.labels("slow", "us").value, 1)
        with self.assertRaisesRegex(ValueError, "one value for each of"):
            family.labels("slow")

    def test_values_of_labels_are_bounded(self) -> None:
        """Beyond a hundred values all the others are counted together."""
        metrics = Metrics()
        family = metrics.counter("nexus_closed_total", "Closed.", ("reason",))
        for i in range(1_000):
            family.labels(f"{i}").inc()

        self.assertEqual(family.labels("99").value, 1)
        self.assertEqual(family.labels("other").value, 900)
        self.assertEqual(len(metrics.render().splitlines()), 2 + 101)


class GaugeTests(SynchronousTestCase):
    def test_gauge_goes_up_and_down(self) -> None:
        """A gauge is set, added to and taken from."""
        gauge = Metrics().gauge("nexus_rooms", "Rooms.")
        gauge.set(5)
        gauge.inc()
        gauge.dec(2)

        self.assertEqual(gauge.value, 4)

    def test_gauge_asks(self) -> None:
        """A gauge with somebody to ask is what it is told, and cannot be set."""
        rooms: list[int] = []
        metrics = Metrics()
        gauge = metrics.gauge("nexus_rooms", "Rooms.", ask=lambda: len(rooms))
        rooms.append(1)

        self.assertEqual(gauge.value, 1)
        self.assertIn("nexus_rooms 1.0\n", metrics.render())
        with self.assertRaisesRegex(ValueError, "cannot be set"):
            gauge.inc()
        with self.assertRaisesRegex(ValueError, "said once"):
            metrics.gauge("nexus_rooms", "Rooms.", ask=lambda: 2)

    def test_gauge_that_fails_hides_no_others(self) -> None:
        """A number that cannot be asked for is rendered as NaN."""
        metrics = Metrics()
        metrics.gauge("nexus_broken", "Broken.", ask=lambda: 1 / 0)
        metrics.counter("nexus_fine_total", "Fine.").inc()

        self.assertIn("nexus_broken NaN\n", metrics.render())
        self.assertIn("nexus_fine_total 1\n", metrics.render())


class HistogramTests(SynchronousTestCase):
    def test_bounds_are_included(self) -> None:
        """A number that is a bound belongs below it."""
        metrics = Metrics()
        histogram = metrics.histogram("nexus_seconds", "Time.", (0.1, 1))
        for value in (0.05, 0.1, 0.5, 1, 2, inf):
            histogram.observe(value)

        self.assertEqual(
            metrics.render().splitlines()[2:],
            [
                'nexus_seconds_bucket{le="0.1"} 2',
                'nexus_seconds_bucket{le="1"} 4',
                'nexus_seconds_bucket{le="+Inf"} 6',
                "nexus_seconds_sum +Inf",
                "nexus_seconds_count 6",
            ],
        )

    def test_what_is_no_number_is_refused(self) -> None:
        """NaN is refused and changes nothing."""
        histogram = Metrics().histogram("nexus_seconds", "Time.", (1,))
        with self.assertRaisesRegex(ValueError, "NaN"):
            histogram.observe(nan)

        self.assertEqual((histogram.count, histogram.sum), (0, 0.0))

    def test_bounds_rise(self) -> None:
        """Bounds that do not rise, or are not finite, are refused."""
        for bounds in ((), (1, 1), (2, 1), (1, inf), (-inf, 1), (nan,), (1, nan)):
            with self.assertRaisesRegex(ValueError, "bounds rise"):
                Metrics().histogram("nexus_seconds", "Time.", bounds)

    @given(
        st.lists(st.floats(-100, 100), min_size=1, max_size=6, unique=True).map(sorted),
        st.lists(st.floats(-200, 200), max_size=30),
    )
    def test_buckets_count_all_that_is_not_above(
        self, bounds: list[float], values: list[float]
    ) -> None:
        """Each bucket is the number of values that are at most its bound."""
        metrics = Metrics()
        histogram = metrics.histogram("nexus_seconds", "Time.", bounds)
        for value in values:
            histogram.observe(value)
        lines = metrics.render().splitlines()[2 : 2 + len(bounds)]

        self.assertEqual(
            [int(line.split()[-1]) for line in lines],
            [bisect_right(sorted(values), bound) for bound in bounds],
        )
        self.assertEqual(histogram.count, len(values))


class MetricsTests(SynchronousTestCase):
    def test_text_is_what_prometheus_reads(self) -> None:
        """Each metric has its help, its type and a line for each number."""
        metrics = Metrics()
        family = metrics.counter("nexus_closed_total", "Closed\\\nsockets.", ("why",))
        family.labels('a"b\\c\nd').inc()
        metrics.gauge("nexus_rooms", "Rooms.").set(-0.5)
        slow = metrics.histogram("nexus_wait_seconds", "Wait.", (1,), ("room",))
        slow.labels("chess").observe(0.25)

        self.assertEqual(
            metrics.render(),
            "# HELP nexus_closed_total Closed\\\\\\nsockets.\n"
            "# TYPE nexus_closed_total counter\n"
            'nexus_closed_total{why="a\\"b\\\\c\\nd"} 1\n'
            "# HELP nexus_rooms Rooms.\n"
            "# TYPE nexus_rooms gauge\n"
            "nexus_rooms -0.5\n"
            "# HELP nexus_wait_seconds Wait.\n"
            "# TYPE nexus_wait_seconds histogram\n"
            'nexus_wait_seconds_bucket{room="chess",le="1"} 1\n'
            'nexus_wait_seconds_bucket{room="chess",le="+Inf"} 1\n'
            'nexus_wait_seconds_sum{room="chess"} 0.25\n'
            'nexus_wait_seconds_count{room="chess"} 1\n',
        )

    def test_same_name_is_the_same_metric(self) -> None:
        """Who asks for a metric again gets the one that is there."""
        metrics = Metrics()
        metrics.counter("nexus_a_total", "A.").inc()
        metrics.gauge("nexus_b", "B.", ("x",)).labels("1").set(2)

        self.assertEqual(metrics.counter("nexus_a_total", "A.").value, 1)
        self.assertEqual(metrics.gauge("nexus_b", "B.", ("x",)).labels("1").value, 2)

    def test_same_name_for_something_else_is_refused(self) -> None:
        """Another type, other labels or other bounds are something else."""
        metrics = Metrics()
        metrics.counter("nexus_a", "A.")
        metrics.histogram("nexus_h", "H.", (1, 2))
        for again in (
            lambda: metrics.gauge("nexus_a", "A."),
            lambda: metrics.counter("nexus_a", "A.", ("x",)),
            lambda: metrics.histogram("nexus_a", "A.", (1,)),
            lambda: metrics.histogram("nexus_h", "H.", (1, 3)),
        ):
            with self.assertRaisesRegex(ValueError, "means something else"):
                again()

    def test_names_are_ours(self) -> None:
        """Names that Prometheus or this project does not have are refused."""
        for name in ("messages", "nexus_", "nexus_A", "nexus_a\n", "nexus_a b"):
            with self.assertRaisesRegex(ValueError, "is called nexus_"):
                Metrics().counter(name, "A.")
        for label in ("le", "A", "", "a-b"):
            with self.assertRaisesRegex(ValueError, "no name of a label"):
                Metrics().counter("nexus_a", "A.", (label,))
