"""The law that rows are written, and told of, alike with and without C."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.compiled import parts
from nexus.state import (
    State,
    Table,
    Tree,
    field,
    float32,
    float64,
    int8,
    int64,
    quantized,
    uint16,
    uint32,
    uint64,
)
from nexus.state.table import column as column_module
from nexus.state.table import pick as pick_module
from nexus.state.table import roster as roster_module
from nexus.wire.native import Encoder
from tests import examples
from tests.support.compiled import MISSING


class Row(State):
    """A row of columns of all widths."""

    place: Annotated[float, quantized(-50, 50, 16)]
    share: Annotated[float, quantized(0, 1, 8)]
    fine: Annotated[float, quantized(0, 1000, 32)]
    angle: Annotated[float, quantized(0, 6.28, 8, beyond="wrap")]
    held: Annotated[float, quantized(0, 100, 16, beyond="clamp")] = field(
        default=0.0, server_only=True
    )
    single: float32 = field(special=True)
    double: float64
    small: int8
    middle: uint16
    large: uint32
    long: int64
    longest: uint64
    hidden: int64 = field(default=0, server_only=True)
    flag: bool


class World(State):
    """Where they are."""

    rows: Table[Row]


#: So many rows C writes one after the other, and more than it does at once.
_FEW, _MANY = 12, 1300
_NAMES = sorted(Row.__layout__.by_name)
_DRAWN = st.tuples(
    st.sampled_from(_NAMES), st.integers(0, 2**32 - 1), st.integers(0, 3), st.booleans()
)


def _values(name: str, seed: int, count: int) -> Any:
    """Return values for a column, the same ones now and then."""
    chance = np.random.default_rng(seed)
    few = chance.integers(0, 4, count)
    if name in ("place", "share", "fine", "angle", "held"):
        kind: Any = Row.__layout__.by_name[name].kind
        whole = chance.integers(0, kind.steps, count) + chance.choice([0, 0.5], count)
        return kind.low + whole / kind.steps * (kind.high - kind.low)
    if name in ("single", "double"):
        return np.where(few, few / 3, chance.normal(size=count) * 1e6)
    if name == "flag":
        return few > 1
    return few.astype(np.int64)


def _told(acts: list[tuple[str, int, int, bool]], size: int = _FEW) -> list[Any]:
    """Return what rows hold, and what is told of them, after each act."""
    world: Any = World()  # type: ignore[call-arg]  # a Table is made by itself
    tree = Tree(world)
    ids = world.rows.add(size)
    encoder, found = Encoder(tree), list[Any]()
    for name, seed, how, flush in acts:
        chance = np.random.default_rng(seed)
        there = world.rows.rows
        some = chance.choice(there, int(chance.integers(1, size)), replace=False)
        rows: Any = some if how == 3 else np.sort(some)
        if how == 0:
            rows = slice(2, 9)
        count = 7 if how == 0 else len(rows)
        values = _values(name, seed, 1)[0] if how == 1 else _values(name, seed, count)
        if how == 2 and count < size:
            # What the column itself holds, moved by one row.
            rows, values = slice(1, 6), world.rows.column(name)[0:5]
        world.rows.put(rows, **{name: values})
        if how == 0 and seed % 3 == 0:
            # Who is gone is not told of, and who came is told whole.
            world.rows.remove(ids[-3:])
            ids = np.concatenate([ids[:-3], world.rows.add(3)])
        if flush:
            found.append(encoder.patch(tree.flush()))
        columns = world.rows._columns.values()
        found.append([(each.data.tobytes(), each.sent.tobytes()) for each in columns])
    return [*found, encoder.patch(tree.flush())]


class ColumnLawTests(SynchronousTestCase):
    skip = MISSING or None

    @given(st.lists(_DRAWN, max_size=12))
    @settings(max_examples=examples(test=400, soak=8_000))
    def test_rows_are_written_alike(
        self, acts: list[tuple[str, int, int, bool]]
    ) -> None:
        """Columns hold the same bits, and patches are the same bytes."""
        self.check(acts, _FEW)

    @given(st.lists(_DRAWN, max_size=4))
    @settings(max_examples=examples(test=60, soak=1_000))
    def test_many_rows_are_written_alike(
        self, acts: list[tuple[str, int, int, bool]]
    ) -> None:
        """The same holds for more rows than are written at once."""
        self.check(acts, _MANY)

    def check(self, acts: list[tuple[str, int, int, bool]], size: int) -> None:
        """Compare what C does with what numpy does."""
        modules = column_module, roster_module, pick_module
        for module in modules:
            self.patch(module, "parts", None)
        plain = _told(acts, size)
        for module in modules:
            self.patch(module, "parts", parts)

        self.assertEqual(_told(acts, size), plain)
