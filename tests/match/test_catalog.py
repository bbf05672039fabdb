"""Tests of `nexus.match.catalog`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Code, Refused
from nexus.match import Catalog
from nexus.room import Room


class CatalogTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a catalog with one kind."""
        self.catalog = Catalog()
        self.kind = self.catalog.define("arena", Room, filter_by=("mode",))

    def test_kind_is_found_by_name(self) -> None:
        """What was defined is found, until it is removed."""
        self.assertIs(self.catalog.get("arena"), self.kind)
        self.assertEqual(([*self.catalog], len(self.catalog)), ([self.kind], 1))

        self.catalog.remove("arena")
        self.catalog.remove("arena")

        refusal = self.assertRaises(Refused, self.catalog.get, "arena")
        self.assertEqual(refusal.code, Code.NO_KIND)

    def test_wrong_definitions_are_refused(self) -> None:
        """A mistake in a definition stops the start, and says what is wrong."""
        wrong: list[tuple[type[Exception], Any, Any, dict[str, Any]]] = [
            (ValueError, "arena", Room, {}),
            (ValueError, "", Room, {}),
            (ValueError, "a/b", Room, {}),
            (ValueError, "x" * 65, Room, {}),
            (TypeError, "b", object, {}),
            (TypeError, "b", Room.__new__, {}),
            (TypeError, "b", Room, {"filter_by": "mode"}),
            (TypeError, "b", Room, {"unique_by": "mode"}),
            (ValueError, "b", Room, {"filter_by": ("clients",)}),
            (ValueError, "b", Room, {"unique_by": ("roomId",)}),
            (ValueError, "b", Room, {"sort_by": {"clients": "down"}}),
            (ValueError, "b", Room, {"sort_by": {"clients": True}}),
            (ValueError, "b", Room, {"sort_by": {"clients": ["asc"]}}),
            (TypeError, "b", Room, {"sort_by": ("clients",)}),
            (TypeError, "b", type("Arena", (Room,), {"kick": None}), {}),
            (ValueError, "b", type("Arena", (Room,), {"max_clients": 0}), {}),
        ]
        for error, name, room, said in wrong:
            self.assertRaises(error, self.catalog.define, name, room, **said)
        self.assertEqual(len(self.catalog), 1)

    def test_orders_have_two_names_each(self) -> None:
        """Up and down may be said in words or in numbers."""
        kind = self.catalog.define(
            "b", Room, sort_by={"clients": "desc", "a": "asc", "b": -1, "c": 1}
        )

        self.assertEqual(
            kind.sort_by, (("clients", True), ("a", False), ("b", True), ("c", False))
        )

    def test_names_may_come_from_a_generator(self) -> None:
        """Any iterable of names will do, and none of them is lost."""
        kind = self.catalog.define("b", Room, filter_by=(name for name in ("x", "y")))

        self.assertEqual(kind.filter_by, ("x", "y"))

    def test_filters_are_what_was_given(self) -> None:
        """An option that is not given filters nothing; None that is given does."""
        self.assertEqual(self.kind.filters({"other": 1}), {})
        self.assertEqual(self.kind.filters({"mode": None}), {"mode": None})
