"""Tests of `nexus.limit`."""

from __future__ import annotations

from attrs import fields
from twisted.trial.unittest import SynchronousTestCase

from nexus.limit import Limits


class LimitsTests(SynchronousTestCase):
    def test_there_is_a_limit_to_everything(self) -> None:
        """Every limit holds by default; none is infinite."""
        for each in fields(Limits):
            self.assertLess(getattr(Limits(), each.name), 10**9, each.name)

    def test_limit_that_lets_nothing_through_is_refused(self) -> None:
        """A limit of nothing, or less, is a mistake that is told at once."""
        for each in fields(Limits):
            for wrong in (0, -1):
                self.assertRaises(ValueError, Limits, **{each.name: wrong})

    def test_limits_are_named(self) -> None:
        """Limits are given by name, and an unknown one is refused."""
        self.assertRaises(TypeError, Limits, 5)
        self.assertRaises(TypeError, Limits, colour=5)

    def test_each_limit_is_described(self) -> None:
        """What is refused beyond each limit is said where it is declared."""
        for each in fields(Limits):
            self.assertIn(f"        {each.name}: ", Limits.__doc__ or "")
