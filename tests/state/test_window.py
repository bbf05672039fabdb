"""Tests of `nexus.state.window`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from nexus.state.change import Insert, Move, Remove, Replace, Step
from nexus.state.window import steps_of, window_of
from tests.state.stage import Player, World


class WindowTests(SynchronousTestCase):
    def window(self, *steps: Step) -> tuple[slice, slice]:
        """Return where ten values were touched, and where that is now."""
        come = sum(isinstance(step, Insert) for step in steps)
        gone = sum(isinstance(step, Remove) for step in steps)
        found = window_of(steps, 10, 10 + come - gone)
        self.assertEqual(found.length, 10 + come - gone)
        return found.was, found.now

    def test_an_append_touches_nothing_that_was_there(self) -> None:
        """What is put at the end has an empty place before."""
        self.assertEqual(self.window(Insert(10, 1)), (slice(10, 10), slice(10, 11)))

    def test_a_removal_leaves_an_empty_place(self) -> None:
        """So it is at the beginning, in the middle and at the end."""
        for at in (0, 4, 9):
            found = self.window(Remove(at))
            self.assertEqual(found, (slice(at, at + 1), slice(at, at)))

    def test_a_move_touches_what_it_passes(self) -> None:
        """In both directions."""
        for move in (Move(2, 5), Move(5, 2)):
            self.assertEqual(self.window(move), (slice(2, 6), slice(2, 6)))

    def test_several_steps_touch_what_lies_between(self) -> None:
        """The window grows, and follows what goes and comes before it."""
        found = self.window(Replace(6, 1), Insert(2, 1), Remove(8))
        self.assertEqual(found, (slice(2, 8), slice(2, 8)))
        found = self.window(Remove(3), Remove(3), Insert(0, 1))
        self.assertEqual(found, (slice(0, 5), slice(0, 4)))

    def test_replacements_are_places(self) -> None:
        """As long as nothing moved, what lies between two is not touched."""
        window = window_of([Replace(1, 0), Replace(8, 0), Replace(1, 1)], 10, 10)
        self.assertEqual(window.places, {1, 8})
        self.assertFalse(window.moved)
        window = window_of([Replace(1, 0), Move(8, 9)], 10, 10)
        self.assertIs(window.places, None)

    def test_without_steps_all_is_touched(self) -> None:
        """Whatever the lengths are."""
        for before, length in ((0, 0), (3, 0), (0, 3), (4, 2)):
            window = window_of(None, before, length)
            self.assertEqual(window.was, slice(0, before))
            self.assertEqual(window.now, slice(0, length))

    def test_a_list_says_its_steps(self) -> None:
        """The edit of a List leads to the window of what was done."""
        tree = Tree(world := World(numbers=range(10)))
        world.numbers.insert(3, 7)
        world.numbers.pop(5)
        [edit] = tree.flush().edits

        window = window_of(edit.steps, 10, len(edit.content))  # type: ignore[attr-defined]  # a ListEdit
        self.assertEqual((window.was, window.now), (slice(3, 5), slice(3, 5)))


class StepsTests(SynchronousTestCase):
    def steps(self, before: list[int], now: list[int]) -> list[Step] | None:
        """Return the steps from one list of States to another."""
        seen = []
        for id_ in now:
            player = Player()
            player._id = id_
            seen.append(player)
        return steps_of(before, now, seen)  # type: ignore[arg-type]  # States all of them

    def test_what_came_is_inserted(self) -> None:
        """At the end, at the beginning, in between; two are two steps."""
        for at, now in (
            (5, [0, 1, 2, 3, 4, 7]),
            (0, [7, 0, 1, 2, 3, 4]),
            (2, [0, 1, 7, 2, 3, 4]),
        ):
            [step] = self.steps([0, 1, 2, 3, 4], now) or []
            assert isinstance(step, Insert)
            self.assertEqual((step.at, step.value._id), (at, 7))
        found = self.steps([0, 1, 2, 3], [0, 1, 7, 8, 2, 3]) or []
        self.assertEqual([step.at for step in found], [2, 3])

    def test_what_went_is_removed(self) -> None:
        """One after the other at the same place."""
        self.assertEqual(self.steps([0, 1, 2, 3, 4, 5], [0, 3, 4, 5]), [Remove(1)] * 2)

    def test_what_moved_is_told_anew(self) -> None:
        """So it stays the entity that it is."""
        self.assertIs(self.steps([0, 1, 2, 3, 4, 5], [0, 2, 1, 3, 4, 5]), None)

    def test_much_is_told_anew(self) -> None:
        """The content is shorter than the steps."""
        self.assertIs(self.steps([], [1]), None)
        self.assertIs(self.steps([1, 2], [3, 4]), None)
        self.assertIs(self.steps([1, 2, 3], [3]), None)
