"""Tests of `nexus.state.audience`: who shares one, and what it knows."""

from __future__ import annotations

from nexus.state import Role, State, Tree, field
from tests.state.stage import Player, Scene, Unit, World
from tests.state.test_view import ViewCase


class Plan(State):
    """A root of which some see more, and nobody owns anything."""

    text: str = field(default="", visible=Role("gm"))


class SharingTests(ViewCase):
    def test_equal_views_share_an_audience(self) -> None:
        """Clients with equal roles and equal shown entities are one audience."""
        one, _ = self.open("ann", "gm")
        two, _ = self.open("bob", "gm")
        other, _ = self.open("cid")

        self.assertIs(one.group, two.group)
        self.assertIsNot(one.group, other.group)

    def test_equal_views_get_the_same_object(self) -> None:
        """What a group has to be told is worked out, and encoded, once."""
        (one, first), (two, second) = self.open("ann", "gm"), self.open("bob", "gm")
        self.scene.units["u"].hp = 3
        self.scene.units["u"].note = "x"
        flush = self.tree.flush()
        lanes = list(flush.lanes(one)), list(flush.lanes(two))
        shared, grouped = lanes[0]

        self.assertIs(shared, lanes[1][0])
        self.assertIs(grouped, lanes[1][1])
        self.assertIs(shared, flush.shared)
        first.encoder.patch(flush, one)
        encoded = grouped.encoded["nexus"]
        second.encoder.patch(flush, two)
        self.assertIs(grouped.encoded["nexus"], encoded)

    def test_private_lane_is_for_owners_only(self) -> None:
        """What belongs to a session makes changes for it, and none for the others."""
        ann, _ = self.open("ann")
        bob, _ = self.open("bob")
        nobody, _ = self.open()
        self.scene.hands["a"].hp = 3
        flush = self.tree.flush()

        self.assertEqual(len(list(flush.lanes(ann))), 1)
        self.assertEqual(list(flush.lanes(bob)), [])
        self.assertEqual(list(flush.lanes(nobody)), [])
        self.assertFalse(flush.shared)

    def test_views_that_become_equal_meet(self) -> None:
        """Two views that are told the same from now on share what they are told."""
        one, first = self.open("ann", "gm")
        two, second = self.open("bob")
        two.roles = ["gm"]
        flush = self.tree.flush()
        for mirror in (first, second):
            patch = mirror.encoder.patch(flush, mirror.view)
            mirror.replica.apply_patch(patch)
        self.scene.boss.note = "x"  # type: ignore[union-attr]  # it stands there
        self.tree.flush()

        self.assertIs(one.group, two.group)

    def test_view_that_leaves_takes_nothing_along(self) -> None:
        """A view that goes its own way leaves the others what they have."""
        one, first = self.open(None, "gm")
        two, second = self.open(None, "gm")
        two.add(self.scene.hidden["h"])
        flush = self.tree.flush()
        for mirror in (first, second):
            mirror.replica.apply_patch(mirror.encoder.patch(flush, mirror.view))

        self.assertIsNot(one.group, two.group)
        self.assertEqual(self.seen(first)["hidden"], [])
        self.assertEqual(self.seen(second)["hidden"], ["h"])

    def test_views_that_leave_together_stay_together(self) -> None:
        """Views of one audience that change alike are one audience still."""
        views = [self.open(None)[0] for _ in range(3)]
        for view in views[:2]:
            view.add(self.scene.hidden["h"])
        self.tree.flush()
        one, two, three = (view.group for view in views)

        self.assertIs(one, two)
        self.assertIsNot(two, three)
        self.assertEqual(len(self.tree._audiences._groups), 2)

    def test_audience_without_listeners_is_dropped(self) -> None:
        """When the last view of an audience is closed, it is forgotten."""
        one, _ = self.open(None, "gm")
        two, _ = self.open(None, "gm")
        one.close()
        self.assertEqual(len(self.tree._audiences._groups), 1)
        two.close()

        self.assertEqual(self.tree._audiences._groups, [])

    def test_no_audience_without_rules(self) -> None:
        """A tree in which everybody sees all works out nothing for views."""
        tree = Tree(player := Player())
        view = tree.view("ann", ["gm"])
        tree.full(view)
        player.hp = 3
        flush = tree.flush()

        self.assertIsNone(view.group)
        self.assertEqual(list(flush.lanes(view)), [flush.shared])

    def test_no_private_lane_without_owners(self) -> None:
        """A tree in which nothing belongs to a session has no private lanes."""
        tree = Tree(Plan())
        view = tree.view("ann")
        tree.full(view)

        self.assertIsNone(view.private)
        self.assertIsNotNone(view.group)

    def test_what_is_for_nobody_needs_no_audience(self) -> None:
        """Where a field is hidden from all, all see what is open, and see the same."""
        tree = Tree(world := World())
        view = tree.view("ann", ["gm"])
        whole = tree.full(view)
        world.secret["a"] = Player(hp=3)
        hidden = tree.flush()
        lanes = list(hidden.lanes(view))
        world.turn = 4
        flush = tree.flush()

        self.assertIsNone(view.group)
        [created] = [each for each in whole.created if each.state is world]
        self.assertFalse(created.mask & World.__layout__.by_name["secret"].bit)
        self.assertEqual((bool(hidden), lanes), (True, []))
        self.assertEqual(list(flush.lanes(view)), [flush.shared])


class KnowledgeTests(ViewCase):
    def test_known_is_what_may_be_seen(self) -> None:
        """An audience remembers the entities and fields of its lane."""
        view, mirror = self.open("ann", "gm")
        unit = self.scene.hidden["h"]
        view.add(unit)
        mirror.follow()
        assert view.group is not None

        self.assertIn(unit._id, view.group.known)
        self.assertNotIn(self.scene.hidden["i"]._id, view.group.known)
        self.assertNotIn(self.scene.hands["a"]._id, view.group.known)

    def test_what_left_is_forgotten(self) -> None:
        """An audience holds nothing of States that left, with all below them."""
        view, mirror = self.open("ann", "gm")
        for unit in list(self.scene.hidden.values()):
            view.add(unit)
        mirror.follow()
        for container in (self.scene.units, self.scene.hidden, self.scene.hands):
            container.clear()
        self.scene.boss = None
        mirror.follow()

        for audience in (view.group, view.private):
            assert audience is not None
            self.assertLessEqual(set(audience.known), {self.scene._id})

    def test_hidden_field_is_told_once(self) -> None:
        """A field that may be seen no longer is hidden, and not told again."""
        view, mirror = self.open("ann", "gm")
        view.roles = []
        flush = self.tree.flush()
        hidden = [group for lane in flush.lanes(view) for group in lane.hidden]
        mirror.replica.apply_patch(mirror.encoder.patch(flush, view))

        self.assertTrue(any(self.scene.units["u"] in group.states for group in hidden))
        self.scene.units["u"].note = "later"
        mirror.follow()
        self.assertFalse(hasattr(mirror.replica.state.units["u"], "note"))

    def test_written_and_shown_at_once(self) -> None:
        """A field written in the flush that opens it is told once, as it is now."""
        view, mirror = self.open()
        unit = self.scene.hidden["h"]
        unit.hp = 3
        view.add(unit)
        mirror.follow()
        new = self.scene.hidden["new"] = Unit(hp=4)
        view.add(new)
        mirror.follow()

        self.assertEqual(
            [mirror.replica.state.hidden[key].hp for key in ("h", "new")], [3, 4]
        )

    def test_replaced_behind_a_rule(self) -> None:
        """An entry that is replaced by one that may not be seen goes."""
        view, mirror = self.open()
        view.add(self.scene.hidden["h"])
        mirror.follow()
        self.scene.hidden["h"] = Unit()

        self.assertEqual(self.seen(mirror)["hidden"], [])

    def test_group_and_private_lane_together(self) -> None:
        """A private field of an entity that a group sees comes and goes with it."""
        scene: Scene = self.scene
        unit = scene.hidden["h"]
        unit.owner = "ann"
        unit.plan = "north"
        self.tree.flush()
        view, mirror = self.open("ann")
        view.add(unit)
        mirror.follow()
        self.assertEqual(mirror.replica.state.hidden["h"].plan, "north")
        view.remove(unit)
        mirror.follow()
        unit.plan = "south"
        mirror.follow()
        view.add(unit)
        mirror.follow()

        self.assertEqual(mirror.replica.state.hidden["h"].plan, "south")
