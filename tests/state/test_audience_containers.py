"""Tests of `nexus.state.audience`: containers behind rules."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import OWNER, SHOWN, List, Map, Role, Set, State, Tree, field, uint8
from tests.state.stage import Mirror, Unit


class Row(State):
    """A root with a List that shows everybody another part."""

    units: List[Unit] = field(visible=SHOWN)


class Hall(State):
    """A root with values and Lists behind rules."""

    rumours: List[str] = field(visible=Role("gm"))
    prices: Map[str, uint8] = field(visible=OWNER)
    signs: Set[uint8] = field(visible=SHOWN)
    crowd: List[Unit] = field(visible=SHOWN)
    guests: Map[str, Unit] = field(visible=Role("gm"))


class RowTests(SynchronousTestCase):
    def test_patches_are_as_long_as_what_changed(self) -> None:
        """However many States a client is shown in a List behind a rule."""

        def sizes(count: int) -> list[int]:
            tree = Tree(row := Row(units=[Unit() for _ in range(count)]))
            view = tree.view("s0")
            for unit in row.units:
                view.add(unit)
            mirror = Mirror(tree, view)
            found = []
            for act in (
                lambda: row.units.insert(3, Unit()),
                lambda: view.add(row.units[3]),
                lambda: view.remove(row.units[5]),
                lambda: row.units.pop(8),
                lambda: row.units.move(2, 4),
            ):
                act()
                patch = mirror.encoder.patch(tree.flush(), view)
                mirror.replica.apply_patch(patch)
                found.append(len(patch))
            mirror.follow()
            # What moved is told anew.
            return found[:-1]

        for small, large in zip(sizes(40), sizes(2_000), strict=True):
            self.assertLess(large, small + 8)


class ContainerTests(SynchronousTestCase):
    """Containers behind rules: of values as a whole, of States one by one."""

    def setUp(self) -> None:
        """Make a tree with a client that may see nothing of it yet."""
        self.hall = Hall(
            rumours=["a"],
            prices={"x": 1},
            signs=[1, 2],
            crowd=[Unit(hp=i) for i in range(4)],
            guests={"g": Unit()},
        )
        self.tree = Tree(self.hall)
        self.view = self.tree.view("ann")
        self.mirror = Mirror(self.tree, self.view)

    def held(self, name: str) -> object:
        """Follow, and return what the client holds under a name."""
        self.mirror.follow()
        return getattr(self.mirror.replica.state, name, None)

    def test_values_come_as_a_whole(self) -> None:
        """A container of values that comes into view brings its content."""
        self.view.roles = ["gm"]
        self.view.add(self.hall)
        self.hall.owner = "ann"
        self.mirror.follow()

        self.assertEqual(self.held("rumours"), ["a"])
        self.assertEqual(self.held("prices"), {"x": 1})
        self.assertEqual(self.held("signs"), {1, 2})

    def test_values_are_edited_in_view(self) -> None:
        """What happens in it is told as long as it may be seen, and not after."""
        self.view.roles = ["gm"]
        self.view.add(self.hall)
        self.mirror.follow()
        self.hall.rumours.append("b")
        self.hall.signs.discard(1)
        self.hall.prices["y"] = 2
        self.assertEqual(self.held("rumours"), ["a", "b"])
        self.assertEqual(self.held("signs"), {2})
        self.assertIsNone(self.held("prices"))
        self.view.roles = []
        self.hall.rumours.append("c")

        self.assertIsNone(self.held("rumours"))
        self.view.roles = ["gm"]
        self.assertEqual(self.held("rumours"), ["a", "b", "c"])

    def test_list_of_states_is_seen_in_part(self) -> None:
        """A List behind a rule keeps the order of those that may be seen."""
        crowd = self.hall.crowd
        for unit in (crowd[2], crowd[0]):
            self.view.add(unit)
        self.mirror.follow()
        crowd.reverse()
        self.mirror.follow()
        crowd.append(new := Unit(hp=9))
        self.mirror.follow()
        self.view.add(new)
        crowd.pop(0)
        self.mirror.follow()

        held = self.mirror.replica.state.crowd
        self.assertEqual([unit.hp for unit in held], [2, 0, 9])

    def test_map_of_states_follows_the_role(self) -> None:
        """A Map behind a role fills and empties with the role, and follows between."""
        self.view.roles = ["gm"]
        self.mirror.follow()
        self.hall.guests["h"] = Unit(hp=5)
        self.hall.guests["g"] = Unit(hp=6)
        del self.hall.guests["h"]
        self.hall.guests["h"] = Unit(hp=7)
        self.mirror.follow()
        self.view.roles = []
        self.mirror.follow()
        self.hall.guests["i"] = Unit()
        self.mirror.follow()

        self.assertEqual(dict(self.mirror.replica.state.guests), {})

    def test_going_and_coming_within_a_flush(self) -> None:
        """What went out of view and came back, changed between, is as it is now."""
        unit = self.hall.crowd[1]
        self.view.add(unit)
        self.mirror.follow()
        self.view.remove(unit)
        self.hall.crowd.remove(unit)
        self.hall.crowd.insert(0, unit)
        self.view.add(unit)
        unit.hp = 77

        held = self.held("crowd")
        self.assertEqual([each.hp for each in held], [77])  # type: ignore[attr-defined]  # a List

    def test_newcomer_sees_its_part(self) -> None:
        """A snapshot has containers filtered as the patches have."""
        self.view.add(self.hall.crowd[3])
        self.view.add(self.hall)
        self.mirror.follow()
        late = self.tree.view("bob", ["gm"])
        late.add(self.hall.crowd[3])
        mirror = Mirror(self.tree, late)
        mirror.follow()

        self.assertEqual([unit.hp for unit in mirror.replica.state.crowd], [3])
        self.assertEqual(list(mirror.replica.state.guests), ["g"])
