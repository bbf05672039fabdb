"""Tests of one socket after the other: what is missed, and what makes no sense."""

from __future__ import annotations

from typing import Any

from nexus.client import Room
from nexus.client.event import Reconnected
from nexus.wire.native import plain
from tests.client.case import RoomCase
from tests.client.rooms import Piece
from tests.support.bot import Wire

#: So many pieces never move: what has to be sent if all is sent.
_CROWD = 2_000


class MissedTests(RoomCase):
    def sit(self) -> tuple[Room, list[tuple[Any, ...]], list[Reconnected]]:
        """Let a client join a crowded board; return it, with what listeners hear."""
        room, _ = self.enter()
        pieces = self.there().state.pieces
        for number in range(_CROWD):
            pieces[f"p{number}"] = Piece(x=number)
        self.network.settle(0.1)
        told: list[tuple[Any, ...]] = []
        back: list[Reconnected] = []
        room.on_add("pieces", lambda value, path: told.append(("add", path[-1])))
        room.on_remove("pieces", lambda value, path: told.append(("remove", path[-1])))
        room.on_change("pieces.*.x", lambda *said: told.append((*said[:2], said[2][1])))
        room.on_change("turn", lambda *said: told.append(said[:2]))
        room.on("reconnected", back.append)
        return room, told, back

    def cost(self, wire: Wire) -> int:
        """Return how many bytes of the State came by a wire."""
        return sum(len(data) for data in wire.got if data[0] in b"\x0e\x0f")

    def miss(self, room: Room, patches: int) -> int:
        """Let a client be away for so many patches; return what it cost to return."""
        self.lose()
        for number in range(1, patches + 1):
            state = self.there().state
            state.turn += 1
            state.pieces[f"p{number % 10}"].x += 1
            self.there().actor.rhythm.patch()
        self.network.settle(0.2)
        self.assertTrue(room.is_joined)
        return self.cost(self.network.wire)

    def test_one_patch(self) -> None:
        """Who missed one patch is sent that patch, and told of its changes."""
        room, told, back = self.sit()

        cost = self.miss(room, 1)

        self.assertLess(cost, 20)
        self.assertEqual(sorted(told, key=str), [(1, 0), (2, 1, "p1")])
        self.assertEqual(back, [Reconnected(1, "patches")])

    def test_ten_patches(self) -> None:
        """Who missed ten is sent their sum, and told of each net change once."""
        room, told, back = self.sit()

        cost = self.miss(room, 10)

        self.assertLess(cost, 100)
        changed = [(number + 1, number, f"p{number}") for number in range(10)]
        self.assertEqual(sorted(told, key=str), sorted([(10, 0), *changed], key=str))
        self.assertEqual(back, [Reconnected(1, "patches")])

    def test_a_thousand_patches(self) -> None:
        """The sum of many patches costs what changed, not what was sent."""
        room, told, back = self.sit()

        cost = self.miss(room, 1_000)

        self.assertLess(cost, 150)
        changed = [(number + 100, number, f"p{number}") for number in range(10)]
        self.assertEqual(sorted(told, key=str), sorted([(1000, 0), *changed], key=str))
        self.assertEqual(back, [Reconnected(1, "patches")])

    def test_more_patches_than_are_kept(self) -> None:
        """Who missed more than is kept is sent all once, and told no more than that."""
        room, told, back = self.sit()
        snapshot = self.there().actor.fanout.format("nexus", None).whole(None)

        cost = self.miss(room, 2_100)

        self.assertLessEqual(cost, len(snapshot) + 40)
        changed = [(number + 210, number, f"p{number}") for number in range(10)]
        self.assertEqual(sorted(told, key=str), sorted([(2100, 0), *changed], key=str))
        self.assertEqual(back, [Reconnected(1, "snapshot")])
        pieces = self.there().state.pieces
        self.assertEqual(
            plain(room.state)["pieces"],
            {key: {"x": piece.x} for key, piece in pieces.items()},
        )

    def test_nothing_missed(self) -> None:
        """Who missed nothing is sent nothing."""
        room, told, back = self.sit()

        cost = self.miss(room, 0)

        self.assertEqual((cost, told), (0, []))
        self.assertEqual(back, [Reconnected(1, "patches")])


class SpoiledTests(RoomCase):
    def test_state_that_cannot_be_read_is_fetched_anew(self) -> None:
        """Bytes that make no sense are told, and all is fetched again."""
        room, told = self.enter()
        self.there().state.turn = 3
        self.network.wire.down.insert(0, b"\x0f\xc1")

        self.network.settle()
        self.network.settle(0.2)

        self.assertEqual(
            self.names(told), ["error", "drop", "reconnecting", "reconnected"]
        )
        self.assertEqual(told[0][1].code, 4002)
        self.assertEqual(told[3][1].how, "snapshot")
        self.assertEqual(room.state.turn, 3)
        self.assertNotIn("skipHandshake", self.network.wire.query)

    def test_server_that_makes_no_sense_is_left(self) -> None:
        """What cannot be understood again and again ends it."""
        room, told = self.enter()
        for _ in range(4):
            self.network.wire.down.insert(0, b"\x0d\xa3a")
            self.network.settle()
            self.network.settle(4.0)

        self.assertEqual(self.names(told)[-2:], ["error", "leave"])
        self.assertEqual(self.names(told).count("reconnected"), 3)
        self.assertEqual(told[-1][1].code, 4002)
        self.assertTrue(room.has_left)

    def test_server_that_rarely_makes_no_sense_is_borne(self) -> None:
        """What happens once a minute is no row, however often it happens."""
        room, told = self.enter()
        for _ in range(5):
            self.network.wire.down.insert(0, b"\x0d\xa3a")
            self.network.settle()
            self.network.settle(0.5)
            for _ in range(61):
                self.network.settle(1.0)

        self.assertEqual(self.names(told).count("reconnected"), 5)
        self.assertTrue(room.is_joined)

    def test_error_is_told(self) -> None:
        """An ERROR of the server ends nothing."""
        room, told = self.enter()
        self.network.wire.listener.received(b"\x0b\x07\xa3bad")

        self.assertEqual(self.names(told), ["error"])
        self.assertEqual((told[0][1].code, told[0][1].text), (7, "bad"))
        self.assertTrue(room.is_joined)
