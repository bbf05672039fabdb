"""Tests of `nexus.room.keeping.durability`: what each class says of itself."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.errors import Refused, StateError
from nexus.room import Client, Room, on_message
from nexus.room.keeping.durability import DURABILITIES
from nexus.state import State, int32
from nexus.testing import Harness
from tests.support.table import TableTestCase


class Board(State):
    """What is kept."""

    turn: int32


class DurabilityTests(SynchronousTestCase):
    def test_wrong_word_is_refused(self) -> None:
        """A class says one of three words, or it is not taken."""

        class Arena(Room):
            durability = "eternal"  # type: ignore[assignment]  # refused

        error = self.assertRaises(ValueError, App().define, "arena", Arena)

        self.assertIn("durability", str(error))
        self.assertEqual(DURABILITIES, ("memory", "saved", "confirmed"))

    def test_async_command_is_refused(self) -> None:
        """A command is plain code: one that waits cannot be taken back."""

        def declare() -> None:
            @on_message("move", durability="saved")
            async def move(self: Any, client: Client) -> None:
                """Move."""

        error = self.assertRaises(TypeError, declare)

        self.assertIn("plain", str(error))

    def test_state_of_a_kept_room_is_declared(self) -> None:
        """A Room that is kept names the class of its State, to find it again."""

        class Arena(Room):  # type: ignore[type-arg]  # that is what is wrong with it
            durability = "saved"

            def on_create(self, options: Any) -> None:
                """Begin."""
                self.state = Board()

        with Harness(Arena) as house:
            self.assertRaises(Refused, house.create)
            [failed] = house.failures

        self.assertIsInstance(failed.error, StateError)
        self.assertIn("(Room[Board])", str(failed.error))

    def test_room_without_state_may_be_kept(self) -> None:
        """Members, timers and the card are kept where there is no State."""

        class Chat(Room):
            durability = "saved"

            def on_drop(self, client: Client, code: int) -> None:
                """Keep the seat."""
                self.allow_reconnection(client, 20)

            @on_message("say")
            def say(self, client: Client, text: str) -> str:
                """Say something back."""
                return text

        with Harness(Chat) as house:
            ada = house.join_or_create()
            for act in (house.crash, house.restart):
                act()
                ada.rejoin()
                self.assertEqual(ada.command("say", "hi"), "hi")


class NoDatabaseTests(TableTestCase):
    def test_kept_room_needs_a_database(self) -> None:
        """Where nothing is kept, a Room that is to be kept does not open."""

        class Arena(Room[Board]):
            durability = "saved"

        self.table.define(Arena)

        self.assertRaises(Refused, self.table.sit)
        [failure] = self.flushLoggedErrors(StateError)
        self.assertIn("no database", failure.getErrorMessage())
