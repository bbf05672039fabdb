"""Tests of `nexus.room.face`."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from twisted.trial.unittest import SynchronousTestCase

from nexus import Client, Plugin, Room, State, on_bytes, on_message, uint8
from nexus.room.face import evaluated, heard_by, state_of

S = TypeVar("S", bound=State)


class World(State):
    day: uint8 = 1


class Place(Room[S], Generic[S]):
    """A class between."""


class Town(Place[World]):
    """Names its State through the class between."""


class Port(Town):
    """Names none of its own."""


class Later(Room["World"]):
    """Names a State that may come later."""


class Sound(Plugin):
    @on_message("ring")
    def ring(self, client: Client) -> None:
        """Ring."""


class Clock(Plugin):
    requires: ClassVar = (Sound,)

    @on_message("time")
    def time(self, client: Client) -> None:
        """Tell the time."""

    @on_message("say")
    def say(self, client: Client, text: bytes) -> None:
        """Be overridden."""


class Hall(Room[Any]):
    plugins: ClassVar = (Clock,)

    @on_message("say")
    def say(self, client: Client, text: str) -> None:
        """Say something."""

    @on_message("say")
    def note(self, client: Client) -> None:
        """Come second: somebody else answers."""

    @on_bytes("say")
    def record(self, client: Client, content: bytes) -> None:
        """Take bytes of the same name."""


class StateOfTests(SynchronousTestCase):
    def test_state_is_found_through_classes_between(self) -> None:
        """It stands in the brackets, wherever they are, perhaps as text."""
        for room in (Town, Port, Later):
            self.assertIs(state_of(room), World)

    def test_room_that_names_none_has_none(self) -> None:
        """Any is no State, and nothing is none either."""
        for base in (Room, Room[Any], Place):
            self.assertIsNone(state_of(_child_of(base)))


class HeardByTests(SynchronousTestCase):
    def test_each_type_is_heard_by_who_answers(self) -> None:
        """A Room stands above its Plugins, and the first method above the next."""
        heard = {(each.type, each.raw): each.call.__name__ for each in heard_by(Hall)}

        self.assertEqual(heard["say", False], "say")
        self.assertEqual(heard["say", True], "record")
        [say] = [each for each in heard_by(Hall) if (each.type, each.raw) == ("say", 0)]
        self.assertEqual(say.takes, 2)

    def test_plugins_that_plugins_require_hear_as_well(self) -> None:
        """What a Room listens for without having named it is found, too."""
        self.assertEqual([each.type for each in heard_by(Hall)][2:], ["ring", "time"])


class EvaluatedTests(SynchronousTestCase):
    def test_what_stands_for_nothing_may_be_anything(self) -> None:
        """A name that only checkers know stops nothing."""
        self.assertIs(evaluated("World", {"World": World}), World)
        for hint in ("Nothing", "World.inner", "a b"):
            self.assertIs(evaluated(hint, {"World": World}), Any)


def _child_of(base: Any) -> Any:
    class Child(base):  # type: ignore[misc]  # given
        """A Room."""

    return Child
