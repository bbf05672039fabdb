"""Tests of `nexus.state.clearance`.

Its law is in `tests.wire.test_property_clearance`.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.state import Role, State, Table, Tree, View, field, uint8
from nexus.state.change import TableEdit


class _Card(State):
    """A row with columns for two roles."""

    suit: uint8
    rank: uint8 = field(default=0, visible=Role("dealer"))
    mark: uint8 = field(default=0, visible=Role("cheat"))


class _Table(State):
    """One Table that all see, and one that nobody does."""

    cards: Table[_Card]
    deck: Table[_Card] = field(server_only=True)


class ClearanceTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Have three cards on the table, and somebody who deals."""
        self.root: Any = _Table()  # type: ignore[call-arg]  # Tables are made by themselves
        self.tree = Tree(self.root)
        self.root.cards.add(3)
        self.root.deck.add(3)
        self.tree.flush()
        self.dealer = self.join("dealer")
        self.player = self.join()

    def join(self, *roles: str) -> View:
        """Let somebody come with some roles."""
        view = self.tree.view("somebody", roles)
        self.tree.full(view)
        return view

    def told(self, view: View) -> list[tuple[list[tuple[int, list[int]]], int]]:
        """Flush; return what one is told beside what all are, and what it is not."""
        flush = self.tree.flush()
        edits = [
            edit
            for lane in flush.lanes(view)
            if lane is not flush.shared
            for edit in lane.edits
        ]
        found = []
        for edit in edits:
            assert isinstance(edit, TableEdit)
            self.assertIs(edit.container, self.root.cards)
            self.assertFalse(edit.came.size or edit.gone.size)
            written = [(mask, rows.tolist()) for mask, rows in edit.written]
            found.append((written, edit.veiled))
        return found

    def test_whoever_has_a_role_is_told(self) -> None:
        """Of the rows in which its column was written, and of those that come."""
        self.root.cards.put([1], rank=5, mark=5)
        self.root.cards.add(1)

        self.assertEqual(self.told(self.dealer), [([(2, [3]), (2, [1])], 0)])

    def test_whoever_has_none_is_not(self) -> None:
        """A lane of its own would say that something was written."""
        self.root.cards.put([1], rank=5)

        self.assertEqual(self.told(self.player), [])

    def test_which_rows_have_more_is_not_told(self) -> None:
        """Rows of which others are told more stand among those that are not."""
        self.root.cards.put([0, 1, 2], suit=3)
        self.root.cards.put([1], rank=5)
        flush = self.tree.flush()

        [edit] = [each for each in flush.edits if each.container is self.root.cards]
        assert isinstance(edit, TableEdit)

        [(mask, rows)] = self.root.cards.told_in(edit)
        self.assertEqual((mask, rows.tolist()), (1, [0, 1, 2]))

    def test_roles_that_change(self) -> None:
        """Who gets one is told of all rows, and who loses one, that it has none."""
        self.dealer.roles = ["cheat"]

        self.assertEqual(self.told(self.dealer), [([(4, [0, 1, 2])], 2)])
        self.assertEqual(self.told(self.dealer), [])

    def test_one_of_a_group_loses_its_role(self) -> None:
        """The others of the group go on, and it is told what all of them held."""
        other = self.join("dealer")
        self.tree.flush()
        self.dealer.roles = []

        self.assertEqual(self.told(self.dealer), [([], 2)])
        self.root.cards.put([2], rank=9)
        self.assertEqual(self.told(other), [([(2, [2])], 0)])

    def test_just_what_was_touched_is_looked_at(self) -> None:
        """However many Tables there are in which nothing happened."""
        asked: list[object] = []
        limited = Table.limited

        def counted(table: Any, roles: Any) -> int:
            asked.append(table)
            return limited(table, roles)

        self.patch(Table, "limited", counted)
        self.root.deck.put([0], rank=1)
        self.tree.flush()
        self.assertEqual(asked, [])

        self.root.cards.put([0], rank=1)
        self.tree.flush()
        self.assertEqual(set(asked), {self.root.cards})

    def test_what_nobody_is_told_is_told_to_nobody(self) -> None:
        """Nor of its columns, whoever has their role."""
        self.root.deck.put([0], rank=1)
        self.root.deck.add(1)

        self.assertEqual(self.told(self.dealer), [])

    def test_a_watched_table_is_told_elsewhere(self) -> None:
        """Its Space knows who sees which rows."""
        self.root.cards.is_watched = True
        self.root.cards.put([1], rank=5)

        self.assertEqual(self.told(self.dealer), [])
