"""Tests of `nexus.state.declare`: what a State is made of, by default or as given."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PlaceError
from nexus.state import List, Map, Set, State, field, float32, uint8
from tests.state.declaring import Base, Below, Town, make
from tests.state.stage import Item, Player


class DefaultTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """A field holds its default, else the zero of its type."""
        town = Town()

        self.assertEqual(
            (town.size, town.name, town.best, town.worst), (7, "here", None, 3)
        )
        self.assertEqual((town.mayor.name, town.guest), ("", None))
        self.assertEqual((town.items, town.empty), ({}, []))

    def test_factories_make_anew(self) -> None:
        """Two States share nothing that can change."""
        one, two = Town(), Town()

        self.assertEqual(two.number, one.number + 1)
        self.assertIsNot(one.mayor, two.mayor)
        self.assertIsNot(one.given, two.given)
        self.assertEqual(two.given.name, "given")
        self.assertIsNot(one.things[0], two.things[0])
        self.assertEqual(two.marks, {1, 2})

    def test_shared_factory_is_refused(self) -> None:
        """A factory that gives the same State twice puts it at two places."""
        item = Item()
        cls = make("Odd", {"x": Item}, x=field(factory=lambda: item))
        first = cls()

        with self.assertRaises(PlaceError):
            cls()
        self.assertIs(first.x, item)

    def test_mutable_defaults_are_refused(self) -> None:
        """One State, list or dict must not become the default of many."""
        for hint, default in (
            (Item, Item()),
            (List[uint8], [1]),
            (Map[str, uint8], {"a": 1}),
            (Set[uint8], {1}),
        ):
            with self.assertRaises(FieldError) as caught:
                make("Odd", {"x": hint}, x=default)
            self.assertEqual(
                str(caught.exception),
                "Odd.x: give a factory that makes the default anew",
            )

    def test_defaults_are_checked(self) -> None:
        """A default that the field does not take is refused with the class."""
        for hint, default in (
            (uint8, 256),
            (uint8, None),
            (str, 1),
            (float32, 1e39),
            (float, float("nan")),
        ):
            with self.assertRaisesRegex(FieldError, r"Odd\.x: "):
                make("Odd", {"x": hint}, x=default)

    def test_defaults_of_references_and_containers_are_checked(self) -> None:
        """A default that is no State, or no content, is refused before it is used."""
        for hint, default in ((Item, None), (Item, 0), (List[uint8], 0), (Map, "")):
            hint = Map[str, uint8] if hint is Map else hint
            with self.assertRaisesRegex(FieldError, r"Odd\.x: "):
                make("Odd", {"x": hint}, x=default)()

    def test_a_default_or_a_factory(self) -> None:
        """Both together say two things."""
        with self.assertRaisesRegex(FieldError, "x"):
            make("Odd", {"x": uint8}, x=field(default=1, factory=lambda: 2))

    def test_factory_is_checked(self) -> None:
        """What a factory made is checked when a State is made."""
        cls = make("Odd", {"x": uint8}, x=field(factory=lambda: 256))

        with self.assertRaisesRegex(FieldError, r"Odd\.x: 256 is not within"):
            cls()

    def test_endless_defaults_are_refused(self) -> None:
        """A class that needs another of itself is refused when declared."""
        with self.assertRaises(FieldError) as caught:
            make("Node", {"child": "Node"})

        self.assertEqual(
            str(caught.exception),
            "Node.child: each Node would need another one without end; "
            "make it optional",
        )

    def test_default_of_the_class_above_ends(self) -> None:
        """A State of the class above has no such field, so the default ends there."""
        below: Any = type(State)(
            "Rider",
            (Base,),
            {"__module__": __name__, "__annotations__": {"mount": Base}},
        )

        self.assertIs(type(below().mount), Base)


class ArgumentTests(SynchronousTestCase):
    def test_arguments_are_checked(self) -> None:
        """`__init__` names the class that is made and the field, also of one above."""
        with self.assertRaisesRegex(FieldError, r"Below\.one: 256 is not within"):
            Below(one=256)
        with self.assertRaisesRegex(FieldError, r"Player\.held: 3 is no Item"):
            Player(held=3)
        with self.assertRaisesRegex(FieldError, r"Player\.bag\[0\]: 3 is no Item"):
            Player(bag=[3])
        with self.assertRaisesRegex(FieldError, r"Player\.scores: a Map is set from"):
            Player(scores=[1])

    def test_arguments_are_named(self) -> None:
        """Fields are given by name, and only fields."""
        with self.assertRaises(TypeError):
            Item("sword")
        with self.assertRaises(TypeError):
            Item(colour="red")

    def test_huge_values_are_refused_by_name(self) -> None:
        """Whatever is no State is refused with the class and field."""
        with self.assertRaisesRegex(FieldError, r"Player\.held: "):
            Player(held=10**5000)
