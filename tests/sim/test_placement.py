"""Tests of `nexus.sim.placement`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import Globe
from nexus.sim.grid import Grid
from nexus.sim.placement import Placement

GRID = Grid(cell=10, bounds=(0, 0, 80, 40))


def placed() -> Placement:
    """Place rows 0 to 5: two in Cell 3, three in Cell 4, one in Cell 9."""
    placement = Placement(GRID)
    placement.place([0, 1, 2, 3, 4, 5], [3, 4, 3, 4, 4, 9])
    return placement


class PlacementTests(SynchronousTestCase):
    def test_rows_stand_in_their_cells(self) -> None:
        """A Cell knows its rows, and a row its Cell."""
        placement = placed()

        self.assertEqual(sorted(placement.rows_in(4)), [1, 3, 4])
        self.assertEqual(sorted(placement.rows_in_all([3, 8, 9])), [0, 2, 5])
        self.assertEqual(placement.cell_of[:6].tolist(), [3, 4, 3, 4, 4, 9])
        self.assertEqual((placement.count(4), placement.count(5)), (3, 0))
        self.assertEqual(placement.counts[[3, 4, 9]].tolist(), [2, 3, 1])
        self.assertEqual(len(placement), 6)

    def test_rows_move_in_bulk(self) -> None:
        """Rows that move are in their new Cells only; others stay."""
        placement = placed()
        placement.move([4, 1, 5], [3, 4, 4])

        self.assertEqual(sorted(placement.rows_in(3)), [0, 2, 4])
        self.assertEqual(sorted(placement.rows_in(4)), [1, 3, 5])
        self.assertEqual(placement.count(9), 0)

    def test_one_cell_may_stand_for_all_rows(self) -> None:
        """A crowd is sent to one Cell."""
        placement = placed()
        placement.move([0, 1, 5], 20)

        self.assertEqual(sorted(placement.rows_in(20)), [0, 1, 5])

    def test_rows_are_removed(self) -> None:
        """A row that was removed is nowhere and may be placed again."""
        placement = placed()
        placement.remove([3, 0])

        self.assertEqual(placement.cell_of[:4].tolist(), [-1, 4, 3, -1])
        self.assertEqual(sorted(placement.rows_in_all([3, 4])), [1, 2, 4])
        placement.place([3], [31])
        self.assertEqual(placement.rows_in(31).tolist(), [3])

    def test_rows_get_new_indices(self) -> None:
        """After columns were packed, rows with other indices are where they were."""
        placement = placed()
        placement.remove([1])
        placement.renumber([0, -1, 1, -1, 2, 3, 4])

        self.assertEqual(placement.cell_of[:6].tolist(), [3, 3, 4, 9, -1, -1])
        self.assertEqual(sorted(placement.rows_in(3)), [0, 1])
        self.assertEqual(placement.rows_in(4).tolist(), [2])
        self.assertEqual(len(placement), 4)

    def test_some_rows_get_new_indices(self) -> None:
        """Of a few rows the indices change, and who stands nowhere does not matter."""
        placement = placed()
        placement.remove([1, 3])

        placement.reindex([2, 3, 4, 99], [1, 2, 3, 98])

        self.assertEqual(placement.cell_of[:6].tolist(), [3, 3, -1, 4, -1, 9])
        self.assertEqual(sorted(placement.rows_in(3)), [0, 1])
        self.assertEqual(placement.rows_in(4).tolist(), [3])
        for old, new in (([5], [0]), ([0, 1], [0, 0]), ([0], [4]), ([3], [-1])):
            with self.assertRaisesRegex(ValueError, "new ind"):
                placement.reindex(old, new)
        self.assertEqual(placement.cell_of[:6].tolist(), [3, 3, -1, 4, -1, 9])

    def test_nothing_is_changed_by_rows_that_are_wrong(self) -> None:
        """What is refused leaves all rows where they were."""
        placement = placed()
        for error, reason, act in (
            (ValueError, "row 3 was placed", lambda: placement.place([6, 3], [1, 1])),
            (ValueError, "row 7 is named", lambda: placement.place([7, 7], [1, 2])),
            (IndexError, "from 0", lambda: placement.place([-1], [1])),
            (IndexError, r"0\.\.31", lambda: placement.place([7], [32])),
            (IndexError, r"0\.\.31", lambda: placement.move([0, 1], [1, -1])),
            (ValueError, "row 2 is named", lambda: placement.move([2, 1, 2], 5)),
            (ValueError, "not all placed", lambda: placement.move([0, 99], 5)),
            (ValueError, "row 7 is nowhere", lambda: placement.move([0, 7], 5)),
            (ValueError, "row 0 is named", lambda: placement.remove([0, 0])),
            (ValueError, "not all placed", lambda: placement.remove([-2])),
            (ValueError, "too few", lambda: placement.renumber([0, 1, 2])),
            (ValueError, "ascend", lambda: placement.renumber([0, 1, 1, 2, 3, 4])),
            (ValueError, "ascend", lambda: placement.renumber([1, 2, 3, 4, 5, 6])),
            (TypeError, "whole numbers", lambda: placement.move([0.5], 1)),
            (TypeError, "whole numbers", lambda: placement.move([0], 1.5)),
            (ValueError, "shape", lambda: placement.move([0, 1, 2], [1, 2])),
        ):
            with self.assertRaisesRegex(error, reason):
                act()
        for cell in (-1, 32):
            with self.assertRaisesRegex(IndexError, r"0\.\.31"):
                placement.rows_in(cell)
            with self.assertRaisesRegex(IndexError, r"0\.\.31"):
                placement.count(cell)
            with self.assertRaisesRegex(IndexError, r"0\.\.31"):
                placement.rows_in_all([0, cell])

        self.assertEqual(placement.cell_of[:6].tolist(), [3, 4, 3, 4, 4, 9])
        self.assertEqual(sorted(placement.rows_in_all(range(32))), list(range(6)))

    def test_nothing_may_be_done(self) -> None:
        """No rows at all are fine everywhere."""
        placement = Placement(GRID)
        placement.place([], [])
        placement.move([], [])
        placement.remove([])
        placement.renumber([])

        self.assertEqual(placement.rows_in_all([]).tolist(), [])
        self.assertEqual((len(placement), placement.rows_in(0).size), (0, 0))

    def test_what_is_read_cannot_be_written(self) -> None:
        """Cells and counts are shown, not handed out; rows are copies."""
        placement = placed()
        for array in (placement.cell_of, placement.counts):
            with self.assertRaisesRegex(ValueError, "read-only"):
                array[0] = 1
        placement.rows_in(4)[:] = 0

        self.assertEqual(sorted(placement.rows_in(4)), [1, 3, 4])

    def test_too_many_cells_are_refused(self) -> None:
        """A Placement says when there are too many Cells to keep count of."""
        with self.assertRaisesRegex(ValueError, "choose larger"):
            Placement(Globe(cell=1000))


class MemoryTests(SynchronousTestCase):
    def test_memory_is_bounded_whatever_happened(self) -> None:
        """Crowds that gather and spread again leave no holes that add up."""
        chance = np.random.default_rng(5)
        placement, rows = Placement(GRID), np.arange(40_000)
        placement.place(rows, chance.integers(GRID.count, size=rows.size))
        for turn in range(60):
            some = chance.permutation(rows)[:10_000]
            few = 3 if turn // 10 % 2 else GRID.count
            placement.move(some, chance.integers(few, size=some.size))

            self.assertLessEqual(placement.nbytes, 24 * rows.size)
        self.assertEqual(np.sort(placement.rows_in_all(range(32))).tolist(), [*rows])
