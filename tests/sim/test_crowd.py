"""Tests of `nexus.sim.crowd`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.crowd import Arrears, Crowd

ALL = np.ones(8, np.bool_)


class CrowdTests(SynchronousTestCase):
    def test_watchers_are_counted(self) -> None:
        """A Cell is wanted as long as anybody watches it at a rate."""
        crowd = Crowd(4)
        crowd.count(set(), {(0, 1), (1, 2)})
        crowd.count(set(), {(1, 2)})
        crowd.count({(0, 1), (1, 2)}, {(1, 1)})

        self.assertEqual(crowd.rates, [1, 2])
        self.assertEqual(crowd.wants(1).tolist(), [False, True, False, False])
        self.assertEqual(crowd.wants(2).tolist(), [False, True, False, False])
        crowd.count({(1, 2)}, set())
        self.assertFalse(crowd.wants(2).any())
        self.assertEqual(crowd.anybody().tolist(), [False, True, False, False])

    def test_who_hears_of_each_version_is_counted_by_turns(self) -> None:
        """What one comes to see and loses counts as if all that it sees was said."""
        crowd = Crowd(4)
        crowd.turn([0, 1], [])
        crowd.turn([1, 2], [])
        self.assertEqual(crowd.anybody().tolist(), [True, True, True, False])

        crowd.turn([3], [0, 1])
        crowd.turn([], [2])

        self.assertEqual(crowd.rates, [1])
        self.assertEqual(crowd.wants(1).tolist(), [False, True, False, True])
        self.assertEqual(crowd.anybody().tolist(), [False, True, False, True])

    def test_who_comes_and_goes_unasked_is_counted(self) -> None:
        """In a Room where nothing changes newcomers take no memory for ever."""
        crowd = Crowd(4)
        for _ in range(1 << 16):
            crowd.turn([0, 1], [])
            crowd.turn([], [1])
            crowd.count({(3, 2)}, {(2, 2)})

        self.assertLess(sum(map(len, crowd._turns.values())), 3 << 16)
        self.assertEqual(crowd.wants(1).tolist(), [True, False, False, False])
        self.assertEqual(crowd.wants(2).tolist(), [False, False, True, False])


class ArrearsTests(SynchronousTestCase):
    def test_of_a_removed_row_nothing_is_owed(self) -> None:
        """A row that is in no Cell any more is told to nobody."""
        arrears = Arrears(3)
        arrears.note(2, [(1, np.array([0, 1]), np.array([4, 5]))], ALL, 2)

        told = [arrears.due(2, version, np.array([-1, 5])) for version in (0, 1)]

        self.assertEqual([rows.tolist() for some in told for _, rows, _ in some], [[1]])
        self.assertFalse(arrears)

    def test_cells_take_turns(self) -> None:
        """What is owed comes once within each rate, a Cell at its version."""
        arrears = Arrears(3)
        rows, cells = np.array([0, 1, 2, 3]), np.array([4, 5, 6, 7])
        cell_of = np.array([4, 5, 6, 7])
        arrears.note(4, [(2, rows, cells)], ALL, 4)
        arrears.note(4, [(1, rows[:1], cells[:1])], ALL, 4)

        told = {
            int(row): (mask, version)
            for version in range(4)
            for mask, some, _ in arrears.due(4, version, cell_of)
            for row in some
        }

        self.assertEqual(told, {0: (3, 0), 3: (2, 1), 2: (2, 2), 1: (2, 3)})
        self.assertFalse(arrears)

    def test_only_what_is_wanted_is_owed(self) -> None:
        """Rows in Cells that nobody watches from afar are not noted."""
        arrears = Arrears(9)
        rows, cells = np.array([0, 1]), np.array([2, 3])

        arrears.note(2, [(256, rows, cells)], np.array([False] * 3 + [True]), 2)

        [(mask, some, _)] = arrears.of(2, rows, cells)
        self.assertEqual((mask, some.tolist()), (256, [1]))
        arrears.forgive(np.array([1, 900]))
        self.assertFalse(arrears)

    def test_a_compaction_is_followed(self) -> None:
        """What is owed stays with its row when indices change, and rows may come."""
        arrears = Arrears(2)
        arrears.note(2, [(1, np.array([5]), np.array([0]))], ALL, 6)

        arrears.move(np.array([1, 5, 400]), np.array([0, 1, 2]))
        arrears.note(2, [(2, np.array([200]), np.array([0]))], ALL, 201)

        cell_of = np.zeros(300, np.int64)
        found = {
            mask: rows.tolist()
            for mask, rows, _ in arrears.of(2, np.arange(201), cell_of)
        }
        self.assertEqual(found, {1: [1], 2: [200]})
        self.assertEqual(arrears.of(7, np.arange(3), cell_of), [])
        self.assertEqual(arrears.due(7, 0, cell_of), [])
