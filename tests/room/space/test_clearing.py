"""Tests of `nexus.room.space.clearing`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import FieldError
from nexus.room.fanout.courier import PATCH
from nexus.room.space.layer import Layer
from nexus.room.space.space import Space
from nexus.sim.grid import Grid
from nexus.sim.interest import Sight
from nexus.state import Role, State, Table, Tree, field
from nexus.wire.envelope import seal
from tests.room.space.watching import Court, Ear, Stage


class _Sneak(State):
    """A row whose position only some may know."""

    x: float
    y: float = field(default=0.0, visible=Role("gm"))


class _Cave(State):
    """Where such rows are."""

    sneaks: Table[_Sneak]


class ClearingTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Let three rows stand in the middle, and two clients look at them."""
        self.stage = Stage(world=Court())
        self.npcs: Any = self.stage.world.npcs
        self.npcs.add(3, x=50.0, y=50.0, plot=[1, 2, 3], rumour=[4, 5, 6])
        self.gm, self.player = self.stage.join(50, 50), self.stage.join(50, 50)
        self.gm.view.roles = ["gm"]
        self.settle()

    def settle(self) -> None:
        """Patch until there is no more to tell."""
        for _ in range(500):
            if not self.stage.publish():
                return
        self.fail("the Space never comes to rest")

    def plots(self, ear: Ear) -> list[Any]:
        """Return what a client holds of the column that is for a role."""
        return [getattr(row, "plot", None) for row in self.rows(ear)]

    def rows(self, ear: Ear) -> list[Any]:
        """Return the rows that a client holds, by their ids."""
        return [row for _, row in sorted(ear.replica.state.npcs.items())]

    def test_who_has_a_role_is_told(self) -> None:
        """Of rows that stand there, come, are written or come into sight."""
        self.assertEqual(self.plots(self.gm), [1, 2, 3])
        self.npcs.put([1], plot=9)
        self.npcs.add(1, x=51.0, y=50.0, plot=8)
        self.settle()
        self.assertEqual(self.plots(self.gm), [1, 9, 3, 8])

        self.npcs.add(2, x=[5.0, 6.0], y=5.0, plot=7)
        self.stage.space.watch(self.gm, 5, 5)  # type: ignore[arg-type]  # all it needs
        self.settle()
        self.assertEqual(self.plots(self.gm), [7, 7])
        self.assertEqual(self.plots(self.player), [None] * 4)

    def test_those_who_see_the_same_share_bytes(self) -> None:
        """Of two with the same role in one Cell nothing is written twice."""
        self.player.view.roles = ["gm"]
        self.settle()
        written: list[object] = []
        beside = Layer.beside

        def counted(layer: Layer, veiled: int, rows: Any) -> bytes:
            written.append(layer)
            return beside(layer, veiled, rows)

        self.patch(Layer, "beside", counted)
        self.npcs.put([0], plot=9)
        self.settle()

        self.assertEqual(len(written), 2)
        self.assertEqual(self.plots(self.gm), [9, 2, 3])
        self.assertEqual(self.plots(self.player), [9, 2, 3])

    def test_who_gets_a_role_is_told_at_once(self) -> None:
        """Nothing else has to change; nor is anything told twice."""
        self.player.view.roles = ["gm"]

        self.assertTrue(self.stage.publish())
        self.assertEqual(self.plots(self.player), [1, 2, 3])
        self.assertFalse(self.stage.publish())

    def test_who_loses_a_role_is_told_at_once(self) -> None:
        """From then on it has no such fields, and hears of none."""
        self.gm.view.roles = ["bard"]

        self.assertTrue(self.stage.publish())
        self.npcs.put([0], plot=9)
        self.settle()
        self.assertEqual(self.plots(self.gm), [None] * 3)
        self.assertEqual([row.rumour for row in self.rows(self.gm)], [4, 5, 6])

    def test_nothing_goes_on_for_those_who_are_away(self) -> None:
        """A role that one got who is away, or lags, is one patch and no more."""
        self.gm.ready = False
        self.gm.view.roles = []

        self.assertTrue(self.stage.publish())
        self.assertFalse(self.stage.publish())

    def test_who_lags_and_loses_a_role_hears_no_more(self) -> None:
        """What it lacked of the column is not told, even before the next patch."""
        self.gm.tells, self.gm.pace.rate, self.gm.pace.is_sure = False, 40.0, True
        for at in range(60):
            self.npcs.put(slice(None), plot=at, mood=at)
            self.stage.publish()
        self.assertTrue(self.gm.pace.is_slow)
        self.gm.view.roles = []

        # The ear refuses to be told of what it may not see.
        body = self.stage.space.lacking.trickle(self.gm, 1 << 20)  # type: ignore[arg-type]  # all it needs
        head = bytes([self.gm.replica.version & 63])
        self.gm.deliver(seal(PATCH + head + body))
        self.assertEqual([row.mood for row in self.rows(self.gm)], [59] * 3)

    def test_other_roles_are_nothing(self) -> None:
        """No patch goes for a role that no column is for."""
        self.gm.view.roles = ["gm", "guest"]

        self.assertFalse(self.stage.publish())

    def test_who_lags_behind(self) -> None:
        """Roles that change meanwhile change what it is told in the end."""
        for ear in (self.gm, self.player):
            ear.tells, ear.pace.rate, ear.pace.is_sure = False, 40.0, True
        for at in range(60):
            self.npcs.put(slice(None), plot=at, mood=at)
            self.stage.publish()
        self.assertTrue(self.gm.pace.is_slow and self.player.pace.is_slow)
        self.gm.view.roles, self.player.view.roles = [], ["gm"]
        self.npcs.put([0], plot=99)
        for _ in range(9):
            self.stage.publish()
            self.gm.tell()
            self.player.tell()
        self.assertEqual(self.plots(self.gm), [None] * 3)
        for ear in (self.gm, self.player):
            self.assertIn(14, ear.told[1:])
            ear.tells = True
            ear.tell()
        self.settle()
        self.assertEqual(self.plots(self.gm), [None] * 3)
        self.assertEqual(self.plots(self.player), [99, 59, 59])

    def test_who_was_away(self) -> None:
        """Who returns with another role begins anew; others hear what they missed."""
        self.gm.ready = self.player.ready = False
        self.npcs.put([0], plot=7)
        self.stage.publish()
        self.player.view.roles = ["gm"]
        for ear in (self.gm, self.player):
            self.stage.resume(ear)
        self.settle()

        self.assertEqual(self.plots(self.gm), [7, 2, 3])
        self.assertEqual(self.plots(self.player), [7, 2, 3])
        self.assertIn(14, self.player.told[1:])
        self.assertNotIn(14, self.gm.told[1:])

    def test_who_was_away_without_the_role_missed_nothing(self) -> None:
        """It is not told even which rows had something written for others."""
        self.player.ready = False
        self.npcs.put([1], plot=9)
        self.stage.publish()
        wired = self.player.wired

        self.stage.resume(self.player)
        self.settle()

        self.assertEqual(self.player.wired, wired)
        self.assertEqual(self.player.told[-1], 15)

    def test_who_was_away_while_gaps_were_closed(self) -> None:
        """Who has the role misses nothing of rows that came, or have other indices."""
        self.npcs.add(4000, x=5.0, y=5.0)
        self.settle()
        ids = self.npcs.ids
        self.gm.ready = False
        self.npcs.add(9000, x=5.0, y=5.0)
        self.npcs.put(self.npcs.find(ids[:1]), plot=6)
        self.stage.publish()
        self.npcs.remove(ids[3:])
        self.stage.publish()
        self.assertEqual(self.npcs.compactions, 1)

        self.stage.resume(self.gm)
        self.settle()

        self.assertEqual(self.plots(self.gm), [6, 2, 3])
        self.assertEqual(self.gm.told[-1], 15)

    def test_positions_are_for_all(self) -> None:
        """A column that decides what is seen is for nobody alone."""
        cave: Any = _Cave()  # type: ignore[call-arg]  # a Table is made by itself
        grid = Grid(cell=10, bounds=(0, 0, 100, 100))
        with self.assertRaisesRegex(FieldError, "'y' cannot be for a role"):
            Space(Tree(cave), grid, [cave.sneaks], Sight(20))
