"""Laws of `nexus.state.table.saving`: what a store was told is what there is."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.record import read_records
from nexus.journal.rows import RowsRecord, read_slice, rows_record
from nexus.state import State, Table, Tree, field, float32, quantized, uint8
from nexus.state.table.filling import Filling
from nexus.state.table.merging import Slice, merged
from tests import examples

_KEY = 7


class Npc(State):
    x: float32 = field(default=0.0, special=True)
    food: Annotated[float, quantized(0, 1, 8)] = 0.5
    turn: Annotated[float, quantized(-180, 180, 16, beyond="wrap")]
    kind: uint8 = field(default=3, server_only=True)


class Town(State):
    npcs: Table[Npc]


def bits(columns: Any, rows: Any) -> list[bytes]:
    """Return what columns hold, bit by bit."""
    return [columns[name][rows].tobytes() for name in sorted(columns)]


_NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=True)
_SHARES = st.floats(0, 1, width=32)


class Savings(RuleBasedStateMachine):
    """Writes at random, and tells a store at random, a few rows at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.tree = Tree(self.town)
        self.table = self.town.npcs
        self.wakes = 0
        self.saving = self.table.keep(_KEY, lambda _: self.woken())
        self.told: list[bytes] = []
        self.is_lost = False

    def woken(self) -> None:
        """Count."""
        self.wakes += 1

    def some(self, data: Any) -> Any:
        """Choose a few entities."""
        ids = self.table.ids.tolist()
        return np.unique(data.draw(st.lists(st.sampled_from(ids), max_size=6)))

    @rule(count=st.integers(0, 5), x=_NUMBERS)
    def add(self, count: int, x: float) -> None:
        """Let some come."""
        self.table.add(count, x=np.float32(x))

    @precondition(lambda self: len(self.table))
    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        """Let some go."""
        self.table.remove(self.some(data).astype(np.int64))

    @precondition(lambda self: len(self.table))
    @rule(data=st.data(), x=_NUMBERS, food=_SHARES, turn=st.floats(-400, 400))
    def put(self, data: Any, x: float, food: float, turn: float) -> None:
        """Write some, perhaps by less than a step."""
        rows = self.table.find(self.some(data).astype(np.int64))
        self.table.put(rows, x=np.float32(x), food=food, turn=turn)

    @rule(by=st.sampled_from([0.0, 1e-5, 0.01]), start=st.integers(0, 4))
    def edit(self, by: float, start: int) -> None:
        """Write into whole columns."""
        with self.table.edit("food", "x") as (food, x):
            food[start::3] = np.minimum(1, food[start::3] + np.float32(by))
            x[start::4] += 1

    @rule(x=st.integers(0, 1))
    def level(self, x: int) -> None:
        """Write the same everywhere, perhaps what clients hold still."""
        with self.table.edit("x") as (held,):
            held[:] = x

    @precondition(lambda self: len(self.table))
    @rule(data=st.data(), x=_NUMBERS, food=_SHARES)
    def taken_back(self, data: Any, x: float, food: float) -> None:
        """Write something, and take it back."""
        ids = self.some(data).astype(np.int64)
        before = bits(self.table.columns, self.table.rows)
        try:
            with self.tree.atomic():
                self.table.put(self.table.find(ids), x=np.float32(x), food=food)
                self.table.add(2)
                self.table.remove(ids)
                raise KeyError
        except KeyError:
            assert bits(self.table.columns, self.table.rows) == before

    @rule()
    def flush(self) -> None:
        """Tell the clients."""
        self.tree.flush()

    @rule(most=st.sampled_from([20, 60, 200, 100_000]))
    def tell(self, most: int) -> None:
        """Tell the store of a stretch."""
        part, _ = self.saving.take(most)
        self.told.append(rows_record(_KEY, self.tree.next_id, part))

    @rule(keep=st.integers(0, 100))
    def lose(self, keep: int) -> None:
        """Let the store lose what it was told last."""
        event("the store lost something")
        del self.told[keep:]
        self.saving.begin_again()

    @rule()
    def compact(self) -> None:
        """Let the store fold what it was told."""
        self.told = [
            rows_record(_KEY, 1, Slice([block])) for block in merged(self.slices())
        ]

    def slices(self) -> list[Slice]:
        """Return what the store was told."""
        found = []
        for record in read_records(b"".join(self.told)):
            assert isinstance(record, RowsRecord)
            found.append(read_slice(record))
        return found

    @invariant()
    def whoever_differs_is_awake(self) -> None:
        """What differs is known to differ."""
        if not self.saving.is_dirty:
            self.expect_same()

    def teardown(self) -> None:
        """After a last round the store has all."""
        self.tree.flush()
        self.saving.rewind()
        is_over = False
        while not is_over:
            part, is_over = self.saving.take(150)
            self.told.append(rows_record(_KEY, 1, part))
        assert not self.saving.is_dirty
        self.expect_same()

    def expect_same(self) -> None:
        """The store has the same entities, with the same values, bit by bit."""
        filling = Filling(Npc, 1)
        filling.add(merged(self.slices()))
        for step in filling.ends():
            step()
        other = Town()
        _ = Tree(other)
        other.npcs.fill(filling)
        assert other.npcs.ids.tolist() == self.table.ids.tolist()
        here, there = self.table.columns, other.npcs.columns
        assert bits(here, self.table.rows) == bits(there, other.npcs.rows)


class SavingLaws(SynchronousTestCase):
    def test_a_store_has_what_there_is(self) -> None:
        """Whatever is written, removed, lost and folded, nothing is forgotten."""
        case = Savings.TestCase
        case.settings = settings(max_examples=examples(test=100, soak=2_000))
        case("runTest").runTest()
