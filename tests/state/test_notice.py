"""Tests of `nexus.state.notice`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from tests.state.stage import Item, Player, World, fail


class NoticeTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree and listen to all of it."""
        self.ann = Player(hp=1)
        self.world = World(players={"ann": self.ann}, numbers=[1, 2])
        self.tree = Tree(self.world)
        self.told: list[Any] = []
        for pattern in ("players", "line", "leader", "numbers", "counts", "marks",
                        "players.*.bag"):  # fmt: skip
            self.tree.on_add(pattern, self.note("added"))
            self.tree.on_remove(pattern, self.note("removed"))
        for pattern in ("turn", "leader", "players.*.hp", "line.*.hp", "numbers.*",
                        "counts.*", "players.*.bag.*.count"):  # fmt: skip
            self.tree.on_change(pattern, self.note("changed"))

    def note(self, name: str) -> Callable[..., None]:
        """Return a callback that records its calls."""
        return lambda *what: self.told.append((name, *what))

    def heard(self) -> list[Any]:
        """Flush, and return what was told."""
        self.told.clear()
        self.tree.flush().tell()
        return list(self.told)

    def test_values(self) -> None:
        """A value that was written five times changed once; one put back did not."""
        for number in range(5):
            self.ann.hp = 10 + number
        self.world.turn = 1
        self.world.turn = 0

        self.assertEqual(self.heard(), [("changed", 14, 1, ("players", "ann", "hp"))])

    def test_entries(self) -> None:
        """Entries come, change and go, in every kind of container."""
        self.world.counts.update(a=1)
        self.world.marks.add(5)
        self.world.numbers.append(3)
        self.world.numbers[0] = 9
        self.assertEqual(
            self.heard(),
            [
                ("added", 1, ("counts", "a")),
                ("added", 5, ("marks", 5)),
                ("added", 3, ("numbers", 2)),
                ("changed", 9, 1, ("numbers", 0)),
            ],
        )
        self.world.counts["a"] = 2
        self.world.marks.clear()
        self.world.numbers.clear()

        self.assertEqual(
            self.heard(),
            [
                ("removed", 5, ("marks", 5)),
                ("removed", 9, ("numbers", 0)),
                ("removed", 2, ("numbers", 1)),
                ("removed", 3, ("numbers", 2)),
                ("changed", 2, 1, ("counts", "a")),
            ],
        )

    def test_states_with_all_below(self) -> None:
        """A State that comes or goes brings word of what stands below it."""
        sword = Item()
        bob = Player(bag=[sword])
        self.world.players["bob"] = bob
        self.assertEqual(
            self.heard(),
            [
                ("added", bob, ("players", "bob")),
                ("added", sword, ("players", "bob", "bag", 0)),
            ],
        )
        del self.world.players["bob"]

        self.assertEqual(
            self.heard(),
            [
                ("removed", bob, ("players", "bob")),
                ("removed", sword, ("players", "bob", "bag", 0)),
            ],
        )

    def test_references(self) -> None:
        """A field that holds another State changed; one went and one came."""
        one, two = Player(), Player()
        self.world.leader = one
        self.heard()
        self.world.leader = two

        self.assertEqual(
            self.heard(),
            [
                ("removed", one, ("leader",)),
                ("added", two, ("leader",)),
                ("changed", two, one, ("leader",)),
            ],
        )

    def test_replaced_and_put_back(self) -> None:
        """A State that was replaced and came back is the same State to listeners."""
        self.world.players["ann"] = Player()
        self.world.players["ann"] = self.ann
        self.heard()
        self.ann.hp = 9

        self.assertEqual(self.heard(), [("changed", 9, 1, ("players", "ann", "hp"))])

    def test_undone_stretch_is_not_told(self) -> None:
        """What was put back never happened."""

        def act() -> None:
            self.ann.hp = 9
            self.world.numbers.clear()
            self.world.players.clear()

        fail(self.tree, act)

        self.assertEqual(self.heard(), [])

    def test_writes_of_listeners_go_into_the_next_flush(self) -> None:
        """A callback may write; it is told of it later."""
        self.tree.on_change("turn", lambda *_: setattr(self.ann, "hp", 77))
        self.world.turn = 1

        self.assertEqual(self.heard(), [("changed", 1, 0, ("turn",))])
        self.assertEqual(self.heard(), [("changed", 77, 1, ("players", "ann", "hp"))])

    def test_late_listener(self) -> None:
        """Who listens after others is told what comes from then on."""
        self.ann.hp = 5
        self.heard()
        self.tree.on_change("players.ann.hp", self.note("late"))
        self.ann.hp = 6

        self.assertIn(("late", 6, 5, ("players", "ann", "hp")), self.heard())

    def test_nothing_is_kept_of_what_left(self) -> None:
        """What is remembered for listeners goes with the States."""
        notices = self.tree._notices
        kept = len(notices._fields), len(notices._lists)
        for _ in range(5):
            self.world.line.append(Player(bag=[Item()]))
            self.heard()
            self.world.line.clear()
            self.heard()

        self.assertEqual((len(notices._fields), len(notices._lists)), kept)
