"""Tests of `nexus.match.code`."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Refused
from nexus.match.code import ALPHABET, LENGTH, Codes, read_code

_CODES = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


class ReadTests(SynchronousTestCase):
    @given(_CODES, st.sampled_from(["", " ", "-", " - "]))
    def test_code_is_read_however_it_is_written(self, code: str, gap: str) -> None:
        """Case and what stands between characters do not matter."""
        self.assertEqual(read_code(gap.join(code).lower()), code)

    def test_look_alikes_are_taken_for_what_was_meant(self) -> None:
        """Each character that looks like one of a code is read as that one."""
        for typed, meant in zip("0OQZEASGBU", "DDD234568V", strict=True):
            self.assertEqual(read_code(f"{typed.lower()}KKK"), f"{meant}KKK")
            self.assertNotIn(typed, ALPHABET)

    def test_characters_that_no_code_has_are_refused(self) -> None:
        """Ones and what looks like them are in no code; nor are other lengths."""
        for text in ("1KKK", "IKKK", "LKKK", "", "KKK", "KKKKK", "K?KK", "K" * 10_000):
            with self.assertRaisesRegex(Refused, "4 characters"):
                read_code(text)

    @given(st.text(max_size=40))
    def test_any_text_is_a_code_or_refused(self, text: str) -> None:
        """Whatever somebody types gives a code or a refusal; also other scripts."""
        try:
            code = read_code(text)
        except Refused:
            return
        self.assertEqual(read_code(code), code)
        self.assertTrue(text.isascii())

    def test_room_ids_are_no_codes(self) -> None:
        """A room's id of 9 characters is never taken for a code."""
        with self.assertRaises(Refused):
            read_code("KKKKKKKKK")

    def test_alphabet_has_no_look_alikes(self) -> None:
        """Of characters that look alike there is one at most; there are no vowels."""
        for alike in ("0OQD", "1IL", "2Z", "5S", "8B", "6G", "UV", "4A", "3E"):
            self.assertLessEqual(len(set(alike) & set(ALPHABET)), 1, alike)
        self.assertEqual(len(set(ALPHABET)), len(ALPHABET))
        self.assertEqual(set("AEIOU") & set(ALPHABET), set())


class CodesTests(SynchronousTestCase):
    def test_no_two_rooms_have_one_code(self) -> None:
        """Codes that are in use are all different, and of one look."""
        codes = Codes(Random(1))
        taken = [codes.take() for _ in range(5_000)]

        self.assertEqual(len(set(taken)), 5_000)
        self.assertEqual(len(codes), 5_000)
        self.assertEqual({len(code) for code in taken}, {LENGTH})
        self.assertEqual(set("".join(taken)), set(ALPHABET))

    def test_codes_tell_nothing_of_each_other(self) -> None:
        """Codes come in no order."""
        codes = Codes(Random(2))
        taken = [codes.take() for _ in range(100)]

        self.assertNotEqual(taken, sorted(taken))
        self.assertGreater(len({code[:2] for code in taken}), 50)

    def test_taken_code_is_in_use_until_it_is_freed(self) -> None:
        """The codes in use can be asked for."""
        codes = Codes(Random(3))
        code = codes.take()
        used = code in codes
        codes.free(code)

        self.assertEqual((used, code in codes, len(codes)), (True, False, 0))

    def test_code_that_nobody_has_cannot_be_freed(self) -> None:
        """To free a code twice is a mistake of ours."""
        codes = Codes(Random(4))
        code = codes.take()
        codes.free(code)

        with self.assertRaises(KeyError):
            codes.free(code)

    def test_exhausted_codes_are_refused(self) -> None:
        """Beyond the bound a code is refused, until one is freed."""
        codes = Codes(Random(5), most=3)
        taken = [codes.take() for _ in range(3)]

        with self.assertRaisesRegex(Refused, "all 3 room codes are in use"):
            codes.take()
        codes.free(taken[0])
        self.assertNotIn(codes.take(), taken)

    def test_freed_code_rests(self) -> None:
        """A code is not drawn again before so many others were freed."""
        codes = Codes(Same("KKKK", "KKKK", "MMMM", "KKKK", "PPPP", "KKKK"), rest=1)
        first = codes.take()
        codes.free(first)
        second = codes.take()
        codes.free(second)

        self.assertEqual((first, second), ("KKKK", "MMMM"))
        self.assertEqual(codes.take(), "KKKK")

    def test_bounds_that_leave_no_chance_are_refused(self) -> None:
        """More than half of all codes cannot be in use."""
        for most, rest in ((0, 0), (10, -1), (139_921, 0), (139_000, 1_000)):
            with self.assertRaisesRegex(ValueError, "half can be in use"):
                Codes(Random(6), most=most, rest=rest)


class Same(Random):
    """Chance that was written down before."""

    def __init__(self, *codes: str) -> None:
        super().__init__(0)
        self._codes = list(codes)

    def choices(self, *_: object, **__: object) -> list[str]:  # type: ignore[override]  # codes only
        """Return the next one."""
        return list(self._codes.pop(0))
