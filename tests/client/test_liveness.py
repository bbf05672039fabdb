"""Tests of pings, and of what they lead to."""

from __future__ import annotations

from typing import Any

from nexus.client import Setting
from nexus.client.event import ConnectionQuality, Latency
from tests.client.case import RoomCase


class LivenessTests(RoomCase):
    def test_pings_tell_quality_and_time(self) -> None:
        """Answers tell how long they take, and what time it is at the server."""
        room, _ = self.enter()
        told: list[Any] = []
        room.on("latency", told.append)
        room.on("connection_quality", told.append)

        self.table.clock.advance(2.0)
        self.table.clock.advance(0.25)
        self.network.settle()

        # The first took no time, this one 250 ms; half of both is between them.
        worse = ConnectionQuality("good", 0.125, 0.0, "excellent")
        self.assertEqual(told, [Latency(0.125, 0.0), worse])
        self.assertEqual(room.quality.latency, 0.125)
        self.assertEqual(room.server_time(), self.table.clock.seconds())

    def test_silent_server_is_given_up(self) -> None:
        """When nothing comes although a ping waits, the client tries another way."""
        room, told = self.enter()
        silent = self.network.wire
        for _ in range(12):
            self.table.clock.advance(1.0)
            if told:
                break
        self.assertEqual(told[0][1].reason, "the server is silent")
        silent.end()

        self.network.settle(0.2)

        self.assertEqual(self.names(told), ["drop", "reconnecting", "reconnected"])
        self.assertTrue(room.is_joined)

    def test_server_that_was_asked_nothing_may_be_silent(self) -> None:
        """Silence counts only while a ping waits, however rarely a client pings."""
        room, told = self.enter(setting=Setting(ping_interval=15.0, silence=10.0))
        self.network.settle()

        self.network.settle(15.0)
        self.network.settle(15.0)

        self.assertEqual(told, [])
        self.assertTrue(room.is_joined)

    def test_paused_client_gives_the_server_time(self) -> None:
        """After a pause of the client itself, the server has its time to answer."""
        room, told = self.enter()
        self.network.settle()

        self.table.clock.advance(60.0)
        self.table.clock.advance(2.5)
        self.network.settle()

        self.assertEqual(told, [])
        self.assertTrue(room.is_joined)

    def test_disconnect_is_a_loss(self) -> None:
        """A client can be cut off on purpose, and comes back."""
        room, told = self.enter()

        room.disconnect()
        self.network.settle(0.2)

        self.assertEqual(self.names(told), ["drop", "reconnecting", "reconnected"])
        self.assertEqual(told[0][1].reason, "the connection was cut")
