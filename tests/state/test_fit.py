"""Tests of `nexus.state.fit`."""

from __future__ import annotations

from types import CodeType, FunctionType

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.fit import fitted

LIMIT = 2


def pick(numbers: list[int], least: int = 0) -> list[int]:
    """Return the numbers that are large enough, less a global."""
    return [each - LIMIT for each in numbers if each >= least]


def codes(function: FunctionType) -> set[int]:
    """Return which code a function has, with all that lies inside."""
    found, waiting = set(), [function.__code__]
    while waiting:
        code = waiting.pop()
        found.add(id(code))
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]
    return found


class FitTests(SynchronousTestCase):
    def test_copies_do_the_same(self) -> None:
        """A copy does what its original does, with the defaults that it was given."""
        self.assertEqual(fitted(pick, 0)([1, 2, 3]), pick([1, 2, 3]))
        self.assertEqual(fitted(pick, 3)([1, 2, 3]), [1])

    def test_copies_share_no_code(self) -> None:
        """What the interpreter learns of one copy, comprehensions too, stays there."""
        assert isinstance(pick, FunctionType)
        every = [codes(each) for each in (pick, fitted(pick, 0), fitted(pick, 0))]

        self.assertEqual([len(each) for each in every], [2, 2, 2])
        self.assertEqual(len(set().union(*every)), 6)
