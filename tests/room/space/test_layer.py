"""Tests of `nexus.room.space.layer`."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.space.layer import Layer
from nexus.room.space.space import Space
from nexus.sim.grid import Grid
from nexus.sim.interest import Sight
from nexus.state import State, Table, Tree, float32
from nexus.wire.native.cells import CellWriter
from tests import examples

_ALL = 1 << 62
#: So many flushes the rows have seen, in so many Cells.
_FLUSHES, _CELLS = 6, 9
#: Both fields of the rows.
_BOTH = 3


class _Row(State):
    """A row that goes about."""

    x: float32
    y: float32


class _World(State):
    """Where they are."""

    rows: Table[_Row]


def _layer(seed: int, count: int) -> Layer:
    """Return a Layer whose rows came, went about and went, by chance."""
    world: Any = _World()  # type: ignore[call-arg]  # a Table is made by itself
    tree, chance = Tree(world), np.random.default_rng(seed)
    grid = Grid(cell=10, bounds=(0, 0, 30, 30))
    space = Space(tree, grid, [world.rows], Sight(20))
    world.rows.add(count, x=chance.random(count) * 30, y=chance.random(count) * 30)
    for _ in range(_FLUSHES):
        some = world.rows.rows[chance.random(len(world.rows)) < 0.4]
        world.rows.put(some, x=chance.random(len(some)) * 30)
        world.rows.remove(world.rows.ids[chance.random(len(world.rows)) < 0.1])
        flush = tree.flush()
        if flush is not None:
            space.advance(flush)
    [layer] = space.layers
    return layer


def _standing(counts: list[int]) -> Layer:
    """Return a Layer with so many rows in its first Cells."""
    world: Any = _World()  # type: ignore[call-arg]  # a Table is made by itself
    tree = Tree(world)
    space = Space(tree, Grid(cell=10, bounds=(0, 0, 30, 30)), [world.rows], Sight(20))
    cells = np.repeat(np.arange(len(counts)), counts)
    world.rows.add(len(cells), x=cells % 3 * 10.0 + 5, y=cells // 3 * 10.0 + 5)
    flush = tree.flush()
    assert flush
    space.advance(flush)
    [layer] = space.layers
    return layer


class ExpectLaws(SynchronousTestCase):
    @given(
        st.integers(0, 2**16),
        st.integers(1, 80),
        st.lists(
            st.tuples(
                st.integers(0, _CELLS - 1),
                st.tuples(
                    st.integers(-1, _FLUSHES), st.sampled_from([-1, 5, 30, _ALL])
                ),
            ),
            min_size=1,
            unique_by=lambda want: want[0],
        ),
        st.integers(1, 900),
        st.integers(1, _BOTH),
    )
    @settings(max_examples=examples(test=200, soak=4_000))
    def test_what_is_expected_is_what_is_told(
        self,
        seed: int,
        count: int,
        wants: list[tuple[int, tuple[int, int]]],
        size: int,
        mask: int,
    ) -> None:
        """Written one by one or all at once, what is missing is the same bytes."""
        alone, together = _layer(seed, count), _layer(seed, count)
        together.expect_some(wants, size, mask)

        for cell, since in wants:
            told = together.some(cell, since, 1 << 20, mask)
            self.assertEqual(told, alone.some(cell, since, 1 << 20, mask))


class ExpectTests(SynchronousTestCase):
    def test_no_more_is_written_than_is_wanted(self) -> None:
        """What does not fit is written when somebody asks for it."""
        layer = _layer(1, 80)
        wants = [(cell, (-1, -1)) for cell in range(_CELLS)]

        layer.expect_some(wants, 200, _BOTH)

        written = len(layer._rests)
        self.assertTrue(0 < written < _CELLS)
        layer.expect_some(wants, 1 << 20, _BOTH)
        self.assertEqual(len(layer._rests), _CELLS)

    def test_just_as_much_is_written_as_there_is_room_for(self) -> None:
        """A Cell that does not fit whole is left out, and an empty one fits."""
        layer = _standing([1, 2, 0])
        wants = [(cell, (-1, -1)) for cell in range(3)]

        layer.expect_some(wants, layer._row_size, _BOTH)
        self.assertEqual([cell for cell, *_ in layer._rests], [0])
        layer.expect_some(wants, 1 << 20, _BOTH)
        self.assertEqual([cell for cell, *_ in layer._rests], [0, 1, 2])

    def test_few_rows_are_looked_at_for_few_bytes(self) -> None:
        """However much a client lacks, what is done follows what it has room for."""
        layer = _standing([10] * 9)
        looked, lacks = list[int](), CellWriter.lacks

        def counted(writer: CellWriter, rows: Any, *since: Any) -> Any:
            looked.append(len(rows))
            return lacks(writer, rows, *since)

        self.patch(CellWriter, "lacks", counted)
        wants = [(cell, (-1, -1)) for cell in range(9)]
        layer.expect_some(wants, 5 * layer._row_size, _BOTH)

        self.assertEqual(looked, [20])

    def test_what_is_known_of_a_version_is_known(self) -> None:
        """Of the rows of one version those are lacking whose ids are higher."""
        layer = _standing([4])
        rows, writer = layer.rows_in(0), layer._writer
        ids = layer.whereabouts.table.ids_of(rows)
        version = layer._version

        self.assertEqual(
            ids[writer.lacks(rows, _BOTH, version, ids[1])].tolist(), [*ids[2:]]
        )
        self.assertFalse(writer.lacks(rows, _BOTH, version, 1 << 62).any())
        self.assertTrue(writer.lacks(rows, _BOTH, version - 1, 1 << 62).all())

    def test_nobody_hears_who_left_before_it_looked(self) -> None:
        """Of a Cell of which nothing was told, nothing has to be taken back."""
        layer = _layer(1, 80)
        for cell in range(_CELLS):
            whole, _ = layer.some(cell, (-1, -1), 1 << 20, _BOTH)
            self.assertEqual(whole, layer.whole(cell))

    def test_who_held_a_cell_from_the_beginning_hears_who_left(self) -> None:
        """What was known may be known of a version before the first one."""
        layer, more = _layer(1, 80), 0
        for cell in range(_CELLS):
            whole, _ = layer.some(cell, (-1, -1), 1 << 20, _BOTH)
            told, _ = layer.some(cell, (-7, _ALL), 1 << 20, _BOTH)
            self.assertTrue(told.startswith(whole))
            more += len(told) - len(whole)

        self.assertGreater(more, 0)

    def test_others_may_see_other_fields(self) -> None:
        """What was written for some is not what those get who may see less."""
        layer = _layer(1, 80)
        one, _ = layer.some(0, (-1, -1), 1 << 20, 1)
        both, _ = layer.some(0, (-1, -1), 1 << 20, _BOTH)

        self.assertLess(len(one), len(both))

    def test_nothing_is_written_twice(self) -> None:
        """What is there already costs no more than to find that out."""
        layer = _layer(1, 80)
        wants = [(cell, (-1, -1)) for cell in range(_CELLS)]
        layer.expect_some(wants, 1 << 20, _BOTH)
        self.patch(layer.whereabouts, "placement", None)

        layer.expect_some(wants, 1 << 20, _BOTH)

        self.assertEqual(len(layer._rests), _CELLS)
