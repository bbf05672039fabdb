"""Tests of `nexus.state.listen`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.listen import Listeners


class ListenersTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Listen to nothing yet."""
        self.listeners = Listeners()
        self.told: list[Any] = []

    def note(self, *what: Any) -> None:
        """Record a call."""
        self.told.append(what)

    def test_pattern_names_a_path(self) -> None:
        """A star stands for any one key or position, and for nothing more."""
        self.listeners.on_change("players.*.hp", self.note)
        for path in (
            ("players", "ann", "hp"),
            ("players", 3, "hp"),
            ("players", "hp"),
            ("players", "ann", "x"),
            ("players", "ann", "bag", "hp"),
        ):
            self.listeners.tell(self.listeners.changed(path, 2, 1))

        self.assertEqual(
            self.told,
            [(2, 1, ("players", "ann", "hp")), (2, 1, ("players", 3, "hp"))],
        )

    def test_pattern_of_a_container(self) -> None:
        """Added and removed speak of entries of the container that is named."""
        self.listeners.on_add("players", self.note)
        self.listeners.on_remove("players.*.bag", self.note)
        self.listeners.tell(self.listeners.added(("players", "ann"), "A"))
        self.listeners.tell(self.listeners.removed(("players", "ann"), "A"))
        self.listeners.tell(self.listeners.removed(("players", "ann", "bag", 0), "B"))

        self.assertEqual(
            self.told, [("A", ("players", "ann")), ("B", ("players", "ann", "bag", 0))]
        )

    def test_positions_can_be_named(self) -> None:
        """A number in a pattern is a position."""
        self.listeners.on_change("line.1.hp", self.note)
        for at in range(3):
            self.listeners.tell(self.listeners.changed(("line", at, "hp"), 2, 1))

        self.assertEqual([path for _, _, path in self.told], [("line", 1, "hp")])

    def test_end(self) -> None:
        """What ends a callback ends this one only, and can be called twice."""
        end = self.listeners.on_change("x", self.note)
        self.listeners.on_change("x", self.note)
        end()
        end()

        self.assertTrue(self.listeners)
        self.assertEqual(len(self.listeners.changed(("x",), 2, 1)), 1)

    def test_one_that_raises_keeps_no_other_away(self) -> None:
        """All are called; then the first error goes on."""

        def broken() -> None:
            raise KeyError("mine")

        with self.assertRaises(KeyError):
            Listeners.tell([broken, lambda: self.note("after")])
        self.assertEqual(self.told, [("after",)])
