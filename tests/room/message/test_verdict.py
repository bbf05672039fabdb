"""Tests of `nexus.room.message.verdict`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.message.verdict import Ident, Verdict, Verdicts
from nexus.wire.frame import Status


def done(payload: bytes = b"\x01") -> Verdict:
    """Make the verdict of something that was done."""
    return Verdict(Status.OK, payload)


class VerdictsTests(SynchronousTestCase):
    def test_command_is_known_from_its_beginning(self) -> None:
        """While it is worked on it is known and has no verdict; then it has one."""
        verdicts = Verdicts()
        self.assertFalse(verdicts.knows(3))
        verdicts.begin(3)
        self.assertEqual((verdicts.knows(3), verdicts.find(3)), (True, None))
        self.assertEqual(verdicts.all(), [])
        verdicts.settle(3, done())

        self.assertEqual(verdicts.find(3), done())
        self.assertEqual((verdicts.last, verdicts.all()), (3, [(3, done())]))

    def test_oldest_are_forgotten(self) -> None:
        """So many are remembered, and the largest id of all."""
        verdicts = Verdicts()
        for ident in range(1, 301):
            verdicts.begin(ident)
            verdicts.settle(ident, done())

        self.assertEqual((verdicts.knows(44), verdicts.knows(45)), (False, True))
        self.assertEqual((verdicts.last, len(verdicts.all())), (300, 256))

    @given(st.lists(st.integers(0, 70_000), max_size=30))
    def test_bytes_have_a_bound(self, sizes: list[int]) -> None:
        """Long answers push older ones out; the latest is always remembered."""
        verdicts = Verdicts()
        for ident, size in enumerate(sizes, 1):
            verdicts.begin(ident)
            verdicts.settle(ident, done(bytes(size)))

            told = verdicts.all()
            self.assertEqual(told[-1][0], ident)
            total = sum(len(each.payload) for _, each in told)
            self.assertTrue(total <= 65_536 or len(told) == 1)

    def test_verdict_that_is_not_safe(self) -> None:
        """It is kept with the Room, and told to nobody before it is safe."""
        verdicts = Verdicts()
        verdicts.begin(1)
        verdicts.decide(1, done())
        self.assertEqual((verdicts.find(1), verdicts.all()), (None, [(1, done())]))
        verdicts.settle(1, done())

        self.assertEqual((verdicts.find(1), verdicts.all()), (done(), [(1, done())]))

    def test_numbers_are_plain(self) -> None:
        """What is kept of the numbers of commands can be written."""
        verdicts = Verdicts()
        verdicts.begin(Ident(5))
        self.assertIs(type(verdicts.last), int)
        verdicts.settle(Ident(5), done())

        self.assertIs(type(verdicts.last), int)
        self.assertEqual([type(each) for each, _ in verdicts.all()], [int])

    def test_settled_again(self) -> None:
        """A verdict that is learned twice counts once."""
        verdicts = Verdicts()
        for _ in range(10):
            verdicts.settle(1, done(bytes(60_000)))

        self.assertEqual(len(verdicts.all()), 1)
        verdicts.settle(2, done())
        self.assertTrue(verdicts.knows(1) and verdicts.knows(2))

    def test_what_is_worked_on_is_never_forgotten(self) -> None:
        """However many wait for the database, a repeated one is not begun anew."""
        verdicts = Verdicts()
        for ident in range(1, 301):
            verdicts.begin(ident)
        verdicts.begin(301)
        verdicts.settle(301, done())

        self.assertTrue(all(verdicts.knows(ident) for ident in range(1, 302)))

    def test_forgotten_ones_push_out_nothing(self) -> None:
        """Who asks for what is forgotten still hears of all that is not."""
        verdicts = Verdicts()
        for ident in range(1, 301):
            verdicts.begin(ident)
            verdicts.settle(ident, done())
        for ident in range(1, 45):
            verdicts.settle(ident, Verdict(Status.ERROR, b"forgotten"))

        self.assertTrue(all(verdicts.find(each) == done() for each in range(45, 301)))
