"""Tests of States as JSON, for people."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.kept import Kept
from nexus.journal.readable import escape, readable, unescape
from tests.journal.values import values
from tests.wire.native.kit import replica

#: The module, where the package offers the function of its name.
module: Any = sys.modules[readable.__module__]


class EscapeTests(SynchronousTestCase):
    @given(values)
    def test_values_come_back(self, value: Any) -> None:
        """What is escaped is JSON without NUL, half pairs and NaN, and comes back."""
        text = json.dumps(escape(value), allow_nan=False, ensure_ascii=False)

        self.assertNotIn("\\u0000", text)
        text.encode()
        self.assertEqual(repr(unescape(json.loads(text))), repr(value))

    def test_the_forms(self) -> None:
        """The escapes are as documented."""
        for value, escaped in (
            ("plain ~", "plain ~"),
            ("a\0~", "~a~0000~007e"),
            ("~", "~~007e"),
            (math.nan, {"$float": "NaN"}),
            (-math.inf, {"$float": "-Infinity"}),
            (-0.0, {"$float": "-0"}),
            (b"ab", {"$bytes": "YWI="}),
            ({2, 1}, {"$set": [1, 2]}),
            ({"$set": 1}, {"~$set": 1}),
        ):
            self.assertEqual(escape(value), escaped)
            self.assertEqual(repr(unescape(escaped)), repr(value))

    def test_what_is_not_plain_is_refused(self) -> None:
        """Other values, other keys, and other escapes are refused."""
        circle: list[Any] = []
        circle.append(circle)
        for bad in (object(), {1: 2}, 1 << 64, circle):
            self.assertRaises(ValueError, escape, bad)
        self.assertRaises(ValueError, unescape, {"$what": 1})


class ReadableTests(SynchronousTestCase):
    @given(values)
    def test_parts_make_the_whole(self, value: Any) -> None:
        """What is written by many small calls is what one call would write."""
        self.patch(module, "_FEW", 2)
        escaped = escape(value)

        self.assertEqual(
            module._dump(escaped),
            json.dumps(escaped, ensure_ascii=False, separators=(",", ":")),
        )

    def test_no_call_is_for_much(self) -> None:
        """No call that stops all threads writes many entities, or many values."""
        lengths: list[int] = []
        whole = module._text

        def text(value: Any) -> str:
            lengths.append(len(written := whole(value)))
            return written

        self.patch(module, "_text", text)
        things = {f"t{n}": {"x": n, "name": "thing"} for n in range(500)}
        state = {"world": [things, {"scores": list(range(5_000))}]}

        self.assertEqual(json.loads(module._dump(state)), state)
        self.assertLess(max(lengths), 50)

    def test_fields_have_names(self) -> None:
        """A State is JSON with the names of its fields."""
        made = json.loads(readable(replica()))

        self.assertEqual(made["scores"], {"x": 1, "y": 2})
        self.assertEqual(made["tags"], {"$set": ["t"]})
        self.assertEqual(made["items"]["a"]["below"]["size"], 300)

    def test_much_is_a_summary(self) -> None:
        """Beyond the limit there are only figures, by class."""
        summary = json.loads(readable(replica(), limit=20))["$summary"]

        self.assertEqual((summary["version"], summary["entities"]), (5, 5))
        self.assertEqual(summary["classes"], {"Root": 1, "Item": 3, "Gem": 1})

    def test_far_more_is_not_written(self) -> None:
        """What is far beyond the limit is not written in order to be counted."""
        size = len(readable(replica()))
        for limit, told in ((size - 1, size), (size // 3, None)):
            summary = json.loads(readable(replica(), limit=limit))["$summary"]
            self.assertEqual(summary["bytes"], told)

    def test_no_state_is_nothing(self) -> None:
        """A Room without a State is an empty object."""
        self.assertEqual(readable(Kept("r")), "{}")
