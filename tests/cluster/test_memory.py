"""Tests of `nexus.cluster.memory`."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.cluster.memory import MemoryPresence
from nexus.cluster.store import StoreLimits
from nexus.errors import NexusError, Refused
from tests import examples
from tests.cluster import topics

_T = TypeVar("_T")


def result(work: Any) -> Any:
    """Return what a coroutine that waits for nothing returns, or raise it."""
    got: list[Any] = []
    Deferred.fromCoroutine(work).addBoth(got.append)
    if isinstance(got[0], Failure):
        got[0].raiseException()
    return got[0]


class MemoryContractTests(topics.TopicContract):
    def setUp(self) -> None:
        """Make a Presence on a clock of ours."""
        self.clock = Clock()
        self.presence = MemoryPresence(self.clock)

    def tearDown(self) -> None:
        """Check that nothing is left to be done."""
        self.assertEqual(self.clock.getDelayedCalls(), [])

    @override
    async def settle(self) -> None:
        self.clock.advance(0)

    @override
    async def passes(self, seconds: float) -> None:
        self.clock.advance(seconds)


class BoundTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a clock."""
        self.clock = Clock()

    def presence(self, **bounds: Any) -> MemoryPresence:
        """Make a small Presence."""
        limits = StoreLimits(value=100, memory=2_000)
        return MemoryPresence(self.clock, limits, **bounds)

    def test_each_kind_of_content_is_bounded(self) -> None:
        """What does not fit any more is Refused; what was there stays and can go."""
        presence = self.presence()
        for grow in (
            lambda i: presence.values.set(f"k{i}", i),
            lambda i: presence.values.increment(f"k{i}"),
            lambda i: presence.sets.add("k", i),
            lambda i: presence.hashes.set("k", f"f{i}", i),
            lambda i: presence.lists.push_left("k", i),
            lambda i: presence.lists.push_right("k", i),
        ):
            count = 0
            with self.assertRaisesRegex(Refused, "the shared memory is full"):
                while count < 100:
                    result(grow(count))
                    count += 1
            self.assertGreater(count, 5)
            self.assertLessEqual(presence.values._store.weight, 2_000)
            for key in ("k", *(f"k{i}" for i in range(count))):
                result(presence.values.delete(key))
            self.assertEqual(presence.values._store.weight, 0)

    def test_each_value_is_bounded(self) -> None:
        """A value, with its names, is no longer than allowed, and the old one stays."""
        presence = self.presence()
        result(presence.values.set("k", 1))
        for act in (
            presence.values.set("k", "x" * 100),
            presence.values.set("k" * 100, 1),
            presence.sets.add("s", "x" * 100),
            presence.hashes.set("h", "f" * 100, 1),
            presence.lists.push_left("l", b"x" * 100),
        ):
            with self.assertRaisesRegex(Refused, "of 100 allowed"):
                result(act)

        self.assertEqual(result(presence.values.get("k")), 1)
        self.assertFalse(result(presence.values.exists("s")))

    def test_what_ended_makes_room(self) -> None:
        """Values whose lifetime is over weigh nothing, though nobody asked for them."""
        presence = self.presence()
        for i in range(100):
            result(presence.values.set(f"{i}", "x" * 50, 1.0))
            self.clock.advance(0.5)

        self.assertLess(presence.values._store.weight, 2_000)

    def test_renewed_lifetimes_leave_nothing_behind(self) -> None:
        """A lifetime that is set a thousand times is one."""
        presence = self.presence()
        result(presence.values.set("k", 1))
        for _ in range(1_000):
            result(presence.values.expire("k", 10.0))

        self.assertLess(len(presence.values._store._ends), 100)

    def test_subscriptions_are_bounded(self) -> None:
        """One subscription too many is Refused, until one ends."""
        presence = self.presence(subscriptions=2)
        ends = [result(presence.subscribe(topic, print)) for topic in "ab"]

        with self.assertRaisesRegex(Refused, "too many subscriptions"):
            result(presence.subscribe("a", print))
        ends[0]()
        result(presence.subscribe("c", print))

        self.assertEqual(set(presence._topics._topics), {"b", "c"})

    def test_what_waits_to_be_told_is_bounded(self) -> None:
        """Too much in one turn is Refused; in the next there is room again."""
        told: list[Any] = []
        presence = self.presence(queued=1_000)
        result(presence.subscribe("t", told.append))
        with self.assertRaisesRegex(Refused, "too much waits"):
            for i in range(100):
                result(presence.publish("t", i))
        first = len(told)
        self.clock.advance(0)
        result(presence.publish("t", "again"))
        self.clock.advance(0)

        self.assertEqual((first, told), (0, [0, 1, 2, 3, "again"]))

    def test_who_waits_is_bounded(self) -> None:
        """One too many who waits for a value is Refused, until one is served."""
        presence = self.presence(waiting=1)
        first = Deferred.fromCoroutine(presence.lists.wait_right("a", timeout=60))
        with self.assertRaisesRegex(Refused, "too many wait"):
            result(presence.lists.wait_right("a", timeout=60))
        result(presence.lists.push_left("a", 1))
        second = Deferred.fromCoroutine(presence.lists.wait_right("a", timeout=60))
        self.clock.advance(60)

        self.assertEqual(self.successResultOf(first), ("a", 1))
        self.assertIsNone(self.successResultOf(second))
        self.assertEqual(presence.lists._waiters, {})


class TurnTests(SynchronousTestCase):
    def test_publishing_from_a_callback_waits_a_turn(self) -> None:
        """Two who answer each other without end take one turn an answer."""
        clock = Clock()
        presence = MemoryPresence(clock)
        told: list[str] = []

        def answer(topic: str) -> Any:
            def told_of(value: int) -> None:
                told.append(f"{topic}{value}")
                result(presence.publish("ba"["ab".index(topic)], value + 1))

            return told_of

        for topic in "ab":
            result(presence.subscribe(topic, answer(topic)))
        result(presence.publish("a", 0))
        for _ in range(3):
            # One turn; `advance` would also run what is called later meanwhile.
            [turn] = clock.getDelayedCalls()
            tell = turn.func
            turn.cancel()
            tell()

        self.assertEqual(told, ["a0", "b1", "a2"])

    def test_subscriber_that_ends_another_is_obeyed(self) -> None:
        """Who was unsubscribed within a turn is not told in it."""
        clock = Clock()
        presence = MemoryPresence(clock)
        told: list[Any] = []
        result(presence.subscribe("t", lambda _: end()))
        end = result(presence.subscribe("t", told.append))
        result(presence.publish("t", 1))
        clock.advance(0)

        self.assertEqual(told, [])

    def test_pushing_from_who_was_served_is_safe(self) -> None:
        """A value that is pushed by who was just served goes to the next in line."""
        presence = MemoryPresence(Clock())
        lists = presence.lists

        async def pass_on() -> Any:
            got = await lists.wait_right("a", timeout=60)
            await lists.push_left("a", "passed on")
            return got

        first = Deferred.fromCoroutine(pass_on())
        second = Deferred.fromCoroutine(lists.wait_right("a", timeout=60))
        result(lists.push_left("a", "one"))

        self.assertEqual(self.successResultOf(first), ("a", "one"))
        self.assertEqual(self.successResultOf(second), ("a", "passed on"))


_KEYS = st.sampled_from(["a", "b"])
_VALUES = st.sampled_from([0, 1, "x", "y" * 20])
_FIELDS = st.sampled_from(["", "f"])
_ACTS = st.one_of(
    st.tuples(st.just("values.set"), _KEYS, _VALUES),
    st.tuples(st.just("values.set"), _KEYS, _VALUES, st.integers(1, 5)),
    st.tuples(st.sampled_from(["values.delete", "values.increment"]), _KEYS),
    st.tuples(st.just("values.expire"), _KEYS, st.integers(1, 5)),
    st.tuples(st.sampled_from(["sets.add", "sets.remove"]), _KEYS, _VALUES),
    st.tuples(st.just("hashes.set"), _KEYS, _FIELDS, _VALUES),
    st.tuples(st.sampled_from(["hashes.delete", "hashes.increment"]), _KEYS, _FIELDS),
    st.tuples(st.sampled_from(["lists.push_left", "lists.push_right"]), _KEYS, _VALUES),
    st.tuples(st.sampled_from(["lists.pop_left", "lists.pop_right"]), _KEYS),
    st.tuples(st.just("advance"), st.integers(0, 3)),
)


class PropertyTests(SynchronousTestCase):
    @settings(max_examples=examples(test=200, soak=20_000))
    @given(st.lists(_ACTS, max_size=40))
    def test_weight_is_that_of_what_is_held(self, acts: list[Any]) -> None:
        """After any acts the weight is what is there, and nothing when all is gone."""
        clock = Clock()
        presence = MemoryPresence(clock, StoreLimits(value=64, memory=1_024))
        for act, *arguments in acts:
            if act == "advance":
                clock.advance(*arguments)
                continue
            group, verb = act.split(".")
            try:
                result(getattr(getattr(presence, group), verb)(*arguments))
            except (NexusError, TypeError):
                continue
        store = presence.values._store

        self.assertLessEqual(store.weight, 1_024)
        for key, entry in store._entries.items():
            self.assertTrue(entry.held, key)
        for key in "ab":
            result(presence.values.delete(key))
        self.assertEqual(store.weight, 0)
