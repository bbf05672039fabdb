"""Tests of `nexus.state.entry`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from nexus.state.entry import ABSENT, Returned, edit_of
from tests.state.stage import World


class EditTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have a Map."""
        self.world = World(counts={"a": 1, "b": 2})
        Tree(self.world)

    def test_what_is_as_it_was_is_no_edit(self) -> None:
        """A value that came back, and a key that came and went."""
        counts = self.world.counts
        self.assertIs(edit_of(counts, {"a": 1, "z": ABSENT}), None)

    def test_entries_that_differ_are_told(self) -> None:
        """With what was there before, of those that were known."""
        edit = edit_of(self.world.counts, {"a": 5, "b": ABSENT, "z": 3})

        assert edit is not None
        self.assertEqual(edit.removed, ["z"])
        self.assertEqual(edit.added, [("a", 1), ("b", 2)])
        self.assertEqual(edit.old, {"a": 5, "z": 3})
        self.assertFalse(edit.cleared)

    def test_a_key_that_returned_is_told_twice(self) -> None:
        """It stands at the end now, so it is removed and added."""
        edit = edit_of(self.world.counts, {"b": Returned(2)})

        assert edit is not None
        self.assertEqual((edit.removed, edit.added), (["b"], [("b", 2)]))
