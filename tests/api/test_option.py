"""Tests of `nexus.api.option`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.api.option import read_options


class OptionTests(SynchronousTestCase):
    def test_objects_are_read(self) -> None:
        """Options are what a JSON object says."""
        self.assertEqual(
            read_options(b'{"a": [1, -2.5, "\\ud83d\\ude00"], "__nexus": {}}'),
            {"a": [1, -2.5, "\U0001f600"], "__nexus": {}},
        )

    def test_empty_array_is_an_empty_object(self) -> None:
        """Some write an empty object as an array."""
        self.assertEqual(read_options(b"[]"), {})

    def test_nothing_else_is_an_object(self) -> None:
        """Other JSON is refused, and so is what is none."""
        for body in (b"[1]", b"5", b"null", b'"a"', b"{", b"\xff", b"{}{}"):
            with self.assertRaises(ValueError):
                read_options(body)

    def test_what_not_all_can_read_is_refused(self) -> None:
        """Numbers without end, and halves of characters, are no options."""
        for value in (
            b"NaN",
            b"-Infinity",
            b"1e999",
            b"9" * 20,
            b"18446744073709551616",
            b"-9223372036854775809",
            b"9" * 21,
            b"9" * 5_000,
            b'"\\ud800"',
            b'{"\\udfff": 1}',
        ):
            with self.assertRaises(ValueError):
                read_options(b'{"a": %b}' % value)

    def test_numbers_of_64_bits_are_read(self) -> None:
        """A whole number may have 64 bits."""
        for number in (2**64 - 1, -(2**63)):
            self.assertEqual(read_options(b'{"a": %d}' % number), {"a": number})

    def test_depth_is_bounded(self) -> None:
        """Options may be 32 deep, however wide they are."""

        def deep(levels: int) -> bytes:
            return b'{"a": %b, "b": [[], [], []]}' % (b"[" * levels + b"]" * levels)

        read_options(deep(31))

        for levels in (32, 900):
            with self.assertRaises(ValueError):
                read_options(deep(levels))
        with self.assertRaises((ValueError, RecursionError)):
            read_options(deep(100_000))
