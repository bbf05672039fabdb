"""Tests of `nexus.sim.interest`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid
from nexus.sim.interest import Band, Outlook, Sight, Watch, Weigh

GRID = Grid(cell=10, bounds=(0, 0, 200, 200))


def watch(**said: object) -> Watch:
    """Return a watch over a grid of 20 x 20 Cells."""
    return Watch(Outlook(GRID, Sight(30, **said)))  # type: ignore[arg-type]  # what a Sight takes


class WatchTests(SynchronousTestCase):
    def test_all_within_the_radius_are_seen(self) -> None:
        """From wherever in its Cell, a watcher sees each Cell within its radius."""
        eye = watch()
        eye.look(105, 105)
        eye.step(_rows(1), 10_000)

        for x, y in ((100, 100), (109.9, 100), (105, 109.9)):
            self.assertLessEqual(set(GRID.around(x, y, 30).tolist()), set(eye.cells))

    def test_all_in_one_cell_see_the_same(self) -> None:
        """Two who stand in one Cell have equal keys, however they came there."""
        one, other = watch(slack=0), watch(slack=0)
        one.look(101, 101)
        one.step(_rows(1), 10_000)
        for x in range(20, 110, 3):
            other.look(x, 108)
            other.step(_rows(1), 10_000)

        self.assertEqual(one.key(), other.key())
        self.assertTrue(one.is_settled)

    def test_a_step_within_a_cell_costs_nothing(self) -> None:
        """As long as a watcher stays in its Cell nothing changes."""
        eye = watch()
        eye.look(101, 101)
        self.assertTrue(eye.step(_rows(1), 10_000))
        key = eye.key()

        eye.look(109, 102)

        self.assertFalse(eye.step(_rows(1), 10_000))
        self.assertIs(eye.key(), key)

    def test_who_walks_to_and_fro_loses_nothing(self) -> None:
        """With slack a Cell that was seen stays seen from the next one."""
        eye = watch(slack=12)
        eye.look(99, 105)
        eye.step(_rows(1), 10_000)
        eye.look(101, 105)
        self.assertEqual(eye.step(_rows(1), 10_000).left, ())
        cells = set(eye.cells)

        for x in (99, 101, 99):
            eye.look(x, 105)
            self.assertFalse(eye.step(_rows(1), 10_000))
        self.assertEqual(set(eye.cells), cells)

    def test_the_nearest_come_first(self) -> None:
        """Within a budget near Cells come before far ones, at least one each time."""
        eye = watch()
        eye.look(105, 105)
        far = []
        while not eye.is_settled:
            entered = eye.step(_rows(100), 250).entered
            self.assertEqual(len(entered), min(2, len(entered)))
            far += GRID.distance(list(entered), 105, 105).tolist()

        self.assertEqual(far, sorted(far))
        eye.look(25, 25)
        self.assertEqual(len(eye.step(_rows(10**6), 1).entered), 1)

    def test_who_closes_its_eyes_sees_nothing(self) -> None:
        """All Cells are left, and come again when it looks."""
        eye = watch()
        eye.look(105, 105)
        seen = set(eye.step(_rows(1), 10_000).entered)

        eye.close_eyes()

        self.assertEqual(set(eye.step(_rows(1), 0).left), seen)
        eye.look(105, 105)
        self.assertEqual(set(eye.step(_rows(1), 10_000).entered), seen)

    def test_bands_go_with_distance(self) -> None:
        """What is near is heard of more often, and at once when it comes nearer."""
        eye = watch(bands=(Band(10, 1), Band(20, 3), Band(30, 6)))
        eye.look(105, 105)
        eye.step(_rows(1), 10_000)
        here, beside = GRID.cell(105, 105), GRID.cell(135, 105)
        self.assertEqual((eye.cells[here], eye.cells[beside]), (1, 3))
        self.assertEqual(eye.at(1) | eye.at(3) | eye.at(6), set(eye.cells))

        eye.look(135, 105)

        step = eye.step(_rows(1), 10_000)
        self.assertIn((beside, 3), step.shifted)
        self.assertEqual(eye.cells[beside], 1)

    def test_a_sight_is_checked(self) -> None:
        """A radius of nothing and bands out of order are mistakes."""
        for said in ({"radius": 0}, {"radius": 5, "slack": -1}):
            self.assertRaises(ValueError, Sight, **said)
        for bands in (
            (Band(5, 0),),
            (Band(5, 2), Band(9, 1)),
            (Band(5, 1), Band(5, 2)),
        ):
            self.assertRaises(ValueError, Sight, 10, bands=bands)

    def test_what_is_seen_is_moved(self) -> None:
        """What is found for one Cell and moved is what is found for the other, too."""
        grid = Grid(cell=10, bounds=(0, 0, 300, 200))
        outlook = Outlook(grid, Sight(25, slack=5))
        for cell in range(grid.count):
            seen = outlook.seen(cell)
            alone = Outlook(grid, Sight(25, slack=5)).seen(cell)

            self.assertEqual(set(seen.wanted), set(alone.wanted))
            self.assertEqual(seen.distances, alone.distances)

    def test_cells_side_by_side_are_runs(self) -> None:
        """Runs name the Cells of each rate, and all of them behind those."""
        grid = Grid(cell=10, bounds=(0, 0, 100, 100))
        eye = Watch(Outlook(grid, Sight(12, bands=(Band(5, 1), Band(12, 3)))))
        eye.look(55, 55)
        eye.step(_rows(1), 10_000)

        vista = eye.vista
        runs = vista.shape.runs((1, 3), grid.count)
        bounds = (runs.bounds + vista.origin).reshape(-1, 2).tolist()
        cells = [cell for start, end in bounds for cell in range(start, end)]

        self.assertEqual(
            cells,
            sorted(eye.at(1))
            + [cell + 100 for cell in sorted(eye.at(3))]
            + [cell + 200 for cell in sorted(eye.cells)],
        )
        self.assertEqual(runs.count, len(bounds))
        self.assertEqual(bounds[runs.rated][0], 200 + min(eye.cells))


def _rows(count: int) -> Weigh:
    """Return what says that there are so many rows in each Cell."""
    return lambda cells: [count] * len(cells)
