"""Tests of losses, returns and ends."""

from __future__ import annotations

from typing import Any

from nexus.client import JoinError, Reconnection, RequestError, Setting
from nexus.client.event import Undelivered
from tests.client.case import RoomCase


class ReturnTests(RoomCase):
    def test_events_come_in_order(self) -> None:
        """A loss, each attempt and the return are told, and the State is right then."""
        room, told = self.enter()
        token = room.reconnection_token
        states: list[int] = []
        room.on("reconnected", lambda _: states.append(room.state.turn))

        self.lose()
        self.network.is_down = True
        self.assertEqual(room.quality.level, "offline")
        self.network.settle(0.2)
        self.there().state.turn = 9
        self.network.is_down = False
        self.network.settle(0.4)

        self.assertEqual(
            self.names(told), ["drop", "reconnecting", "reconnecting", "reconnected"]
        )
        self.assertEqual([told[0][1].code, told[1][1].attempt], [1006, 1])
        self.assertEqual((told[3][1].attempts, told[3][1].how), (2, "patches"))
        self.assertEqual(states, [9])
        self.assertNotEqual(room.reconnection_token, token)
        self.assertEqual(self.network.wire.query["skipHandshake"], "true")

    def test_outbox_survives(self) -> None:
        """What was sent before the loss, or while away, arrives once and in order."""
        room, told = self.enter()
        room.send("note", 1)
        self.network.settle()
        room.send("note", 2)
        self.lose()
        room.send("note", 3)
        room.send_bytes("raw", b"4")
        self.network.settle(0.2)
        room.send("note", 5)
        self.network.settle()
        self.network.settle(0.2)

        self.assertEqual(self.there().heard, [1, 2, 3, b"4", 5])
        self.assertEqual(room.outbox.size, 0)
        self.assertNotIn("undelivered", self.names(told))

    def test_long_backlog_is_not_too_much_for_the_node(self) -> None:
        """What waited goes at a pace that a Node takes; later Messages behind it."""
        room, told = self.enter()
        self.lose()
        for number in range(900):
            room.send("note", number)
        self.network.settle(0.2)
        room.send("note", 900)
        for _ in range(200):
            self.network.settle(0.1)

        self.assertEqual(self.there().heard, list(range(901)))
        self.assertEqual(self.names(told), ["drop", "reconnecting", "reconnected"])
        self.assertEqual(room.outbox.size, 0)

    def test_room_without_a_state_returns(self) -> None:
        """Where there is no State, the client is back when the Node has said where."""
        room, told = self.enter("bare")
        self.lose()
        room.send("note", 1)
        self.network.settle(0.2)

        self.assertEqual(self.names(told), ["drop", "reconnecting", "reconnected"])
        self.assertEqual(told[-1][1].how, "none")
        self.assertEqual(self.there().heard, [1])

    def test_server_that_lets_in_and_drops_is_not_stormed(self) -> None:
        """A return that does not last makes the next wait longer."""
        room, told = self.enter()
        waits: list[float] = []
        room.on("reconnecting", lambda event: waits.append(event.delay))
        for lasts in (0.1, 0.1, 6.0, 6.0):
            self.lose()
            self.network.settle(2.0)
            self.assertEqual(told[-1][0], "reconnected")
            self.network.settle(lasts)

        full = (0.2, 0.4, 0.8, 0.2)
        for wait, most in zip(waits, full, strict=True):
            self.assertTrue(most / 2 <= wait <= most, waits)

    def test_refusal_ends_it(self) -> None:
        """A Node that knows the client no more is not asked again."""
        room, told = self.enter()
        self.there().on_drop = lambda *_: None
        room.send("note", 1)
        self.lose()
        self.network.settle(0.2)
        self.network.settle(60)

        self.assertEqual(
            self.names(told),
            ["drop", "reconnecting", "undelivered", "reconnection_failed", "leave"],
        )
        self.assertEqual(told[2][1], [Undelivered(1, "note", 1)])
        self.assertEqual(told[3][1].code, 4003)
        self.assertEqual(told[4][1].code, 4003)
        self.assertTrue(room.has_left)
        self.assertEqual(len(self.network.wires), 2)

    def test_attempts_end(self) -> None:
        """After the last attempt the client is out of the Room."""
        setting = Setting(reconnection=Reconnection(max_retries=2))
        _, told = self.enter(setting=setting)
        self.network.is_down = True
        self.lose()
        self.network.settle(0.2)
        self.network.settle(0.4)

        self.assertEqual(
            self.names(told),
            ["drop", "reconnecting", "reconnecting", "reconnection_failed", "leave"],
        )
        self.assertEqual(told[-2][1].reason, "no way back in 2 attempts")

    def test_who_does_not_want_to_return(self) -> None:
        """Without attempts, or too early, a loss is the end."""
        for chosen in (
            Reconnection(enabled=False),
            Reconnection(min_uptime=5.0),
        ):
            _, told = self.enter(setting=Setting(reconnection=chosen))
            self.lose()

            self.assertEqual(self.names(told), ["leave"])
            self.assertEqual(told[0][1].code, 1006)

    def test_attempt_that_hangs_is_given_up(self) -> None:
        """A socket that opens, and says nothing, does not stop the attempts."""
        _, told = self.enter()
        self.lose()
        self.table.clock.advance(0.2)
        self.table.clock.advance(0.0)
        silent = self.network.wire

        self.table.clock.advance(10.0)

        self.assertEqual(silent.closing, (1006, "aborted"))
        self.assertEqual(self.names(told), ["drop", "reconnecting", "reconnecting"])

    def test_token_takes_a_client_over(self) -> None:
        """A new object goes on where another one was: its State, its numbers."""
        room, _ = self.enter()
        room.send("note", 1)
        self.network.settle(0.1)
        token = room.reconnection_token
        self.lose(1001)

        again = self.network.wait(self.network.client().reconnect(token))
        again.send("note", 2)
        self.network.settle()
        self.network.settle(0.1)

        self.assertEqual(again.session_id, room.session_id)
        self.assertEqual(self.there().heard, [1, 2])
        self.assertEqual((again.state.turn, again.outbox.size), (0, 0))
        self.assertNotIn("skipHandshake", self.network.wire.query)

    def test_wrong_token(self) -> None:
        """What is no token is not sent; a token of nobody is refused."""
        room, _ = self.enter()

        with self.assertRaisesRegex(ValueError, "a reconnection token is"):
            self.network.wait(self.network.client().reconnect("token"))
        with self.assertRaisesRegex(JoinError, "invalid or expired") as caught:
            work = self.network.client().reconnect(f"{room.room_id}:wrong")
            self.network.wait(work)
        self.assertEqual(caught.exception.code, 524)


class EndTests(RoomCase):
    def test_leave(self) -> None:
        """Who leaves is told when it is over, and is heard of no more."""
        room, told = self.enter()
        room.send("note", 1)

        self.network.wait(room.leave())
        self.network.wait(room.leave())

        self.assertEqual(self.names(told), ["leave"])
        self.assertEqual(told[0][1].code, 4000)
        with self.assertRaisesRegex(RequestError, "out of the room"):
            room.send("note", 2)

    def test_leave_while_away(self) -> None:
        """Who leaves while it is away makes no further attempt."""
        room, told = self.enter()
        self.lose()
        room.send("note", 1)

        self.network.wait(room.leave())
        self.network.settle(60)

        self.assertEqual(
            self.names(told), ["drop", "reconnecting", "undelivered", "leave"]
        )
        self.assertEqual(len(self.network.wires), 1)

    def test_node_that_does_not_let_go(self) -> None:
        """Who leaves does not wait for ever."""
        room, told = self.enter()
        left: list[Any] = []

        async def leave() -> None:
            await room.leave()
            left.append(room.has_left)

        self.table.background.spawn(leave(), "leave")
        self.table.clock.advance(5.0)

        self.assertEqual((left, self.names(told)), ([True], ["leave"]))

    def test_kick(self) -> None:
        """Who is let go is told the code and words, and does not come back."""
        room, told = self.enter()
        room.send("kick", 4444)
        self.network.settle(1)

        self.assertEqual(self.names(told), ["leave"])
        self.assertEqual((told[0][1].code, told[0][1].reason), (4444, "as you wish"))

    def test_leave_from_within(self) -> None:
        """Who leaves when it is told of the loss is out, once."""
        room, told = self.enter()
        room.on("drop", lambda _: room.leave())
        self.lose()
        self.network.settle(10)

        self.assertEqual(self.names(told), ["drop", "leave"])

    def test_leave_when_an_answer_fails(self) -> None:
        """Who leaves because a request fails with the Connection is out, once."""
        room, told = self.enter()

        async def ask() -> None:
            with self.assertRaises(RequestError):
                await room.request("hang")
            await room.leave()

        self.table.background.spawn(ask(), "ask")
        self.lose()
        self.network.settle(10)

        self.assertEqual(self.names(told), ["leave"])

    def test_end_lets_everybody_go_who_waits(self) -> None:
        """Who waits for a State that does not come any more is told so."""
        room = self.network.begin()
        failed: list[str] = []

        async def wait() -> None:
            try:
                await room.ready()
            except RequestError as error:
                failed.append(error.name)

        self.table.background.spawn(wait(), "wait")
        self.lose(4001)

        self.assertEqual(failed, ["closed"])
