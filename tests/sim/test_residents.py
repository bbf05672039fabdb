"""Tests of `nexus.sim.residents`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid
from nexus.sim.residents import Residents
from nexus.state.tree import Tree
from tests.sim.test_property_table import Town, populate


class ResidentsTests(SynchronousTestCase):
    def test_rows_are_taken_in(self) -> None:
        """Rows that stand in the Table already are run."""
        Tree(town := Town())
        town.npcs.add(5, x=10.0, y=10.0, vx=1.0, food=1.0)

        residents = Residents(town.npcs, populate(town.npcs, 0, near=50.0))
        residents.advance([10.0], [10.0])

        self.assertEqual(len(residents), 5)
        self.assertTrue((town.npcs.column("x") > 10).all())

    def test_rows_keep_their_regions_when_columns_are_packed(self) -> None:
        """Where rows were removed others move up, and remain those that they were."""
        tree = Tree(town := Town())
        residents = Residents(town.npcs, populate(town.npcs, 0, near=50.0))
        left = residents.add(1500, x=10.0, y=10.0)
        right = residents.add(400, x=90.0, y=90.0)

        residents.remove(left)
        tree.flush()
        residents.advance([], [])

        self.assertEqual(town.npcs.compactions, 1)
        grid = Grid(cell=25, bounds=(0, 0, 100, 100))
        there = residents.population.regions.placement.rows_in(grid.cell(90, 90))
        np.testing.assert_array_equal(np.sort(there), town.npcs.find(right))

    def test_rows_that_others_added_are_followed_once_they_are_placed(self) -> None:
        """Whoever added them: they move up with the others, and stay who they are."""
        tree = Tree(town := Town())
        residents = Residents(town.npcs, populate(town.npcs, 0, near=50.0))
        first = residents.add(3000, x=10.0, y=10.0)
        others = town.npcs.add(400, x=90.0, y=90.0)
        for some in (first[:1500], first[1500:]):
            residents.remove(some)
            tree.flush()
            residents.advance([], [])
            if len(residents) == 1500:
                residents.population.place(town.npcs.find(others))

        self.assertEqual(town.npcs.compactions, 2)
        grid = Grid(cell=25, bounds=(0, 0, 100, 100))
        there = residents.population.regions.placement.rows_in(grid.cell(90, 90))
        np.testing.assert_array_equal(np.sort(there), town.npcs.find(others))

    def test_who_is_unknown_is_not_removed(self) -> None:
        """If one of several is not there, nobody is removed."""
        Tree(town := Town())
        residents = Residents(town.npcs, populate(town.npcs, 0, near=50.0))
        ids = residents.add(3)

        self.assertRaises(KeyError, residents.remove, [*ids, 999])

        self.assertEqual((len(residents), len(town.npcs)), (3, 3))

    def test_population_is_empty_at_first(self) -> None:
        """A Population that has rows is refused: nobody knows which."""
        Tree(town := Town())
        town.npcs.add(3)

        with self.assertRaises(ValueError):
            Residents(town.npcs, populate(town.npcs, 3, near=50.0))
