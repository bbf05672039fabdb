"""What every Presence does, whichever adapter it is: one suite for all of them.

An adapter's tests derive from `tests.cluster.topics`, which derives from what is here,
and say how to make one, how to let what was published arrive, and how to let time pass.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import TestCase

from nexus.cluster.port import Presence, WrongKindError

__all__ = ["PresenceContract"]


class PresenceContract(TestCase):
    """The behaviour of a Presence, seen through its port alone."""

    presence: Presence

    async def settle(self) -> None:
        """Let what was published arrive."""
        raise NotImplementedError

    async def passes(self, seconds: float) -> None:
        """Let so many seconds pass."""
        raise NotImplementedError

    async def test_value_is_kept(self) -> None:
        """A value is there until it is deleted, and comes back as it was."""
        values = self.presence.values
        for value in (True, 5, -(2**63), 0.1, "é", b"\x00", [1, [b"a"]], {"a": None}):
            await values.set("k", value)
            got = await values.get("k")
            self.assertEqual((type(got), got), (type(value), value))

        self.assertTrue(await values.exists("k"))
        self.assertTrue(await values.delete("k"))
        self.assertFalse(await values.delete("k"))
        self.assertFalse(await values.exists("k"))
        self.assertIsNone(await values.get("k"))

    async def test_value_is_a_copy(self) -> None:
        """Who changes what was stored, or what was got, changes nothing shared."""
        given: list[int] = [1]
        await self.presence.values.set("k", given)
        given.append(2)
        got = await self.presence.values.get("k")
        got.append(3)

        self.assertEqual(await self.presence.values.get("k"), [1])

    async def test_value_ends(self) -> None:
        """A value with a lifetime is gone when it is over; a new one starts anew."""
        values = self.presence.values
        await values.set("a", 1, 1.0)
        await values.set("b", 1, 1.0)
        await values.set("c", 1, 1.0)
        await values.set("b", 2)
        found = await values.expire("c", 3.0)
        lost = await values.expire("none", 3.0)
        await self.passes(1.5)
        left = [await values.get(key) for key in "abc"]
        await self.passes(2.0)

        self.assertEqual((found, lost), (True, False))
        self.assertEqual(left, [None, 2, 1])
        self.assertFalse(await values.exists("c"))

    async def test_values_that_cannot_be_shared_are_refused(self) -> None:
        """What would not arrive as it was is refused, and the old value stays."""
        values = self.presence.values
        await values.set("k", 1)
        circle: list[Any] = []
        circle.append(circle)
        for value in (None, (1,), {1}, object(), {1: 2}, [(1,)]):
            with self.assertRaises(TypeError):
                await values.set("k", value)
        for value in (2**63, circle, "a\ud800"):
            with self.assertRaises(ValueError):
                await values.set("k", value)
        for lifetime in (0, -1, float("nan"), float("inf")):
            with self.assertRaises(ValueError):
                await values.set("k", 2, lifetime)

        self.assertEqual(await values.get("k"), 1)

    async def test_counters_count(self) -> None:
        """A counter begins at 0, goes both ways, and is a value."""
        values = self.presence.values

        self.assertEqual(await values.increment("n"), 1)
        self.assertEqual(await values.increment("n", 5), 6)
        self.assertEqual(await values.decrement("n"), 5)
        self.assertEqual(await values.decrement("n", 7), -2)
        self.assertEqual(await values.get("n"), -2)
        await values.set("n", 10)
        self.assertEqual(await values.increment("n"), 11)

    async def test_counter_keeps_its_lifetime(self) -> None:
        """Counting does not make a counter last longer."""
        await self.presence.values.set("n", 1, 1.0)
        await self.presence.values.increment("n")
        await self.passes(1.5)

        self.assertIsNone(await self.presence.values.get("n"))

    async def test_what_is_no_counter_is_not_counted(self) -> None:
        """Only ints of 64 bits are counted with."""
        values = self.presence.values
        await values.set("text", "5")
        await values.set("big", 2**63 - 1)
        with self.assertRaises(TypeError):
            await values.increment("text")
        with self.assertRaises(TypeError):
            await values.increment("n", True)
        with self.assertRaises(ValueError):
            await values.increment("big")

        self.assertEqual(await values.get("text"), "5")
        self.assertEqual(await values.get("big"), 2**63 - 1)

    async def test_key_has_one_kind_of_content(self) -> None:
        """Another kind than a key holds is an error; a set replaces any kind."""
        presence = self.presence
        await presence.sets.add("k", 1)
        for ask in (
            lambda: presence.values.get("k"),
            lambda: presence.values.increment("k"),
            lambda: presence.hashes.set("k", "f", 1),
            lambda: presence.hashes.get("k", "f"),
            lambda: presence.lists.push_left("k", 1),
            lambda: presence.lists.pop_left("k"),
            lambda: presence.lists.wait_right("k", timeout=1),
        ):
            with self.assertRaises(WrongKindError):
                await ask()
        await presence.values.set("k", 1)

        self.assertEqual(await presence.values.get("k"), 1)
        with self.assertRaises(WrongKindError):
            await presence.sets.add("k", 1)

    async def test_sets_hold_members_once(self) -> None:
        """A member is there once; of another type it is another one."""
        sets = self.presence.sets
        news = [await sets.add("s", one) for one in (1, 1, 1.0, True, "1", b"1")]

        self.assertEqual(news, [True, False, True, True, True, True])
        self.assertEqual(await sets.count("s"), 5)
        members = await sets.members("s")
        self.assertEqual(
            sorted(map(repr, members)), sorted(map(repr, (1, 1.0, True, "1", b"1")))
        )
        self.assertTrue(await sets.remove("s", 1.0))
        self.assertFalse(await sets.remove("s", 1.0))
        self.assertFalse(await sets.contains("s", 1.0))
        self.assertTrue(await sets.contains("s", 1))

    async def test_set_takes_no_containers(self) -> None:
        """Lists and dicts, of which the order could differ, are no members."""
        for member in ([1], {"a": 1}, None):
            with self.assertRaises(TypeError):
                await self.presence.sets.add("s", member)

        self.assertEqual(await self.presence.sets.members("s"), [])

    async def test_sets_intersect(self) -> None:
        """The members that all sets have; a set that is not there has none."""
        sets = self.presence.sets
        for key, members in (("a", "xyz"), ("b", "yzw"), ("c", "z")):
            for member in members:
                await sets.add(key, member)

        self.assertEqual(sorted(await sets.intersection("a", "b")), ["y", "z"])
        self.assertEqual(await sets.intersection("a", "b", "c"), ["z"])
        self.assertEqual(sorted(await sets.intersection("a")), ["x", "y", "z"])
        self.assertEqual(await sets.intersection("a", "none"), [])
        with self.assertRaises(ValueError):
            await sets.intersection()

    async def test_hashes_hold_fields(self) -> None:
        """A hash has named fields that are set, got, counted and deleted."""
        hashes = self.presence.hashes

        self.assertTrue(await hashes.set("h", "a", [1]))
        self.assertFalse(await hashes.set("h", "a", 2))
        self.assertTrue(await hashes.set("h", "b", "x"))
        self.assertEqual(await hashes.get("h", "a"), 2)
        self.assertIsNone(await hashes.get("h", "c"))
        self.assertEqual(await hashes.all("h"), {"a": 2, "b": "x"})
        self.assertEqual(await hashes.count("h"), 2)
        self.assertTrue(await hashes.delete("h", "a"))
        self.assertFalse(await hashes.delete("h", "a"))
        self.assertEqual(await hashes.all("h"), {"b": "x"})
        self.assertEqual(await hashes.all("none"), {})

    async def test_fields_count(self) -> None:
        """A field can be a counter, and counting can give its hash a lifetime."""
        hashes = self.presence.hashes
        await hashes.set("h", "text", "x")

        self.assertEqual(await hashes.increment("h", "n"), 1)
        self.assertEqual(await hashes.increment("h", "n", -3, lifetime=1.0), -2)
        with self.assertRaises(TypeError):
            await hashes.increment("h", "text")
        await self.passes(1.5)
        self.assertEqual(await hashes.all("h"), {})

    async def test_lists_have_two_ends(self) -> None:
        """Values are pushed and popped at either end."""
        lists = self.presence.lists

        self.assertEqual(await lists.push_right("l", 1), 1)
        self.assertEqual(await lists.push_right("l", 2), 2)
        self.assertEqual(await lists.push_left("l", 0), 3)
        self.assertEqual(await lists.count("l"), 3)
        self.assertEqual(await lists.pop_right("l"), 2)
        self.assertEqual(await lists.pop_left("l"), 0)
        self.assertEqual(await lists.pop_left("l"), 1)
        self.assertIsNone(await lists.pop_left("l"))
        self.assertIsNone(await lists.pop_right("l"))
        self.assertEqual(await lists.count("l"), 0)

    async def test_key_whose_content_is_gone_is_gone(self) -> None:
        """When the last member is removed, the key can hold something else."""
        presence = self.presence
        await presence.sets.add("k", 1)
        await presence.sets.remove("k", 1)
        await presence.hashes.set("k", "f", 1)
        await presence.hashes.delete("k", "f")
        await presence.lists.push_left("k", 1)
        await presence.lists.pop_right("k")

        self.assertFalse(await presence.values.exists("k"))
        self.assertEqual(await presence.values.increment("k"), 1)

    async def test_waiting_takes_what_is_there(self) -> None:
        """Of several lists the first that has something gives its right end."""
        lists = self.presence.lists
        await lists.push_right("b", 1)
        await lists.push_right("b", 2)
        await lists.push_right("c", 3)

        self.assertEqual(await lists.wait_right("a", "b", "c", timeout=1), ("b", 2))
        self.assertEqual(await lists.count("b"), 1)

    async def test_waiting_is_served_in_order(self) -> None:
        """Who waited longest gets the next value, of any list that was named."""
        lists = self.presence.lists
        first = Deferred.fromCoroutine(lists.wait_right("a", "b", timeout=60))
        await self.settle()
        second = Deferred.fromCoroutine(lists.wait_right("b", timeout=60))
        await self.settle()
        await lists.push_left("b", "one")
        await lists.push_left("b", "two")

        self.assertEqual(await first, ("b", "one"))
        self.assertEqual(await second, ("b", "two"))
        self.assertEqual(await lists.count("b"), 0)

    async def test_waiting_ends(self) -> None:
        """Nothing comes of waiting too long, and what comes later stays."""
        lists = self.presence.lists
        waiting = Deferred.fromCoroutine(lists.wait_right("l", timeout=1.0))
        await self.passes(1.5)

        self.assertIsNone(await waiting)
        self.assertEqual(await lists.push_right("l", 1), 1)
        self.assertEqual(await lists.count("l"), 1)
        for timeout in (0, -1, float("nan"), float("inf")):
            with self.assertRaises(ValueError):
                await lists.wait_right("l", timeout=timeout)
        with self.assertRaises(ValueError):
            await lists.wait_right(timeout=1)

    async def test_cancelled_waiting_takes_nothing(self) -> None:
        """Who stopped waiting does not swallow what comes."""
        lists = self.presence.lists
        waiting = Deferred.fromCoroutine(lists.wait_right("l", timeout=60))
        await self.settle()
        waiting.cancel()
        with self.assertRaises(CancelledError):
            await waiting
        await lists.push_right("l", 1)

        self.assertEqual(await lists.pop_left("l"), 1)
