"""Tests of what one flush found."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.state import OWNER, List, Map, Role, State, Tree, field, int8
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.native import Encoder
from tests.state.stage import Player, Scene, Unit, World


class Card(State):
    """A thing with a field for its owner."""

    name: str
    face: int8 = field(visible=OWNER)


class Game(State):
    """A field of each sort of audience."""

    score: int8
    cards: Map[str, Card]
    plan: int8 = field(default=0, visible=Role("gm"))
    server: int8 = field(default=0, server_only=True)
    passing: List[Card] = field(transient=True)


class FlushTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with one card."""
        self.root = Game(cards={"a": Card(name="a")})
        self.tree = Tree(self.root)

    def test_a_flush_without_writes_is_false(self) -> None:
        """A flush that found nothing is false and leaves the version."""
        version = self.tree.version
        flush = self.tree.flush()

        self.assertFalse(flush)
        self.assertEqual((flush.version, self.tree.version), (version, version))
        self.assertEqual(list(flush.lanes()), [])

    def test_a_flush_with_writes_leads_one_further(self) -> None:
        """A flush that found something is true and leads to the next version."""
        version = self.tree.version
        self.root.score = 1
        flush = self.tree.flush()

        self.assertTrue(flush)
        self.assertEqual(flush.version, version + 1)

    def test_lanes_without_a_view_are_for_everybody(self) -> None:
        """Without a view there is one lane, with what everybody may see."""
        self.root.score, self.root.plan, self.root.server = 1, 2, 3

        [lane] = self.tree.flush().lanes()

        self.assertEqual([group.mask for group in lane.updated], [1])

    def test_lanes_of_a_view_follow_the_shared_one(self) -> None:
        """A view is told what everybody is told, then what its group, then it alone."""
        self.root.cards["a"].owner = "ada"
        self.tree.flush()
        view = self.tree.view("ada", ["gm"])
        self.tree.full(view)
        self.root.score, self.root.plan = 1, 2
        self.root.cards["a"].face = 5

        lanes = list(self.tree.flush().lanes(view))

        names = [
            [
                each.name
                for g in lane.updated
                for each in g.cls.__layout__.fields
                if each.bit & g.mask
            ]
            for lane in lanes
        ]
        self.assertEqual(names, [["score"], ["plan"], ["face"]])

    def test_stores_are_told_what_is_kept(self) -> None:
        """A store is told of server-only fields and owners, not of transient fields."""
        self.root.server, self.root.score = 3, 4
        self.root.passing.append(Card())
        self.root.cards["b"] = Card()
        self.root.cards["a"].owner = "ada"

        changes = self.tree.flush().stored()

        layout = Game.__layout__.by_name
        bits = layout["server"].bit | layout["score"].bit
        self.assertEqual([group.mask for group in changes.updated], [bits])
        self.assertEqual([c.state for c in changes.created], [self.root.cards["b"]])
        self.assertEqual(changes.owned, [self.root.cards["a"]])
        self.assertEqual([edit.container for edit in changes.edits], [self.root.cards])

    def test_new_states_say_what_may_be_seen(self) -> None:
        """What is new comes with the fields, and containers, that an audience gets."""
        self.root.cards["b"] = Card(name="b")
        flush = self.tree.flush()

        [open_] = flush.shared.created
        [kept] = flush.stored().created
        self.assertEqual((open_.mask, kept.mask), (1, 3))

    def test_telling_makes_the_calls(self) -> None:
        """The listeners of the tree are called when the flush is told, not before."""
        told: list[object] = []
        self.tree.on_change("score", lambda *said: told.append(said))
        self.root.score = 1

        flush = self.tree.flush()
        self.assertEqual(told, [])
        flush.tell()

        self.assertEqual(told, [(1, 0, ("score",))])

    def test_is_told_once(self) -> None:
        """Listeners are called once a flush; a second time is refused."""
        told: list[object] = []
        self.tree.on_change("score", lambda *what: told.append(what))
        self.root.score = 1
        flush = self.tree.flush()
        flush.tell()

        with self.assertRaisesRegex(StateError, "0 edited> was told already"):
            flush.tell()
        self.assertEqual(len(told), 1)

    def test_is_over_with_the_next(self) -> None:
        """Of a flush that is not the latest no bytes are made: they would lie."""
        encoder, schema = Encoder(self.tree), SchemaEncoder(self.tree, 5)
        self.root.score = 1
        flush = self.tree.flush()
        self.tree.flush()

        for act in (
            flush.lanes,
            flush.stored,
            lambda: encoder.patch(flush),
            lambda: schema.patch(flush),
        ):
            with self.assertRaisesRegex(StateError, "is over: the tree was flushed"):
                act()

    def test_is_of_one_tree(self) -> None:
        """The encoder of another tree refuses it."""
        flush = Tree(World()).flush()

        for encoder in (Encoder(self.tree), SchemaEncoder(self.tree, 5)):
            with self.assertRaisesRegex(StateError, "changed> is one of another tree"):
                encoder.patch(flush)


class SubtreeTests(SynchronousTestCase):
    """What holds for a field holds for everything below it."""

    def test_transient_subtree(self) -> None:
        """Nothing below a transient field is stored: no State, value or owner."""
        tree = Tree(world := World(spare={"x": (player := Player())}))
        self.assertEqual(len(tree.full_stored().created), 1)
        self.assertEqual(len(tree.full().created), 2)
        player.hp = 3
        player.scores["a"] = 1
        player.owner = "ann"
        world.spare["y"] = Player()
        flush = tree.flush()

        self.assertFalse(flush.stored())
        self.assertEqual(len(flush.shared.created), 1)

    def test_server_only_subtree(self) -> None:
        """Everything below a server-only field is stored, and nobody is told."""
        tree = Tree(world := World(secret={"x": (player := Player())}))
        self.assertEqual(len(tree.full_stored().created), 2)
        self.assertEqual(len(tree.full().created), 1)
        player.hp = 3
        player.scores["a"] = 1
        world.secret["y"] = Player()
        flush = tree.flush()
        stored = flush.stored()

        self.assertFalse(flush.shared)
        self.assertEqual(
            [len(stored.created), len(stored.updated), len(stored.edits)], [1, 1, 2]
        )

    def test_from_a_transient_place_to_a_stored_one(self) -> None:
        """A State that moved is stored from then on, with all below it."""
        tree = Tree(world := World(spare={"x": (player := Player())}))
        world.spare.clear()
        world.line.append(player)

        self.assertEqual([new.state for new in tree.flush().stored().created], [player])

    def test_subtree_behind_a_rule(self) -> None:
        """What stands behind a rule is not shared, whatever its own fields say."""
        scene = Scene(units={"u": (unit := Unit())}, hidden={"h": (hidden := Unit())})
        tree = Tree(scene)
        unit.hp = hidden.hp = 1
        unit.note = hidden.note = "x"

        [group] = tree.flush().shared.updated
        self.assertEqual(group.states, [unit])
        self.assertEqual(group.mask, Unit.__layout__.by_name["hp"].bit)
