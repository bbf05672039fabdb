"""Tests of `nexus.state.rule`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import EVERYONE, OWNER, SHOWN, Role, Shown, Tree
from nexus.state.rule import Lane
from tests.state.stage import Scene, Unit


class RuleTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with a unit, and a view."""
        self.unit = Unit()
        self.scene = Scene(units={"u": self.unit})
        self.tree = Tree(self.scene)
        self.view = self.tree.view("ann")

    def test_everyone(self) -> None:
        """Everybody may see what has no rule."""
        self.assertTrue(EVERYONE.allows(self.view, self.unit))

    def test_role(self) -> None:
        """A role's tag has to be among those of the client."""
        self.assertFalse(Role("gm").allows(self.view, self.unit))
        self.view.roles = ["gm", "x"]

        self.assertTrue(Role("gm").allows(self.view, self.unit))
        self.assertFalse(Role("g").allows(self.view, self.unit))

    def test_owner(self) -> None:
        """The session has to own the entity, or the nearest owner above it."""
        nobody = self.tree.view()
        self.assertFalse(OWNER.allows(self.view, self.unit))
        self.assertFalse(OWNER.allows(nobody, self.unit))
        self.scene.owner = "ann"

        self.assertTrue(OWNER.allows(self.view, self.unit))
        self.assertFalse(OWNER.allows(nobody, self.unit))
        self.unit.owner = "bob"
        self.assertFalse(OWNER.allows(self.view, self.unit))

    def test_shown(self) -> None:
        """The entity has to be shown, under the same tag; what is below it is not."""
        self.view.add(self.unit, 1)

        self.assertTrue(Shown(1).allows(self.view, self.unit))
        self.assertFalse(SHOWN.allows(self.view, self.unit))
        self.assertFalse(Shown(1).allows(self.view, self.scene))

    def test_lanes(self) -> None:
        """Each rule has the lane of those who get the same bytes."""
        lanes = [rule.lane for rule in (EVERYONE, Role("gm"), SHOWN, Shown(1), OWNER)]

        self.assertEqual(lanes, [Lane.SHARED, *[Lane.GROUP] * 3, Lane.PRIVATE])

    def test_rules_are_values(self) -> None:
        """Two rules that say the same are equal."""
        self.assertEqual(Role("gm"), Role("gm"))
        self.assertEqual(SHOWN, Shown(0))
        self.assertNotEqual(Shown(1), Shown(2))
        self.assertNotEqual(EVERYONE, OWNER)
