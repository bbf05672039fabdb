"""Tests of `nexus.state.change`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.change import ChangeSet, Group, Insert, Move, Remove, Replace
from tests.state.stage import Player


class ChangeSetTests(SynchronousTestCase):
    def test_empty_is_false(self) -> None:
        """A set of changes is true when there is anything to tell."""
        self.assertFalse(ChangeSet())
        self.assertFalse(ChangeSet(encoded={"nexus": b"x"}))
        for name in ("created", "updated", "hidden", "edits", "owned"):
            self.assertTrue(ChangeSet(**{name: [Group(Player, 1, [])]}))

    def test_steps_are_values(self) -> None:
        """Two steps that do the same are equal."""
        self.assertEqual(Insert(1, "x"), Insert(1, "x"))
        self.assertNotEqual(Insert(1, "x"), Replace(1, "x"))
        self.assertEqual([Remove(1), Move(1, 2)], [Remove(1), Move(1, 2)])
