"""Tests of `nexus.state.collect`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from nexus.state.change import MapEdit
from tests.state.stage import Player, World


class CollectTests(SynchronousTestCase):
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

    def test_groups_while_others_move(self) -> None:
        """States that left or came meanwhile are in no group."""
        players = [Player() for _ in range(4)]
        tree = Tree(world := World(line=players))
        for player in players:
            player.hp = 3
        players[2].x = 1
        gone = world.line.pop(0)
        back = world.line.pop(0)
        world.line.append(back)
        gone.hp = back.hp = 4
        flush = tree.flush()

        self.assertEqual(
            [group.states for group in flush.groups], [[players[2]], [players[3]]]
        )
        self.assertEqual(flush.created, [back])

    def test_marks_are_taken_off(self) -> None:
        """What was flushed is not found again, whichever groups it was in."""
        players = [Player() for _ in range(3)]
        tree = Tree(World(line=players))
        players[0].hp = players[1].hp = players[2].x = 3
        tree.flush()
        self.assertFalse(tree.flush())
        players[1].x = 3

        [group] = tree.flush().groups
        self.assertEqual(group.states, [players[1]])
        self.assertEqual(group.mask, Player.__layout__.by_name["x"].bit)

    def test_new_states_come_with_their_content(self) -> None:
        """A State that is new is told with what its containers hold."""
        tree = Tree(world := World())
        world.leader = Player(scores={"a": 1})
        [new] = tree.flush().shared.created

        self.assertIs(new.state, world.leader)
        [edit] = new.edits
        assert isinstance(edit, MapEdit)
        self.assertEqual(edit.added, [("a", 1)])
