"""Tests of `nexus.state.flush`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Flush, State, Tree, field, uint8
from nexus.state.change import MapEdit
from tests.state.stage import Player, Scene, Unit, World


class Mixed(State):
    """A class with a field of each flag."""

    plain: uint8
    passing: uint8 = field(transient=True)
    secret: uint8 = field(server_only=True)


def names(flush: Flush, *, stored: bool) -> list[str]:
    """Return the fields that a store, or everybody, has to be told of."""
    changes = flush.stored() if stored else flush.shared
    return [
        each.name
        for group in changes.updated
        for each in group.cls.__layout__.fields
        if each.bit & group.mask
    ]


class StoredTests(SynchronousTestCase):
    def test_flags(self) -> None:
        """Transient fields are sent and not stored, server-only ones the other way."""
        tree = Tree(mixed := Mixed())
        mixed.plain = mixed.passing = mixed.secret = 1
        flush = tree.flush()

        self.assertEqual(names(flush, stored=False), ["plain", "passing"])
        self.assertEqual(names(flush, stored=True), ["plain", "secret"])

    def test_transient_alone_is_nothing_to_store(self) -> None:
        """A flush may be something to clients and nothing to a store."""
        tree = Tree(mixed := Mixed())
        mixed.passing = 1
        flush = tree.flush()

        self.assertTrue(flush)
        self.assertFalse(flush.stored())

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

    def test_owners_are_stored(self) -> None:
        """A new owner is told to a store and to nobody else."""
        tree = Tree(world := World())
        world.owner = "ann"
        flush = tree.flush()

        self.assertEqual(flush.stored().owned, [world])
        self.assertFalse(flush.shared)


class SharedTests(SynchronousTestCase):
    def test_new_states_come_with_their_content(self) -> None:
        """A State that is new is told with what its containers hold."""
        tree = Tree(world := World())
        world.leader = Player(scores={"a": 1})
        [new] = tree.flush().shared.created

        self.assertIs(new.state, world.leader)
        [edit] = new.edits
        assert isinstance(edit, MapEdit)
        self.assertEqual(edit.added, [("a", 1)])

    def test_what_a_rule_guards_is_not_shared(self) -> None:
        """Everybody is told of open fields only."""
        scene = Scene(units={"u": (unit := Unit())}, hidden={"h": (hidden := Unit())})
        tree = Tree(scene)
        unit.hp = 1
        unit.note = unit.plan = "x"
        unit.seen = unit.mark = 1
        hidden.hp = 2
        flush = tree.flush()

        [group] = flush.shared.updated
        self.assertEqual(group.states, [unit])
        self.assertEqual(names(flush, stored=False), ["hp"])

    def test_groups_are_by_class_and_fields(self) -> None:
        """States of one class with the same fields written are one group, by id."""
        players = [Player() for _ in range(4)]
        tree = Tree(World(line=players))
        for player in (players[2], players[0], players[1]):
            player.hp = 3
        players[1].x = 1
        groups = tree.flush().groups

        self.assertEqual(
            [group.states for group in groups],
            [[players[0], players[2]], [players[1]]],
        )

    def test_lanes_without_a_view(self) -> None:
        """Without a view there is what everybody is told, if there is any."""
        tree = Tree(scene := Scene())
        self.assertEqual(list(tree.flush().lanes()), [])
        scene.turn = 1
        flush = tree.flush()

        self.assertEqual(list(flush.lanes()), [flush.shared])
