"""Tests of `nexus.room.message`."""

from __future__ import annotations

from typing import Any

from attrs import define
from twisted.trial.unittest import SynchronousTestCase

from nexus.room import on_bytes, on_message
from nexus.room.message import ANY, Routes, listener, listeners_of, unheard


@define
class Move:
    """A payload."""

    x: int


class Owner:
    """Listens in all ways that there are."""

    @on_message("move")
    def move(self, client: Any, message: Move) -> None:
        """Take a checked payload."""

    @on_message("a")
    @on_message(7)
    def both(self, client: Any) -> None:
        """Take two types, and no payload."""

    @on_bytes("raw")
    def raw(self, client: Any, content: bytes) -> None:
        """Take bytes."""

    @on_message("*")
    def rest(self, client: Any, type_: str, message: Any) -> None:
        """Take the rest."""


class Heir(Owner):
    """Overrides one of them, without the decorator."""

    def move(self, client: Any, message: Any) -> None:
        """Listen no more."""


class ListenerTests(SynchronousTestCase):
    def test_methods_are_found(self) -> None:
        """Every decorated method listens, for each type that it names."""
        found = {(each.type, each.raw): each for each in listeners_of(Owner())}

        self.assertEqual(
            set(found),
            {("move", False), ("a", False), ("7", False), ("raw", True), (ANY, False)},
        )
        self.assertIsNotNone(found["move", False].shape)
        self.assertEqual(found["a", False].takes, 1)
        self.assertIsNone(found["raw", True].shape)

    def test_method_that_is_overridden_does_not_listen(self) -> None:
        """Who overrides a listener decorates it again, or it listens no more."""
        self.assertNotIn("move", [each.type for each in listeners_of(Heir())])

    def test_types_are_names_or_numbers(self) -> None:
        """What no client could send is refused where it is written."""
        for type_ in ("", None, True, 1.5, b"x"):
            self.assertRaises(TypeError, on_message, type_)
            self.assertRaises(TypeError, on_bytes, type_)

    def test_arguments_with_defaults_do_not_count(self) -> None:
        """A function is called with what it needs, and no more."""

        def call(client: Any, message: int, extra: int = 5) -> None:
            """Take two."""

        self.assertEqual(listener("x", call).takes, 2)

    def test_payload_type_that_cannot_be_is_refused(self) -> None:
        """An annotation that no payload can be fails at the start, not at play."""

        def call(client: Any, message: list) -> None:  # type: ignore[type-arg]  # that is what it is about
            """Take a list of nothing in particular."""

        self.assertRaises(TypeError, listener, "x", call)


class RoutesTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make routes, and somebody who listens."""
        self.routes = Routes()
        self.one = listener("x", lambda client: None)
        self.rest = listener(ANY, lambda client, type_, message: None)

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

    def test_drop_forgets_all_of_a_type(self) -> None:
        """When a Room's own listener comes, those of its plugins go."""
        self.routes.add(self.one)
        self.routes.add(self.one)

        self.routes.drop(self.one)

        self.assertFalse(self.routes.listens("x", raw=False))
        self.assertEqual(self.routes.by_name, {})

    def test_unheard_says_which(self) -> None:
        """The error names the type that nobody listens for."""
        self.assertIn('"x"', str(unheard("x")))
