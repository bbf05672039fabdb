"""Tests of `nexus.sim.whereabouts`."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.sim.grid import Grid
from nexus.sim.whereabouts import Stir, Whereabouts, together
from nexus.state import State, Table, Tree, float32
from nexus.state.change import TableEdit


class _Row(State):
    """A row that goes about."""

    x: float32
    y: float32


class _World(State):
    """Where they are."""

    rows: Table[_Row]


class TogetherTests(SynchronousTestCase):
    def found(self, *written: tuple[int, list[int]]) -> dict[int, list[int]]:
        """Return what is told together where a position is the fields 1 and 2."""
        groups = together([(mask, np.array(rows)) for mask, rows in written], 3)
        return {mask: rows.tolist() for mask, rows in groups}

    def test_few_go_with_many(self) -> None:
        """Rows with one number of their position written go with those with both."""
        self.assertEqual(
            self.found((1, [7]), (2, [8, 9]), (3, [1, 2, 3]), (4, [5])),
            {3: [1, 2, 3, 7, 8, 9], 4: [5]},
        )

    def test_many_are_told_of_what_was_written(self) -> None:
        """A crowd that goes along one axis is not told of the other."""
        written = (1, [7, 8, 9]), (3, [1])

        self.assertEqual(self.found(*written), dict(written))

    def test_other_fields_are_kept_apart(self) -> None:
        """With and without a third field there are two operations as before."""
        self.assertEqual(self.found((5, [7]), (7, [1]), (2, [3])), {7: [1, 7], 2: [3]})


class DepartedTests(SynchronousTestCase):
    def test_just_who_left_since_is_named(self) -> None:
        """Who left with a version that is known, or has come back, is not."""
        world: Any = _World()  # type: ignore[call-arg]  # a Table is made by itself
        tree = Tree(world)
        near = Whereabouts(world.rows, Grid(cell=10, bounds=(0, 0, 90, 10)), "x", "y")
        ids = world.rows.add(5, x=5.0, y=5.0).tolist()

        def move(at: int, x: float) -> int:
            world.rows.put(at, x=x)
            flush = tree.flush()
            assert flush
            [edit] = flush.edits
            assert isinstance(edit, TableEdit)
            near.advance(edit, flush.version)
            return flush.version

        _ = move(4, 5.0)
        first, _, _ = move(0, 55.0), move(1, 55.0), move(2, 55.0)
        last = move(2, 5.0)

        def departed(since: int) -> list[int]:
            found = near.departed(0, since)
            assert found is not None
            return [int(one) for one in found]

        self.assertEqual(departed(first - 1), ids[:2])
        self.assertEqual(departed(first), ids[1:2])
        self.assertEqual(departed(last), [])


class StirredTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Let six rows stand in two Cells, in turns."""
        world: Any = _World()  # type: ignore[call-arg]  # a Table is made by itself
        tree = Tree(world)
        self.near = Whereabouts(
            world.rows, Grid(cell=10, bounds=(0, 0, 90, 10)), "x", "y"
        )
        world.rows.add(6, x=[5.0, 15.0] * 3, y=5.0)
        [edit] = tree.flush().edits
        assert isinstance(edit, TableEdit)
        self.near.advance(edit, 1)

    def found(self, stir: Any, *args: Any) -> list[tuple[int, list[int]]]:
        """Return the fields and rows that are found."""
        stirred = self.near.stirred(stir, *args)
        return [(mask, rows.tolist()) for mask, rows in stirred]

    def test_rows_come_in_order_and_once(self) -> None:
        """Be they written in any order, or new in two ways."""
        none = np.zeros(0, np.int64)
        rows, cells = np.array([4, 1, 0, 3]), np.array([0, 1, 0, 1])
        written = [(5, rows, cells), (2, rows, cells)]
        stir = Stir(np.array([2, 5]), np.array([0, 1]), none, none, written)

        self.assertEqual(self.found(stir, [0], [], 4), [(4, [0, 4]), (4, [2])])
        # Nothing of that look is left over.
        self.assertEqual(self.found(stir, [1], [], 4), [(4, [1, 3]), (4, [5])])
        self.assertEqual(
            self.found(stir, [0, 1], [0], 4), [(4, [0, 1, 3, 4]), (4, [0, 2, 4, 5])]
        )
        self.assertEqual(self.found(None, [0, 1], [1], 4), [(4, [1, 3, 5])])
        self.assertEqual(self.found(None, [0, 1], [], 4), [])
        self.assertEqual(self.near.rows_in_all([1, 0]).tolist(), list(range(6)))
