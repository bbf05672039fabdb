"""Tests of listeners by path."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.listen import Listeners


class ListenerTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Begin without listeners."""
        self.listeners = Listeners()
        self.told: list[Any] = []

    def note(self, *said: Any) -> None:
        """Note a call."""
        self.told.append(said)

    def fits(self, pattern: str, *path: Any) -> bool:
        """Tell whether an entry at a path is told to those who listen to a pattern."""
        return self.reaches(pattern, path[:-1], path)

    def reaches(self, pattern: str, where: Any, path: Any) -> bool:
        """Tell whether what came to a field is told to those who listen."""
        end = self.listeners.on_add(pattern, self.note)
        found = self.listeners.added(where, path, 1)
        end()
        return bool(found)

    def test_entries_fit_their_container(self) -> None:
        """An entry is told to those who listen to its container, and to no others."""
        self.assertTrue(self.fits("players", "players", "ada"))
        self.assertTrue(self.fits("row", "row", 3))
        self.assertFalse(self.fits("players", "items", "ada"))
        self.assertFalse(self.fits("players", "players", "ada", "bag", 0))
        self.assertFalse(self.fits("players.*.bag", "players", "ada"))

    def test_an_entity_field_fits_its_own_name(self) -> None:
        """An entity in a field is told to those who listen to the field."""
        held, inside = ("ref",), ("ref", "held")
        self.assertTrue(self.reaches("ref", held, held))
        self.assertTrue(self.reaches("*", held, held))
        self.assertFalse(self.reaches("ref", inside, inside))
        self.assertTrue(self.reaches("ref.*", inside, inside))
        self.assertFalse(self.reaches("ref.*", held, held))

    def test_keys_and_stars_fit(self) -> None:
        """A key or a position stands in a pattern as text, a star for any of them."""
        for pattern in ("players.ada.bag", "players.*.bag"):
            self.assertTrue(self.fits(pattern, "players", "ada", "bag", 0))
        self.assertFalse(self.fits("players.bob.bag", "players", "ada", "bag", 0))
        self.assertTrue(self.fits("row.2.bag", "row", 2, "bag", 0))

    def test_a_pattern_may_be_its_segments(self) -> None:
        """Where a key has a dot in it, the segments are given one by one."""
        self.listeners.on_add(["players", "a.b", 3], self.note)

        Listeners.tell(self.listeners.added(("players", "a.b", 3), ("x",), 1))

        self.assertEqual(self.told, [(1, ("x",))])
        for pattern in ("", [], ".hp"):
            self.assertRaises(ValueError, self.listeners.on_add, pattern, self.note)

    def test_changes_fit_their_path(self) -> None:
        """A change is told to those who listen to the very value."""
        self.listeners.on_change("players.*.hp", self.note)

        calls = self.listeners.changed(("players", "ada", "hp"), 5, 4)
        calls += self.listeners.changed(("players", "ada", "mp"), 5, 4)
        Listeners.tell(calls)

        self.assertEqual(self.told, [(5, 4, ("players", "ada", "hp"))])

    def test_listening_can_end(self) -> None:
        """Who ended it is told nothing more, and may end it again."""
        ends = [
            self.listeners.on_add("a", self.note),
            self.listeners.on_change("a", self.note),
            self.listeners.on_remove("a", self.note),
        ]
        self.assertTrue(self.listeners)

        for end in (*ends, *ends):
            end()

        self.assertFalse(self.listeners)
        self.assertEqual(self.listeners.removed(("a",), ("a", "b"), 1), [])

    def test_the_last_end_is_noted(self) -> None:
        """When nobody listens any more, that is said once."""
        emptied: list[bool] = []
        listeners = Listeners(lambda: emptied.append(True))
        ends = [listeners.on_add("a", self.note), listeners.on_change("b", self.note)]

        for end in (*ends, *ends):
            end()

        self.assertEqual(emptied, [True])

    def test_who_ended_meanwhile_is_not_called(self) -> None:
        """A listener that an earlier one ended is called no more."""
        ends: list[Any] = []
        self.listeners.on_add("a", lambda *_: ends[0]())
        ends.append(self.listeners.on_add("a", self.note))

        Listeners.tell(self.listeners.added(("a",), ("a", "b"), 1))

        self.assertEqual(self.told, [])

    def test_the_longest_pattern_is_known(self) -> None:
        """How deep somebody listens is the length of the longest pattern."""
        self.assertEqual(self.listeners.depth, 0)
        self.listeners.on_remove("a.*", self.note)
        self.listeners.on_change("a.*.b.c", self.note)

        self.assertEqual(self.listeners.depth, 4)

    def test_each_listener_is_told_once(self) -> None:
        """Two listeners hear an event once each, with the value and its path."""
        self.listeners.on_remove("a", self.note)
        self.listeners.on_remove("*", self.note)

        Listeners.tell(self.listeners.removed(("a",), ("a", "b"), 1))

        self.assertEqual(self.told, [(1, ("a", "b"))] * 2)

    def test_a_failing_call_stops_no_other(self) -> None:
        """All calls are made; what the first failing one raised comes out."""

        def fail(*said: Any) -> None:
            raise KeyError(said[0])

        self.listeners.on_add("a", fail)
        self.listeners.on_add("a", self.note)
        calls = self.listeners.added(("a",), ("a", "x"), 1)
        calls += self.listeners.added(("a",), ("a", "y"), 2)

        error = self.assertRaises(KeyError, Listeners.tell, calls)

        self.assertEqual(error.args, (1,))
        self.assertEqual([value for value, _ in self.told], [1, 2])
