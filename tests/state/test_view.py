"""Tests of `nexus.state.view`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.state import Tree, View
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.native import Encoder
from tests.state.stage import Mirror, Player, Scene, Unit, World, fail


class ViewCase(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with units in all places."""
        self.scene = Scene(
            units={"u": Unit()},
            hidden={"h": Unit(), "i": Unit()},
            hands={"a": Unit(), "b": Unit()},
            boss=Unit(),
        )
        self.scene.hands["a"].owner = "ann"
        self.scene.hands["b"].owner = "bob"
        self.tree = Tree(self.scene)

    def open(self, session: str | None = None, *roles: str) -> tuple[View, Mirror]:
        """Let a client join."""
        view = self.tree.view(session, roles)
        return view, Mirror(self.tree, view)

    def seen(self, mirror: Mirror) -> dict[str, Any]:
        """Return what a client holds of the units, by container."""
        mirror.follow()
        root = mirror.replica.state
        found = {name: sorted(getattr(root, name)) for name in ("hidden", "hands")}
        return {**found, "boss": getattr(root, "boss", None) is not None}


class ViewTests(ViewCase):
    def test_newcomer_sees_what_it_may(self) -> None:
        """A snapshot holds what the rules allow."""
        _, nobody = self.open()
        _, ann = self.open("ann")
        _, gm = self.open("bob", "gm")

        self.assertEqual(
            [self.seen(mirror) for mirror in (nobody, ann, gm)],
            [
                {"hidden": [], "hands": [], "boss": False},
                {"hidden": [], "hands": ["a"], "boss": False},
                {"hidden": [], "hands": ["b"], "boss": True},
            ],
        )

    def test_showing_and_hiding(self) -> None:
        """An entity that is shown comes with the next flush, and goes likewise."""
        view, mirror = self.open()
        view.add(self.scene.hidden["h"])
        view.add(self.scene.hidden["i"])
        self.assertEqual(self.seen(mirror)["hidden"], ["h", "i"])
        view.remove(self.scene.hidden["h"])

        self.assertEqual(self.seen(mirror)["hidden"], ["i"])

    def test_showing_twice_is_once(self) -> None:
        """Showing what is shown, or hiding what is not, changes nothing."""
        view, mirror = self.open()
        view.add(self.scene.hidden["h"])
        mirror.follow()
        view.add(self.scene.hidden["h"])
        view.remove(self.scene.hidden["i"])

        self.assertFalse(self.tree.flush())

    def test_shown_and_hidden_within_a_flush(self) -> None:
        """Only how it is at the flush counts."""
        view, mirror = self.open()
        view.add(self.scene.hidden["h"])
        view.remove(self.scene.hidden["h"])

        self.assertFalse(self.tree.flush())
        self.assertEqual(self.seen(mirror)["hidden"], [])

    def test_tags_are_apart(self) -> None:
        """An entity shown under one tag is not shown under another."""
        view, mirror = self.open()
        unit = self.scene.units["u"]
        view.add(unit, 1)
        mirror.follow()

        self.assertTrue(view.has(unit, 1))
        self.assertFalse(view.has(unit))
        held = mirror.replica.state.units["u"]
        self.assertTrue(hasattr(held, "mark"))
        self.assertFalse(hasattr(held, "seen"))

    def test_roles_change(self) -> None:
        """What a role allows comes and goes with the role."""
        view, mirror = self.open()
        view.roles = ["gm"]
        self.assertTrue(self.seen(mirror)["boss"])
        view.roles = []

        self.assertFalse(self.seen(mirror)["boss"])

    def test_owner_changes(self) -> None:
        """What belongs to a client goes when it belongs to another one."""
        _, ann = self.open("ann")
        _, bob = self.open("bob")
        self.scene.hands["a"].owner = "bob"

        flush = self.tree.flush()
        for mirror in (ann, bob):
            mirror.replica.apply_patch(mirror.encoder.patch(flush, mirror.view))
        self.assertEqual(
            [self.seen(mirror)["hands"] for mirror in (ann, bob)], [[], ["a", "b"]]
        )

    def test_roles_are_names(self) -> None:
        """One name instead of several is a slip that is refused."""
        with self.assertRaisesRegex(StateError, r"not one name: \['gm'\]"):
            self.tree.view("ann", "gm")
        view = self.tree.view("ann")
        with self.assertRaises(StateError):
            view.roles = "gm"

    def test_only_what_stands_in_the_tree_is_shown(self) -> None:
        """A free State or one of another tree cannot be shown."""
        view = self.tree.view()
        other = Unit()
        with self.assertRaisesRegex(StateError, "stands in no tree"):
            view.add(other)
        Tree(Scene(boss=other))
        with self.assertRaisesRegex(StateError, "stands in another tree"):
            view.add(other)

        view.remove(other)
        self.assertFalse(view.has(other))

    def test_what_left_is_shown_no_more(self) -> None:
        """An entity that left and came back has to be shown again."""
        view, mirror = self.open()
        unit = self.scene.hidden["h"]
        view.add(unit)
        mirror.follow()
        del self.scene.hidden["h"]
        mirror.follow()
        self.scene.hidden["h"] = unit
        mirror.follow()

        self.assertFalse(view.has(unit))
        self.assertEqual(view.shown, set())

    def test_what_left_is_forgotten_before_joining(self) -> None:
        """A view without a snapshot forgets what left as well, and equals others."""
        early = self.tree.view()
        early.add(self.scene.hidden["h"])
        del self.scene.hidden["h"]
        self.tree.flush()
        Mirror(self.tree, early)
        other, _ = self.open()

        self.assertEqual(early.shown, set())
        self.assertIs(early.group, other.group)

    def test_what_was_shown_before_joining_counts(self) -> None:
        """A snapshot holds what was shown before it was taken."""
        view = self.tree.view()
        view.add(self.scene.hidden["h"])

        self.assertEqual(self.seen(Mirror(self.tree, view))["hidden"], ["h"])

    def test_closed_view_gets_nothing(self) -> None:
        """A view that was closed is refused; closing it twice is no matter."""
        view, _ = self.open("ann", "gm")
        view.close()
        view.close()
        self.scene.boss.note = "x"  # type: ignore[union-attr]  # it stands there
        flush = self.tree.flush()

        for act in (
            lambda: flush.lanes(view),
            lambda: self.tree.full(view),
            lambda: Encoder(self.tree).patch(flush, view),
            lambda: SchemaEncoder(self.tree, 5).patch(flush, view),
            lambda: view.add(self.scene.hidden["h"]),
            lambda: view.remove(self.scene.hidden["h"]),
            lambda: setattr(view, "roles", ["x"]),
        ):
            with self.assertRaisesRegex(StateError, "of ann, gm, closed> was closed"):
                act()
        self.assertEqual(self.tree._audiences._groups, [])

    def test_foreign_view_is_refused(self) -> None:
        """A view is of use with its own tree only."""
        view = Tree(Scene()).view("ann")
        flush = self.tree.flush()

        for act in (
            lambda: flush.lanes(view),
            lambda: self.tree.full(view),
            lambda: Encoder(self.tree).patch(flush, view),
            lambda: SchemaEncoder(self.tree, 5).full(view),
        ):
            with self.assertRaisesRegex(StateError, "View of ann> is one of another"):
                act()

    def test_tags_are_declared(self) -> None:
        """To show something under a tag that no field has is a slip that is refused."""
        view = self.tree.view()
        unit = self.scene.units["u"]
        with self.assertRaisesRegex(StateError, r"below Scene .* visible=Shown\(7\)"):
            view.add(unit, 7)
        with self.assertRaisesRegex(StateError, "below World .* visible=SHOWN"):
            Tree(world := World()).view().add(world)

        self.assertEqual(view.shown, set())

    def test_sessions_and_roles_are_text(self) -> None:
        """A session is a str or None, and roles are some str."""
        for session, roles in ((3, ()), (b"ann", ()), ("ann", [3]), ("ann", 3)):
            with self.assertRaisesRegex(StateError, r"a str|a set of names"):
                self.tree.view(session, roles)  # type: ignore[arg-type]  # refused
        view = self.tree.view()
        with self.assertRaisesRegex(StateError, "a role is a str, not None"):
            view.roles = [None]  # type: ignore[list-item]  # refused

    def test_what_a_failed_stretch_showed_is_forgotten(self) -> None:
        """What came and was shown in a stretch that failed is shown to nobody."""
        joined, mirror = self.open()
        early = self.tree.view()

        def act() -> None:
            self.scene.hidden["new"] = unit = Unit()
            joined.add(unit)
            early.add(unit)
            joined.add(self.scene.hidden["h"])

        fail(self.tree, act)

        self.assertEqual(joined.shown, {(self.scene.hidden["h"]._id, 0)})
        self.assertEqual(self.seen(mirror)["hidden"], ["h"])
        Mirror(self.tree, early)
        self.assertEqual(early.shown, set())

    def test_doubts_do_not_pile_up(self) -> None:
        """Changes of mind are noted once a State, and not at all where all see all."""
        view, _ = self.open()
        early = self.tree.view()
        plain = Tree(Player()).view()
        plain._tree.full(plain)
        unit = self.scene.hidden["h"]
        for _ in range(20):
            for each in (view, early):
                each.add(unit)
                each.remove(unit)
            for each in (view, early, plain):
                each.roles = [] if each.roles else ["gm"]

        self.assertEqual(
            [len(each._doubts) for each in (view, early, plain)], [2, 0, 0]
        )

    def test_view_without_rules(self) -> None:
        """In a tree without rules a view sees what all see."""
        world = Tree(Unit.__layout__ and Player(hp=3))
        mirror = Mirror(world, world.view("ann"))
        world.root.hp = 5

        mirror.follow()

    def test_server_only_is_never_seen(self) -> None:
        """What stands below a server-only field reaches no client, shown or not."""
        world = World(secret={"x": Player()})
        tree = Tree(world)
        view = tree.view("ann", ["gm"])
        mirror = Mirror(tree, view)
        world.owner = "ann"
        world.secret["x"].hp = 3
        world.secret["x"].scores["a"] = 1
        mirror.follow()

        self.assertEqual(mirror.replica.count, 1)

    def test_late_joiner_in_the_middle(self) -> None:
        """Who joins between two flushes follows from there on."""
        self.open("ann")
        self.scene.hidden["h"].hp = 3
        self.tree.flush()
        view, mirror = self.open("ann")
        view.add(self.scene.hidden["h"])
        self.scene.hands["a"].plan = "go"
        mirror.follow()
        mirror.replica.apply_snapshot(mirror.encoder.snapshot(view))

        self.assertEqual(
            self.seen(mirror), {"hidden": ["h"], "hands": ["a"], "boss": False}
        )

    def test_rules_deep_below(self) -> None:
        """A field's rule is asked where the way there is open, and nowhere else."""
        view, mirror = self.open(None, "gm")
        self.scene.hidden["h"].note = "dark"
        mirror.follow()
        self.assertEqual(list(mirror.replica.state.hidden), [])
        view.add(self.scene.hidden["h"])
        mirror.follow()

        self.assertEqual(mirror.replica.state.hidden["h"].note, "dark")
