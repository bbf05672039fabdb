"""Tests of `nexus.room.message.command`, in virtual time."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.client.error import RequestError
from nexus.room import Client, Room, on_message
from nexus.testing import Harness
from tests.room.bank import banking


class CommandTests(SynchronousTestCase):
    def test_confirmed_answer_waits_for_the_commit(self) -> None:
        """What is confirmed has been committed; what is saved will be soon."""
        with banking() as house:
            ada = house.join_or_create()
            began = house.now
            self.assertEqual(ada.request("soon", 1), 1)
            at_once = house.now - began
            self.assertEqual(ada.request("add", 2), 3)
            later = house.now - began

            self.assertEqual(at_once, 0)
            self.assertGreater(later, 0)
            house.crash()
            [room] = house.rooms
            self.assertEqual(room.state.total, 3)

    def test_plain_message_may_be_a_command(self) -> None:
        """A message of an outbox is as atomic as a request, and kept as well."""
        with banking() as house:
            ada = house.join_or_create()
            ada.send("add", 5)
            ada.send("add", 2000)
            house.advance(0.3)

            self.assertEqual(ada.unsent, 0)
            self.assertEqual(len(ada.errors), 1)
            house.crash()
            self.assertEqual(house.rooms[0].state.total, 5)

    def test_command_that_fails_leaves_nothing(self) -> None:
        """Whatever it raises, old values are back and nothing of it was published."""
        for message, payload, name in (
            ("add", -7, "Error"),
            ("add", 2000, "rejected"),
            ("refuse", None, "Error"),
            ("later", None, "Error"),
            ("unsayable", None, "Error"),
        ):
            with self.subTest(message=message, payload=payload), banking() as house:
                ada = house.join_or_create()
                bob = house.join(house.rooms[0])
                ada.command("add", 3)
                house.tick()
                patches = len(bob.patches)
                said: list[Any] = [] if payload is None else [payload]
                error = self.assertRaises(RequestError, ada.command, message, *said)
                house.tick(2)
                failures = house.failures

                self.assertIn(error.name, (name, "internal"))
                self.assertEqual(house.rooms[0].state.total, 3)
                self.assertEqual(bob.state.accounts[ada.session_id].money, 3)
                self.assertEqual(len(bob.patches), patches)
                is_mistake = message in ("later", "unsayable") or payload == -7
                self.assertEqual(len(failures), int(is_mistake))

    def test_async_command_is_told_what_to_do(self) -> None:
        """What waits is no command, and the log says what it has to be."""
        with banking() as house:
            ada = house.join_or_create()
            self.assertRaises(RequestError, ada.request, "later")

            [failed] = house.failures
            self.assertIsInstance(failed.error, TypeError)
            self.assertIn('durability="memory"', str(failed.error))
            self.assertEqual(ada.request("wait", 2), "waited")

    def test_command_is_applied_once(self) -> None:
        """An id that comes again is answered as before, on whichever socket."""
        with banking() as house:
            ada = house.join_or_create()
            order = ada.order("add", 4)
            frame = ada._talk.orders._waiting[order.id][1]
            ada._talk.act(lambda: ada._talk.say(frame))
            house.advance(0.2)
            self.assertEqual(order.answer, 4)
            for act in (ada.drop, house.crash, house.restart):
                act()
                ada.rejoin()
                ada._talk.act(lambda: ada._talk.say(frame))
                house.advance(0.2)

                self.assertEqual(house.rooms[0].state.total, 4)

    def test_answer_that_was_lost_comes_with_the_return(self) -> None:
        """Who was lost before it heard asks again, and hears what became of it."""
        with banking() as house:
            ada = house.join_or_create()
            order = ada.order("add", 4)
            rejected = ada.order("add", 2000)
            ada.drop()
            house.advance(1)
            self.assertFalse(order.is_answered)
            house.crash()
            ada.rejoin()
            house.advance(0.2)

            self.assertEqual(order.answer, 4)
            error = self.assertRaises(RequestError, lambda: rejected.answer)
            self.assertEqual(error.reason, {"most": 1000})
            self.assertEqual(house.rooms[0].state.total, 4)

    def test_command_that_died_with_the_node_is_done_after(self) -> None:
        """What was not committed is as if it had not been said, and is said again."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 1)
            order = ada.order("add", 4)
            house.crash()
            self.assertEqual(house.rooms[0].state.total, 1)
            ada.rejoin()
            house.advance(0.2)

            self.assertEqual(order.answer, 5)

    def test_forgotten_command(self) -> None:
        """What was said so long ago that nobody remembers is not done again."""
        with banking() as house:
            ada = house.join_or_create()
            for _ in range(300):
                last = ada.order("soon", 1)
                house.advance(0.02)
            self.assertEqual(last.answer, 300)
            # As if the first had never been said, nor answered.
            orders = ada._talk.orders
            orders._last = 0
            first = ada.order("soon", 1)
            house.tick()

            error = self.assertRaises(RequestError, lambda: first.answer)
            self.assertEqual(error.name, "forgotten")
            self.assertEqual(house.rooms[0].state.total, 300)

    def test_confirmed_is_refused_when_the_database_is_away_for_long(self) -> None:
        """Before too much waits, commands wait; then they are refused with a reason."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                waits = ada.order("add", 1)
                house.advance(59)
                self.assertFalse(waits.is_answered)
                house.advance(10)
                error = self.assertRaises(RequestError, ada.command, "add", 2)
                self.assertEqual(ada.request("soon", 4), 5)

            self.assertIn("the database has been away for", error.text)
            house.advance(5)
            self.assertEqual(waits.answer, 1)
            self.assertEqual(ada.request("add", 8), 13)

    def test_memory_room_knows_commands(self) -> None:
        """Where nothing is kept, a command is answered at once, and done once."""

        class Counter(Room):
            count = 0

            @on_message("count")
            def counted(self, client: Client) -> int:
                """Count."""
                self.count += 1
                return self.count

        with Harness(Counter) as house:
            ada = house.join_or_create()
            order = ada.order("count")
            self.assertEqual((order.answer, house.now), (1, 0))
            self.assertEqual(ada.command("count"), 2)

    def test_durability_where_nothing_is_kept_is_refused(self) -> None:
        """A Room of which nothing is kept cannot have commands that are to survive."""

        class Arena(Room):
            @on_message("move", durability="confirmed")
            def move(self, client: Client) -> None:
                """Move."""

        error = self.assertRaises(TypeError, App().define, "arena", Arena)

        self.assertIn("nothing of Arena is kept", str(error))
