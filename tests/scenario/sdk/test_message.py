"""What bots say to Rooms and hear from them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.plain import UNDEFINED
from tests.scenario.sdk.story import Story, Story16, Story17, Story18
from tests.support.sdk import SdkError
from tests.support.sdk_value import BigInt, JsMap

#: Payloads that come back from a Room as they went.
PAYLOADS: Final[list[Any]] = [
    None,
    True,
    False,
    0,
    64,
    127,
    128,
    -1,
    -33,
    2**31,
    2**32 - 1,
    2**53 - 1,
    -(2**53) + 1,
    0.1,
    -2.5,
    1e300,
    math.inf,
    -math.inf,
    "",
    "hello",
    "snow \N{SNOWMAN} \U0001f600",
    "long " * 200,
    b"\x00\xff",
    datetime(2024, 2, 29, 12, 30, 0, 250_000, UTC),
    datetime(1969, 12, 31, tzinfo=UTC),
    [],
    {},
    [1, [2, [3, []]]],
    {"x": 1, "y": {"z": [64, 65, {"x": 66, "y": 127}]}},
    [{"x": 64}, {"x": 65}, {"y": 66}, {"x": 100}],
    {"constructor": 1, "length": 2, "": 3},
]


class Messages(Story):
    def test_payloads(self) -> None:
        """What a bot sends is what the Room hears, and the other way round."""
        bot = self.join("echo")
        for payload in PAYLOADS:
            self.assertEqual(bot.exchange("echo", payload), payload)

    def test_order(self) -> None:
        """Messages are heard in the order in which they were said."""
        bot = self.join("echo")
        for number in range(50):
            bot.send("count", number)

        self.assertEqual(bot.messages("count", 50), list(range(50)))

    def test_odd_payloads(self) -> None:
        """NaN stays NaN, a bigint and a Set come back as their nearest likeness."""
        bot = self.join("echo")

        self.assertTrue(math.isnan(bot.exchange("echo", math.nan)))
        self.assertEqual(bot.exchange("echo", BigInt(5)), 5)
        self.assertEqual(bot.exchange("echo", {1, 2}), [1, 2])
        self.assertEqual(bot.exchange("echo", JsMap([("a", 1)])), {"a": 1})
        self.assertEqual(bot.exchange("echo", [UNDEFINED, 1])[1], 1)

    def test_no_payload(self) -> None:
        """A Message without a payload comes back without one."""
        bot = self.join("echo")

        self.assertIn(bot.exchange("echo"), (None, UNDEFINED))

    def test_types(self) -> None:
        """A type is text or a number, of any length."""
        bot = self.join("echo")
        for kind in ("a", "ä" * 20, "t" * 40, 0, 7, 127, 128, 300, 70_000):
            self.assertEqual(bot.exchange(kind, [kind]), [kind])

    def test_bytes(self) -> None:
        """Bytes go to and fro as they are."""
        bot = self.join("echo")
        for payload in (b"", b"\x00", b"hello", bytes(range(256)) * 4):
            since = bot.mark()
            bot.send_bytes("raw", payload)

            self.assertEqual(bot.messages("raw", since=since), [payload])

    def test_failing_receiver(self) -> None:
        """A Room that raises at a Message tells so without its own words, and lives."""
        bot = self.join("boom")
        bot.send("boom", {"x": 1})
        [error] = bot.wait("error")

        self.assertNotIn("secret", error["message"])
        self.assertEqual(bot.exchange("echo", 1), 1)
        self.expected_failures = 1


class RawFrames(Story):
    def test_garbage(self) -> None:
        """Frames that mean nothing disturb neither the Room nor their sender."""
        bot = self.join("echo")
        for frame in (b"", b"\x00", b"\x1f\x01", b"\x0a", b"\x10"):
            bot.send_raw(frame)

        self.assertEqual(bot.exchange("echo", "still here"), "still here")

    def test_broken_payload(self) -> None:
        """A payload that cannot be read ends the connection of who sent it, alone."""
        bot = self.join("echo")
        other = self.beside(bot)
        bot.send_raw(b"\x0d\xa4echo\x92\x01")

        [left] = bot.wait("leave")

        self.assertEqual(left["code"], 4002)
        self.assertEqual(other.exchange("echo", 1), 1)


class Pings(Story):
    def test_ping(self) -> None:
        """A bot can measure its way to the Room, and to a Node before it joins."""
        self.assertLess(self.join("echo").ping(), 5000)
        self.assertLess(self.sdk.latency(self.endpoint), 5000)


class Requests(Story):
    def test_values(self) -> None:
        """A request is answered with what the Room returns, now or later."""
        bot = self.join("requests")
        for payload in PAYLOADS[1:]:
            self.assertEqual(bot.request("value", payload), payload)

        self.assertEqual(bot.request("slow", 7), 7)
        self.assertIn(bot.request("value"), (None, UNDEFINED))

    def test_refusals(self) -> None:
        """A rejected request says why; one that fails says no word of the Room's."""
        bot = self.join("requests")
        rejected = self.assertRaises(SdkError, bot.request, "reject", {"why": "late"})
        failed = self.assertRaises(SdkError, bot.request, "raise")
        unknown = self.assertRaises(SdkError, bot.request, "nothing")

        self.assertEqual(
            (rejected.name, rejected.reason), ("rejected", {"why": "late"})
        )
        self.assertNotEqual(failed.name, "Timeout")
        self.assertNotIn("secret", failed.message)
        self.assertEqual(unknown.name, "no_handler")
        self.assertEqual(bot.request("value", 1), 1)
        self.expected_failures = 1


class Messages16(Messages, Story16, SynchronousTestCase):
    pass


class Messages17(Messages, Story17, SynchronousTestCase):
    pass


class Messages18(Messages, Story18, SynchronousTestCase):
    pass


class RawFrames16(RawFrames, Story16, SynchronousTestCase):
    pass


class RawFrames17(RawFrames, Story17, SynchronousTestCase):
    pass


class RawFrames18(RawFrames, Story18, SynchronousTestCase):
    pass


class Pings17(Pings, Story17, SynchronousTestCase):
    pass


class Pings18(Pings, Story18, SynchronousTestCase):
    pass


class Requests18(Requests, Story18, SynchronousTestCase):
    pass
