"""Tests of `nexus.room.ident`."""

from __future__ import annotations

from collections import Counter
from random import Random, SystemRandom
from string import ascii_letters, digits

from twisted.trial.unittest import SynchronousTestCase

from nexus.room.ident import ID_LENGTH, fits_path, make_id


class Bytes(Random):
    """Gives all bytes that there are, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.next = 0

    def randbytes(self, n: int) -> bytes:
        """Return the next ones."""
        self.next += n
        return bytes(each % 256 for each in range(self.next - n, self.next))


class MakeIdTests(SynchronousTestCase):
    def test_each_letter_is_as_likely(self) -> None:
        """Of all bytes that chance may give, as many become each of the 64 letters."""
        random = Bytes()

        counts = Counter("".join(make_id(random) for _ in range(256)))

        self.assertEqual(counts.keys(), {*ascii_letters, *digits, *"_-"})
        self.assertEqual(set(counts.values()), {256 * ID_LENGTH // 64})

    def test_id_fits_a_path(self) -> None:
        """An id is as long as said, fits a path, and is another one each time."""
        made = [make_id(SystemRandom()) for _ in range(1_000)]

        self.assertTrue(all(fits_path(each) for each in made))
        self.assertEqual({len(each) for each in made}, {ID_LENGTH})
        self.assertEqual(len(set(made)), len(made))


class FitsPathTests(SynchronousTestCase):
    def test_only_what_needs_no_encoding_fits(self) -> None:
        """What would be read as more than one part of a path is refused."""
        self.assertTrue(fits_path("a-Z_9"))
        for each in ("", "a/b", "a b", "a.b", "x" * 65, "\n", "a\n"):
            self.assertFalse(fits_path(each), each)
