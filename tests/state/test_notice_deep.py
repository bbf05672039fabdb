"""Tests of what listeners are told of States with others below, and what that costs."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from tests.state import stage
from tests.state.stage import lines_run


class DeepNoticeTests(SynchronousTestCase):
    def test_all_containers_of_what_came(self) -> None:
        """A State that comes tells of the entries of all its containers and fields."""
        tree = Tree(world := stage.World())
        told: list[Any] = []
        for pattern in ("scores", "tags", "bag", "held"):
            tree.on_add(f"line.*.{pattern}", lambda *what: told.append(what))
        item, held = stage.Item(), stage.Item()
        world.line.append(
            stage.Player(scores={"a": 1}, tags=["x"], bag=[item], held=held)
        )
        tree.flush().tell()

        want = [
            (item, ("line", 0, "bag", 0)),
            (1, ("line", 0, "scores", "a")),
            ("x", ("line", 0, "tags", "x")),
            (held, ("line", 0, "held")),
        ]
        self.assertEqual(told, want)

    def test_states_in_a_list(self) -> None:
        """A List of States tells who came and who went, at which position."""
        one, two = stage.Player(), stage.Player()
        tree = Tree(world := stage.World(line=[one]))
        told: list[Any] = []
        tree.on_add("line", lambda *what: told.append(("added", *what)))
        tree.on_remove("line", lambda *what: told.append(("removed", *what)))
        world.line.append(two)
        world.line.pop(0)
        tree.flush().tell()

        self.assertEqual(
            told, [("removed", one, ("line", 0)), ("added", two, ("line", 0))]
        )

    def test_order_alone_is_not_told(self) -> None:
        """Nobody comes or goes when a List of States is put in another order."""
        tree = Tree(world := stage.World(line=[stage.Player(), stage.Player()]))
        told: list[Any] = []
        tree.on_add("line", lambda *what: told.append(what))
        tree.on_remove("line", lambda *what: told.append(what))
        world.line.reverse()
        tree.flush().tell()

        self.assertEqual(told, [])

    def test_listening_begins_anew(self) -> None:
        """Whoever listens after all others ended is told of what comes then."""
        tree = Tree(world := stage.World())
        tree.on_change("turn", print)()
        world.turn = 3
        world.line.append(stage.Player())
        tree.flush()
        told: list[Any] = []
        tree.on_change("turn", lambda *what: told.append(what))
        world.turn = 4
        tree.flush().tell()

        self.assertEqual(told, [(4, 3, ("turn",))])

    def test_nothing_is_kept_of_what_left(self) -> None:
        """What is remembered for listeners goes with the States."""
        tree = Tree(world := stage.World())
        tree.on_add("line", print)()
        end = tree.on_change("turn", print)
        notices = tree._notices
        kept = len(notices._known)
        for _ in range(5):
            world.line.append(stage.Player(bag=[stage.Item()]))
            tree.flush().tell()
            world.line[0].scores["a"] = 1
            tree.flush().tell()
            world.line.clear()
            tree.flush().tell()

        self.assertEqual(len(notices._known), kept)
        [lists] = notices._positions.values()
        self.assertFalse(any(lists.values()))
        end()
        self.assertEqual((notices._known, notices._positions), ({}, {}))

    def test_work_is_that_of_the_changes(self) -> None:
        """A change in a long List costs as much as one in a short List."""
        lines = []
        for length in (20, 2000):
            line = [stage.Player() for _ in range(length)]
            tree = Tree(stage.World(line=line))
            told: list[Any] = []
            tree.on_change("line.*.hp", lambda *what: told.append(what))  # noqa: B023  # used up in this turn
            line[7].hp = 1
            tree.flush().tell()
            line[7].hp, line[9].hp = 2, 3
            lines.append(lines_run(tree.flush))
            self.assertEqual(len(told), 1)

        self.assertEqual(lines[0], lines[1])
