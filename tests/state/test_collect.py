"""Tests of `nexus.state.collect`."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from nexus.state.change import MapEdit
from tests import examples
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

    @given(
        st.lists(
            st.tuples(st.integers(0, 11), st.sampled_from(["hp", "x", "both"])),
            max_size=30,
        ),
        st.booleans(),
    )
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_groups_hold_what_was_written(
        self, writes: list[tuple[int, str]], moved: bool
    ) -> None:
        """In whichever order it was written, each group is by ascending ids."""
        players = [Player() for _ in range(12)]
        tree = Tree(world := World(line=players))
        masks: dict[int, int] = {}
        for turn, (at, what) in enumerate(writes, 1):
            for name in ("hp", "x") if what == "both" else (what,):
                setattr(players[at], name, turn)
                bit = Player.__layout__.by_name[name].bit
                masks[players[at]._id] = masks.get(players[at]._id, 0) | bit
        if moved:
            world.line.append(Player())
        groups = tree.flush().groups

        self.assertEqual(
            {group.mask: [state._id for state in group.states] for group in groups},
            {
                mask: sorted(id_ for id_, each in masks.items() if each == mask)
                for mask in masks.values()
            },
        )
        self.assertEqual(len(groups), len(set(masks.values())))
        for group in groups:
            ids = [state._id for state in group.states]
            self.assertIn(group.ids, (None, ids))
        self.assertFalse(any(player._dirty for player in players))

    def test_who_stands_in_a_bucket_twice_is_told_once(self) -> None:
        """A mark that was noted twice is one, whatever else was written."""
        for turn in (0, 1):
            players = [Player() for _ in range(3)]
            tree = Tree(World(line=players))
            for player in players:
                player.hp = 3
            players[turn].x = 3
            bucket = players[0]._bucket
            bucket.append(players[0])
            groups = tree.flush().groups

            self.assertEqual(sum(len(group.states) for group in groups), 3)

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
