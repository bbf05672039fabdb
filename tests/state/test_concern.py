"""Tests of `nexus.state.concern`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import OWNER, Map, State, Tree, field, uint8
from nexus.state.concern import Concern, Sessions, pick
from nexus.state.flush import Flush
from nexus.state.rule import Lane
from tests.state.stage import Mirror, Scene, Unit


class Seat(State):
    """A State that refers to one which belongs to somebody."""

    hand: Unit | None = field(visible=OWNER)


class Room(State):
    """A root with seats."""

    seats: Map[str, Seat]
    turn: uint8


class ConcernTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with units in all places; ann owns one of the hands."""
        self.scene = Scene(
            units={"u": Unit()},
            hidden={"h": Unit()},
            hands={"a": Unit(), "b": Unit()},
        )
        self.scene.hands["a"].owner = "ann"
        self.scene.hands["b"].owner = "bob"
        self.tree = Tree(self.scene)

    def concern(self, lane: Lane, flush: Flush) -> Concern:
        """Pick what concerns a lane."""
        return pick(lane, flush.created, flush.groups, flush.edits, [])

    def test_each_lane_has_its_own(self) -> None:
        """What stands behind a rule of the lane concerns it, and guarded fields do."""
        scene = self.scene
        scene.turn = 1
        for unit in (scene.units["u"], scene.hidden["h"], scene.hands["a"]):
            unit.hp = 3
        scene.units["u"].plan = "x"
        scene.hidden["new"] = Unit()
        flush = self.tree.flush()

        group, private = (
            self.concern(lane, flush) for lane in (Lane.GROUP, Lane.PRIVATE)
        )
        new, hidden = scene.hidden["new"], scene.hidden["h"]
        self.assertEqual(set(group.states), {new._id, hidden._id})
        self.assertEqual([edit.container for edit in group.edits], [scene.hidden])
        units = (scene.units["u"], scene.hands["a"], new)
        self.assertEqual(set(private.states), {unit._id for unit in units})

    def test_sessions_have_what_they_own(self) -> None:
        """What nobody else may see concerns the owners on the way there, no others."""
        scene = self.scene
        scene.hands["a"].hp = scene.hands["b"].hp = 3
        sessions = Sessions(self.concern(Lane.PRIVATE, self.tree.flush()))

        found = {
            session: [state for state, _ in sessions.concern(session).states.values()]
            for session in ("ann", "bob", "eve", None)
        }
        ann, bob = scene.hands["a"], scene.hands["b"]
        self.assertEqual(found, {"ann": [ann], "bob": [bob], "eve": [], None: []})

    def test_what_is_referred_to_changes_hands(self) -> None:
        """Who owned what a field referred to, and who owns it now, are both told."""
        room = Room(seats={"s": Seat(hand=Unit(hp=1))})
        seat = room.seats["s"]
        assert seat.hand is not None
        seat.hand.owner = "ann"
        tree = Tree(room)
        ann, bob, eve = (
            Mirror(tree, tree.view(name)) for name in ("ann", "bob", "eve")
        )
        new = Unit(hp=2)
        new.owner = "bob"
        seat.hand = new

        flush = tree.flush()
        for mirror in (ann, bob, eve):
            mirror.replica.apply_patch(mirror.encoder.patch(flush, mirror.view))
        for mirror in (ann, bob, eve):
            mirror.follow()
        self.assertEqual(bob.replica.state.seats["s"].hand.hp, 2)
