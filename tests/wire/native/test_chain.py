"""Tests of the slots of cells."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native.chain import CellChains
from tests import examples

_CELLS = st.integers(0, 3)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), _CELLS, st.integers(1, 4)),
        st.tuples(st.just("move"), _CELLS, st.integers(0, 99)),
        st.tuples(st.just("remove"), _CELLS, st.integers(0, 99)),
    ),
    max_size=40,
)


class CellChainsTests(SynchronousTestCase):
    @given(_STEPS)
    @settings(max_examples=examples(test=300, soak=10_000))
    def test_every_slot_is_in_its_cell(self, steps: list[tuple[str, int, int]]) -> None:
        """Whatever comes, moves and goes, each cell has just its slots."""
        chains, cells = CellChains(), list[int]()
        for what, cell, number in steps:
            if what == "grow":
                chains.grow(cell, number)
                cells += [cell] * number
            elif cells and what == "move":
                chains.move(number % len(cells), cell)
                cells[number % len(cells)] = cell
            elif cells:
                slot = number % len(cells)
                chains.remove(slot)
                cells[slot] = cells[-1]
                cells.pop()

            for each in range(4):
                here = [slot for slot, cell_ in enumerate(cells) if cell_ == each]
                self.assertEqual(sorted(chains.inside(each)), here)
            self.assertEqual([chains.cell(slot) for slot in range(len(cells))], cells)
