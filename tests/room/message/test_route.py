"""Tests of `nexus.room.message.route`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.room.message.message import ANY, listener, on_message
from nexus.room.message.route import Routes, unheard


def hear(client: Any, message: Any) -> None:
    """Listen."""


class Owner:
    """Somebody with a method that listens."""

    def __init__(self, name: str) -> None:
        self.name = name

    @on_message("x")
    def hear(self, client: Any) -> str:
        """Say who heard."""
        return self.name


class RoutesTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make routes, and somebody who listens."""
        self.routes = Routes()
        self.one = listener("x", lambda client: None)
        self.rest = listener(ANY, lambda client, type_, message: None)

    def test_ending_twice_ends_nobody_else(self) -> None:
        """Who ends listening twice does not end those who listen since."""
        end = self.routes.add(listener("m", hear))
        end()
        later = listener("m", hear)
        self.routes.add(later)

        end()

        self.assertEqual(self.routes.find("m"), [later])
        self.assertEqual(self.routes.by_name[b"m"], [later])

    def test_last_end_leaves_nothing(self) -> None:
        """A type that nobody listens for any more is forgotten."""
        ends = [self.routes.add(listener("m", hear)) for _ in range(2)]

        for end in ends:
            self.assertTrue(self.routes.listens("m", raw=False))
            end()

        self.assertFalse(self.routes.listens("m", raw=False))
        self.assertEqual(self.routes.by_name, {})

    def test_star_is_not_found_as_a_type(self) -> None:
        """Who listens for everything is found as the rest, never by name."""
        self.routes.add(self.rest)

        self.assertEqual(self.routes.find(ANY), [])
        self.assertEqual(self.routes.by_name, {})
        self.assertEqual(self.routes.rest(), [self.rest])

    def test_names_are_found_by_their_bytes(self) -> None:
        """The quick way knows whom the slow way knows, and forgets him as well."""
        end = self.routes.add(self.one)
        self.assertIs(self.routes.by_name[b"x"], self.routes.find("x"))

        end()
        end()

        self.assertEqual((self.routes.by_name, self.routes.find("x")), ({}, []))

    def test_listeners_of_the_room_stand_above(self) -> None:
        """When a Room's own listener comes, those of its plugins go."""
        self.routes.take(Owner("room"), [Owner("plugin")])

        [heard] = self.routes.find("x")
        self.assertEqual(heard.call(None), "room")
        self.assertEqual(self.routes.by_name[b"x"], [heard])

    def test_two_plugins_for_one_type_are_refused(self) -> None:
        """Nobody could tell which of them answers."""
        with self.assertRaisesRegex(TypeError, 'two plugins listen for "x"'):
            self.routes.take(object(), [Owner("a"), Owner("b")])

    def test_unheard_says_which(self) -> None:
        """The error names the type that nobody listens for."""
        self.assertIn('"x"', str(unheard("x")))
