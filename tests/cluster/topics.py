"""What every Presence does with what is published, whichever adapter it is."""

from __future__ import annotations

from typing import Any

from nexus.cluster.port import ScopedPresence
from tests.cluster.contract import PresenceContract

__all__ = ["TopicContract"]


class TopicContract(PresenceContract):
    """The behaviour of a Presence to those who publish and subscribe."""

    async def test_published_values_arrive_in_order(self) -> None:
        """Every subscriber of the topic gets each value, later and in order."""
        presence = self.presence
        first: list[Any] = []
        second: list[Any] = []
        await presence.subscribe("t", first.append)
        await presence.subscribe("t", second.append)
        await presence.subscribe("other", second.append)
        await presence.publish("t", {"a": [1]})
        await presence.publish("t", None)
        at_once = list(first)
        await self.settle()

        self.assertEqual(at_once, [])
        self.assertEqual((first, second), ([{"a": [1]}, None], [{"a": [1]}, None]))
        self.assertIsNot(first[0], second[0])

    async def test_nobody_is_told_of_what_was_before(self) -> None:
        """A value that was published before is gone."""
        told: list[Any] = []
        await self.presence.publish("t", 1)
        await self.settle()
        await self.presence.subscribe("t", told.append)
        await self.settle()

        self.assertEqual(told, [])

    async def test_what_cannot_be_shared_is_not_published(self) -> None:
        """A value of another type is refused, also when nobody listens."""
        with self.assertRaises(TypeError):
            await self.presence.publish("t", {1, 2})
        with self.assertRaises(TypeError):
            await self.presence.publish("t", {"a": {1: 2}})

    async def test_unsubscribed_is_told_no_more(self) -> None:
        """Also what was on its way does not arrive; ending it twice does nothing."""
        told: list[Any] = []
        end = await self.presence.subscribe("t", told.append)
        await self.presence.subscribe("t", lambda value: told.append("other"))
        await self.presence.publish("t", 1)
        end()
        end()
        await self.settle()

        self.assertEqual(told, ["other"])

    async def test_same_callback_twice_is_two_subscriptions(self) -> None:
        """Each ends by itself."""
        told: list[Any] = []
        end = await self.presence.subscribe("t", told.append)
        await self.presence.subscribe("t", told.append)
        await self.presence.publish("t", 1)
        await self.settle()
        end()
        await self.presence.publish("t", 2)
        await self.settle()

        self.assertEqual(told, [1, 1, 2])

    async def test_subscribers_fault_hurts_nobody(self) -> None:
        """What a subscriber raises is logged, and the others are told."""

        def broken(value: Any) -> None:
            raise KeyError(value)

        told: list[Any] = []
        await self.presence.subscribe("t", broken)
        await self.presence.subscribe("t", told.append)
        await self.presence.publish("t", 1)
        await self.settle()

        self.assertEqual(told, [1])
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    async def test_topics_are_those_that_somebody_subscribed_to(self) -> None:
        """A topic is there from its first subscription to the end of its last."""
        presence = self.presence
        ends = [await presence.subscribe("news", print) for _ in range(2)]
        await presence.subscribe("chat.1", print)
        await presence.publish("nobody", 1)

        self.assertEqual(sorted(await presence.topics()), ["chat.1", "news"])
        ends[0]()
        self.assertEqual(await presence.topics("news"), ["news"])
        ends[1]()
        self.assertEqual(await presence.topics(), ["chat.1"])
        scoped = ScopedPresence(presence)
        await scoped.subscribe("mine", print)
        self.assertEqual(sorted(await scoped.topics()), ["chat.1", "mine"])
        scoped.close()
        self.assertEqual(await scoped.topics(), ["chat.1"])

    async def test_topics_are_found_by_a_pattern(self) -> None:
        """A star is any text, a question mark one character, and all else itself."""
        names = ["chat.1", "chat.12", "Chat.1", "a[b]", "ab", "a*b", "x\\y", "l\nl", ""]
        for name in names:
            await self.presence.subscribe(name, print)

        for pattern, wanted in (
            ("*", names),
            ("chat.*", ["chat.1", "chat.12"]),
            ("chat.?", ["chat.1"]),
            ("*.1", ["chat.1", "Chat.1"]),
            ("a[b]", ["a[b]"]),
            ("a[!c]", []),
            ("x\\y", ["x\\y"]),
            ("l?l", ["l\nl"]),
            ("a?b", ["a*b"]),
            ("", [""]),
        ):
            found = await self.presence.topics(pattern)
            self.assertEqual(sorted(found), sorted(wanted), pattern)

    async def test_async_subscriber_is_refused(self) -> None:
        """Nobody would await it."""

        async def callback(value: Any) -> None: ...

        with self.assertRaises(TypeError):
            await self.presence.subscribe("t", callback)

    async def test_scope_ends_its_own_subscriptions(self) -> None:
        """Closing a scoped Presence ends what was subscribed through it alone."""
        scoped = ScopedPresence(self.presence)
        told: list[Any] = []
        await self.presence.subscribe("t", lambda value: told.append(("outer", value)))
        await scoped.subscribe("t", lambda value: told.append(("inner", value)))
        early = await scoped.subscribe("t", lambda value: told.append("early"))
        early()
        await scoped.publish("t", 1)
        await self.settle()
        scoped.close()
        scoped.close()
        early()
        await scoped.subscribe("t", lambda value: told.append("late"))
        await self.presence.publish("t", 2)
        await self.settle()

        self.assertEqual(told, [("outer", 1), ("inner", 1), ("outer", 2)])

    async def test_scope_shares_keys(self) -> None:
        """What is stored through a scope is there for all, and stays."""
        scoped = ScopedPresence(self.presence)
        await scoped.values.set("v", 1)
        await scoped.sets.add("s", 1)
        await scoped.hashes.set("h", "f", 1)
        await scoped.lists.push_left("l", 1)
        scoped.close()

        for key in "vshl":
            self.assertTrue(await self.presence.values.exists(key))
