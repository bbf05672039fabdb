"""Tests of `nexus.room.client`."""

from __future__ import annotations

from typing import Any

from nexus.errors import StateError
from nexus.room import ClientStatus
from nexus.state import State, int32
from tests.support.room import scripted
from tests.support.table import NATIVE, Guest, TableTestCase


class Score(State):
    """A State with one number."""

    points: int32 = 0


class ClientTests(TableTestCase):
    def seated(self, **script: Any) -> Guest:
        """Sit in a Room with a State."""

        def create(room: Any, _: Any) -> None:
            room.state = Score()

        self.room = scripted(script={"on_create": create, **script})
        self.table.define(self.room)
        return self.table.sit(**NATIVE)

    def test_error_is_told_and_closes_nothing(self) -> None:
        """An error of the author's choice reaches the client, in no queue."""
        guest = self.seated()

        guest.client.error(4321, "careful")

        self.assertEqual(
            [(e.code, e.text) for e in guest.failures], [(4321, "careful")]
        )
        self.assertIsNone(guest.code)

    def test_roles_are_names(self) -> None:
        """One name is no set of names; roles reach the view."""
        client = self.seated().client

        with self.assertRaises(StateError):
            client.roles = "admin"
        client.roles = ("admin",)

        self.assertEqual(client.roles, {"admin"})
        self.assertEqual(client.view.roles, {"admin"})

    def test_view_needs_a_state(self) -> None:
        """In a Room without State nothing can be shown."""
        self.table.define(scripted(), "bare")
        client = self.table.sit("bare").client

        self.assertRaises(StateError, lambda: client.view)

    def test_leave_twice_is_once(self) -> None:
        """A client that is let go again goes once, with the first code."""
        guest = self.seated()

        guest.client.leave(4001)
        guest.client.leave(4002)

        self.assertEqual(guest.code, 4001)
        self.assertIs(guest.client.status, ClientStatus.GONE)

    def test_gone_client_is_sent_nothing(self) -> None:
        """What is sent to a client that is gone goes nowhere."""
        guest = self.seated()
        other = self.table.sit(**NATIVE)
        client = guest.client
        guest.leave()
        sent = len(guest.socket.sent)

        client.send("late")
        client.send("later", after_next_patch=True)
        client.error(1, "late")
        self.table.beat()

        self.assertEqual(len(guest.socket.sent), sent)
        self.assertIsNone(other.code)

    def test_address_and_id(self) -> None:
        """A client knows where it comes from, and is known by its session."""
        client = self.seated().client

        self.assertEqual(client.address, "192.0.2.7")
        self.assertEqual(client.id, client.session_id)
