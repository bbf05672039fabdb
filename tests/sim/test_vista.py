"""Tests of `nexus.sim.vista` and `nexus.sim.run`."""

from __future__ import annotations

import gc
from typing import Any
from weakref import ref

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.run import Roll
from nexus.sim.vista import Vistas
from tests import examples

_CELLS = st.dictionaries(st.integers(0, 40), st.sampled_from([1, 3]), max_size=20)


class VistaTests(SynchronousTestCase):
    def test_equal_vistas_are_one(self) -> None:
        """Who sees the same has the same Vista, and seen elsewhere the same Shape."""
        vistas = Vistas()
        one, same = vistas.of({5: 1, 7: 3}), vistas.of({7: 3, 5: 1})
        moved, other = vistas.of({15: 1, 17: 3}), vistas.of({5: 1, 7: 1})

        self.assertIs(one, same)
        self.assertIs(one.shape, moved.shape)
        self.assertIsNot(one.shape, other.shape)
        self.assertEqual(moved.cells, {15: 1, 17: 3})
        self.assertEqual(moved.key, frozenset({(15, 1), (17, 3)}))
        self.assertEqual(moved.at(3), {17})
        self.assertEqual(moved.at(2), frozenset())

    def test_what_nobody_has_is_forgotten(self) -> None:
        """A Vista that nobody sees any more takes no memory."""
        vistas = Vistas()
        vista = vistas.of({5: 1})
        gone = ref(vista)

        del vista
        gc.collect()

        self.assertIsNone(gone())
        self.assertEqual(vistas.of({5: 1}).cells, {5: 1})


class RollLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=100, soak=2_000))
    @given(st.lists(st.lists(_CELLS, min_size=1, max_size=6), min_size=1, max_size=6))
    def test_rows_are_the_runs_of_vistas(self, rounds: list[list[Any]]) -> None:
        """Each Vista gets its own runs, the rated ones first, whoever came before."""
        vistas, roll = Vistas(), Roll((1, 3), 100)
        kept = []
        for cells in rounds:
            seen = list(dict.fromkeys(vistas.of(each) for each in cells))
            kept.append(seen)

            bounds, ends = roll.runs(seen)

            pairs = bounds.reshape(-1, 2).tolist()
            parts = [
                {cell for start, end in pairs[a:b] for cell in range(start, end)}
                for a, b in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)
            ]
            wanted: list[set[int]] = []
            for vista in seen:
                near = set(vista.at(1)) | {cell + 100 for cell in vista.at(3)}
                wanted += [near, {cell + 200 for cell in vista.cells}]
            self.assertEqual(parts, wanted)

    def test_a_roll_forgets(self) -> None:
        """Shapes that were seen once are not remembered for ever."""
        vistas, roll = Vistas(), Roll((1,), 100_000)

        for far in range(2, 2_000):
            bounds, _ = roll.runs([vistas.of({7: 1, 7 + far: 1})])
            here = [7, 8, 7 + far, 8 + far]
            self.assertEqual(bounds.tolist(), here + [each + 100_000 for each in here])

        self.assertLess(len(roll._rows), 300)
