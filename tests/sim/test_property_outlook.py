"""Laws of `nexus.sim.outlook`: what is remembered and moved is what is worked out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim import outlook as outlook_module
from nexus.sim.grid import Grid
from nexus.sim.interest import Band, Outlook, Sight, Watch
from nexus.sim.outlook import Prospect
from tests import examples

_GRID = Grid(cell=10, bounds=(0, 0, 160, 130))
_SIGHTS = (
    Sight(15, slack=0),
    Sight(15, slack=12),
    Sight(20, slack=8, bands=(Band(5, 1), Band(12, 2), Band(30, 4))),
)
#: Remember all ways from test to test, so that nearly all are gone again.
_OUTLOOKS = [Outlook(_GRID, sight) for sight in _SIGHTS]


class OutlookLaws(SynchronousTestCase):
    def test_what_is_remembered_has_a_bound(self) -> None:
        """Whoever jumps anywhere by any way fills no memory, and sees what is right."""
        self.patch(outlook_module, "_MOST_TOLD", 2_000)
        outlook = Outlook(_GRID, _SIGHTS[1])
        watch, most = Watch(outlook), 0
        for at in range(300):
            cell = at * 59 % _GRID.count
            watch.enter(cell)
            watch.step(lambda some: [1] * len(some), 10_000)
            shapes = {key[0] for key in outlook._patterns}
            shapes |= {each.after[0] for each in outlook._patterns.values()}
            waiting = [len(each.waiting) for each in outlook._patterns.values()]
            most = max(most, sum(len(each.cells) for each in shapes) + sum(waiting))
            self.assertLessEqual(set(outlook.seen(cell).wanted), set(watch.cells))

        self.assertLess(most, 3_000)

    @settings(max_examples=examples(test=100, soak=2_000))
    @given(
        st.integers(0, 2),
        st.integers(0, _GRID.count - 1),
        st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), max_size=30),
    )
    def test_any_walk_is_as_worked_out(
        self, which: int, cell: int, steps: list[tuple[int, int]]
    ) -> None:
        """Whoever walks sees, comes to see and loses what it does by the slow way."""
        outlook, slow = _OUTLOOKS[which], Outlook(_GRID, _SIGHTS[which])
        watch, cells = Watch(outlook), dict[int, int]()
        for across, up in [(0, 0), *steps]:
            row, column = divmod(cell, _GRID.columns)
            row = min(max(row + up, 0), _GRID.rows - 1)
            column = min(max(column + across, 0), _GRID.columns - 1)
            cell = row * _GRID.columns + column
            if cell == watch.here:
                continue
            prospect = Prospect(dict(cells), {}, [])
            waiting = slow.advance(prospect, cell)

            watch.enter(cell)

            self.assertEqual(watch.cells, prospect.cells)
            # Equally far Cells are in the order of those that they were found for.
            self.assertEqual(set(watch.waiting), set(waiting))
            far = outlook.seen(cell).distances
            distances = [far[each] for each in watch.waiting]
            self.assertEqual(distances, sorted(distances))
            step = watch.step(lambda some: [1] * len(some), 10_000)
            cells = prospect.cells | slow.every(waiting, cell)
            self.assertEqual(watch.cells, cells)
            self.assertEqual(set(step.entered), set(waiting))
            self.assertEqual(set(step.left), prospect.leaving.keys())
            self.assertEqual(set(step.shifted), set(prospect.shifted))
            self.assertTrue(watch.is_settled)
            self.assertIs(watch.vista, outlook.vistas.of(cells))
