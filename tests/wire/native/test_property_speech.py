"""Laws of `nexus.wire.native.cells` and `speech`: each way to write is the slow one."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from attrs import define
from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.compiled import parts
from nexus.state import (
    State,
    Table,
    Tree,
    float32,
    float64,
    int16,
    quantized,
    uint8,
    uint32,
)
from nexus.wire.codec import pack
from nexus.wire.native import speech as speech_module
from nexus.wire.native.cells import CellWriter
from nexus.wire.native.op import Op
from nexus.wire.native.rows import part_op, write_op
from nexus.wire.native.sheaf import lay
from tests import examples


class _Row(State):
    """A row with a field of each kind of column."""

    x: Annotated[float, quantized(0, 100, 16)]
    small: uint8
    large: uint32
    signed: int16
    single: float32
    double: float64
    flag: bool


class _World(State):
    """A State with a Table of them."""

    rows: Table[_Row]


@define
class _Stir:
    """What one flush did."""

    came: Any
    came_to: Any
    parted: Any
    parted_from: Any
    written: Any


def _world(seed: int, count: int, skipped: int) -> Any:
    """Return a Table with so many rows whose ids lie more or less far apart."""
    world: Any = _World()  # type: ignore[call-arg]  # a Table is made by itself
    Tree(world)
    chance = np.random.default_rng(seed)
    table = world.rows
    ids = table.add(count * skipped)
    keep = np.sort(chance.choice(len(ids), count, replace=False))
    table.remove(np.delete(ids, keep))
    few = chance.choice([0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1], count)
    table.put(
        table.rows,
        x=chance.choice([0.0, 0.1, 0.3, 99.0], count),
        small=few & 255,
        large=few,
        signed=chance.choice([0, 127, 128, 300, -1, -32, -33, -129, -32_768], count),
        single=chance.normal(size=count),
        double=chance.normal(size=count),
        flag=chance.random(count) < 0.5,
    )
    return table


class CellWriterLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=100, soak=2_000))
    @given(
        st.integers(0, 2**16),
        st.integers(1, 200),
        st.sampled_from([1, 3, 400]),
        st.integers(1, 150),
        st.sampled_from([0, 1, 0b100, 0b1111111]),
        st.sampled_from([1, 4, 128]),
        st.booleans(),
    )
    def test_each_cell_is_written_as_if_alone(
        self,
        seed: int,
        count: int,
        skipped: int,
        cells: int,
        mask: int,
        many: int,
        plainly: bool,
    ) -> None:
        """However many Cells are written at once, each gets what it gets alone."""
        self.patch(speech_module, "_MANY", many)
        self.patch(speech_module, "parts", None if plainly else parts)
        table = _world(seed, count, skipped)
        writer, where = CellWriter(b"\x05", table), b"\x05"
        rows = table.rows
        chance = np.random.default_rng(seed + 1)
        cell_of = (chance.integers(0, cells, count) * 7).astype(np.int32)
        order = chance.permutation(count)
        stir: Any = _Stir(
            rows[order],
            cell_of[order],
            table.ids_of(rows)[order],
            cell_of[order],
            [(mask, rows[order], cell_of[order])],
        )
        wanted = np.ones(7 * cells, np.bool_)
        wanted[::2] = chance.random() < 0.5
        event("many cells" if len(set(cell_of.tolist())) > 24 else "few cells")

        news = dict(lay(writer.news(stir, wanted)).items())
        writes = dict(lay(writer.writes(stir.written, wanted)).items())
        gone = dict(lay(writer.partings(stir, wanted)).items())

        for cell in range(7 * cells):
            here = rows[cell_of == cell]
            if not len(here) or not wanted[cell]:
                self.assertNotIn(cell, {**news, **writes, **gone})
                continue
            self.assertEqual(news[cell], writer.whole(cell, table.open_mask, here))
            alone = write_op(where, table, mask, here)
            self.assertEqual(writes.get(cell, b""), alone)
            part = part_op(where, cell, table.ids_of(here))
            self.assertEqual(gone[cell], part.ljust(len(here), b"\xc0"))

    def test_cells_are_dropped_in_order(self) -> None:
        """Cells that are seen no longer are named ascending, and paid for."""
        table = _world(1, 1, 1)

        told = CellWriter(b"\x05", table).drop([9, 2, 3])

        self.assertEqual(told[:3], pack(Op.DROP.value) + b"\x05\xc4")
        self.assertEqual(told, CellWriter(b"\x05", table).drop([2, 3, 9]))
