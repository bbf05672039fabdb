"""Laws of `nexus.state.table.column`: a column holds what a field would hold."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import (
    State,
    Table,
    Tree,
    field,
    float32,
    int16,
    quantized,
    uint8,
    uint64,
)
from nexus.state.number import Quantized
from nexus.state.table.column import Column
from tests import examples


class Row(State):
    a: int16
    b: uint64
    c: float32
    d: float32 = field(default=0.0, special=True)
    e: Annotated[float, quantized(-3, 7, 8)]
    f: Annotated[float, quantized(0, 1e6, 16, beyond="clamp")]
    g: Annotated[float, quantized(-180, 180, 32, beyond="wrap")]
    h: Annotated[float, quantized(1e6, 1e6 + 1, 16)]
    z: Annotated[float, quantized(0, 255, 8)]
    i: uint8


class World(State):
    rows: Table[Row]


_ANY = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.floats(-200, 200),
    st.integers(-300, 300),
    st.booleans(),
    st.text(max_size=2),
)


class ColumnLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=400, soak=10_000))
    @given(st.sampled_from(Row.__layout__.fields), _ANY)
    def test_a_column_takes_what_a_field_takes(self, each: Any, value: Any) -> None:
        """What a field refuses a column refuses; else both come out alike."""
        column = Column("Row", each, 4)
        try:
            expected = each.kind.check(value)
        except (TypeError, ValueError):
            # numpy's own bounds may let a hair pass that a field does not.
            if not isinstance(each.kind, Quantized):
                self.assertRaises(FieldError, column.take, value, None)
            return
        column.write(slice(1, 3), column.take(value, None))
        raw = int(column.outgoing(column.data[1:2])[0])
        if not isinstance(each.kind, Quantized):
            held = column.data[1].item()
            self.assertTrue(held == expected or expected != expected)
            return
        apart = abs(raw - each.kind.raw(expected))
        if each.kind.beyond == "wrap":
            apart = min(apart, each.kind.steps - apart)
        self.assertLessEqual(apart, 1)

    @settings(max_examples=examples(test=300, soak=10_000))
    @given(st.sampled_from("efgh"), st.integers(0, 2**32))
    def test_each_step_goes_out_as_it_came(self, name: str, number: int) -> None:
        """The value of each step of a quantized field goes out as that step."""
        each = Row.__layout__.by_name[name]
        kind: Any = each.kind
        raw = number % (kind.steps + (kind.beyond != "wrap"))
        column = Column("Row", each, 1)

        column.write(slice(0, 1), column.take(np.array([kind.value(raw)]), 1))

        self.assertEqual(int(column.outgoing(column.data)[0]), raw)
        column.data[0] = 0
        column.revert(slice(0, 1))
        self.assertEqual(int(column.outgoing(column.data)[0]), raw)

    def test_halfway_is_the_step_above(self) -> None:
        """Halfway between two steps a column goes where a field does."""
        each = Row.__layout__.by_name["z"]
        kind: Any = each.kind
        halves = np.arange(255) + 0.5
        column = Column("Row", each, len(halves))

        column.write(slice(0, len(halves)), column.take(halves, len(halves)))

        sent = column.outgoing(column.data).tolist()
        self.assertEqual(sent, [kind.raw(float(each)) for each in halves])
        self.assertEqual(sent, list(range(1, 256)))

    @settings(max_examples=examples(test=100, soak=2_000))
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["add", "put", "edit", "fail", "remove", "flush"]),
                st.integers(0, 2**32),
            ),
            max_size=20,
        )
    )
    def test_what_is_told_is_what_goes_out(self, acts: list[tuple[str, int]]) -> None:
        """However rows were written and moved, clients are told what they hold."""
        world: Any = World()  # type: ignore[call-arg]  # a Table is made by itself
        tree, table = Tree(world), world.rows
        for act, seed in [("add", 1), *acts]:
            chance = np.random.default_rng(seed)
            picked = chance.random(table.extent) < chance.random()
            some = np.flatnonzero(table.alive & picked)
            if act == "add":
                table.add(1200, e=chance.uniform(-3, 7, 1200), c=seed % 5)
            elif act == "put":
                table.put(some, e=chance.uniform(-3, 7, len(some)), a=seed % 9, d=-0.0)
            elif act == "remove":
                table.remove(table.ids_of(some))
            elif act == "flush":
                tree.flush()
            else:
                self._edit(table, some, 9.0 if act == "fail" else 6.5)

            rows = table.rows
            for each in table.sent_fields:
                told = table.told(each.name, rows).tolist()
                self.assertEqual(told, table.outgoing(each.name, rows).tolist())

    def _edit(self, table: Any, rows: Any, value: float) -> None:
        """Write into a column; beyond its bounds that is taken back."""
        try:
            with table.edit("e", "a") as (e, a):
                e[rows] = value
                a[rows] = 3
        except FieldError:
            self.assertGreater(value, 7)
