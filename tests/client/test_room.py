"""Tests of a client's Room: joining, Messages and requests."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import TimeoutError as TookTooLong

from nexus.client import (
    JoinError,
    OutboxFull,
    OutboxSetting,
    RequestError,
    Setting,
)
from nexus.client.event import Undelivered
from nexus.wire.message import UNDEFINED
from nexus.wire.native import plain
from tests.client.case import RoomCase
from tests.client.rooms import Piece


class JoinTests(RoomCase):
    def test_room_knows_who_it_is(self) -> None:
        """A Room has the ids of its seat, and a token to come back with."""
        room = self.network.begin(options={"color": "red"})

        [actor] = self.table.rooms
        self.assertEqual((room.name, room.room_id), ("room", actor.room_id))
        [member] = actor.clients.values()
        self.assertEqual(room.session_id, member.session_id)
        token = f"{actor.room_id}:{member.reconnection_token}"
        self.assertEqual(room.reconnection_token, token)
        self.assertTrue(room.is_joined)
        self.assertFalse(room.has_left)

    def test_options_and_format_are_asked_for(self) -> None:
        """The wish has the client's options, and says which format we read."""
        self.network.enter(options={"color": "red"}, token="ada")

        [(url, headers, body)] = self.network.posts
        self.assertEqual(url, "http://node.test/matchmake/joinOrCreate/room")
        self.assertEqual(headers, {"Authorization": "Bearer ada"})
        self.assertEqual(body, {"color": "red", "__nexus": {"serializer": "nexus"}})
        self.assertEqual(self.network.wire.query["_authToken"], "ada")

    def test_every_way_in(self) -> None:
        """A client can make a Room, join any of a kind, or a certain one."""
        client = self.network.client()

        made = self.network.wait(client.create("room"))
        found = self.network.wait(client.join("room"))
        named = self.network.wait(client.join_by_id(made.room_id))

        self.assertEqual({made.room_id}, {found.room_id, named.room_id})
        self.assertEqual(len(self.table.rooms), 1)

    def test_state_comes_behind_the_join(self) -> None:
        """Listeners that were there from the join on hear of all that is in it."""
        room = self.network.begin()
        self.assertIsNone(room.state)
        self.there().state.pieces["a"] = Piece(x=3)
        added: list[Any] = []
        room.on_add("pieces", lambda value, path: added.append((value.x, path)))
        states: list[Any] = []
        room.on("state", states.append)

        self.network.wait(room.ready())

        self.assertEqual(added, [(3, ("pieces", "a"))])
        self.assertEqual(states, [room.state])
        self.assertEqual(plain(room.state), {"turn": 0, "pieces": {"a": {"x": 3}}})

    def test_room_without_a_state_is_ready(self) -> None:
        """Nobody waits for a State where there is none."""
        room = self.network.begin("bare")

        self.network.wait(room.ready())

        self.assertIsNone(room.state)

    def test_denied_wish(self) -> None:
        """What the matchmaker denies is an error with its code and words."""
        with self.assertRaisesRegex(JoinError, "nothing") as caught:
            self.network.begin("nothing")

        self.assertEqual(caught.exception.code, 520)

    def test_denied_join(self) -> None:
        """What the author denies is an error with the author's code and words."""
        with self.assertRaisesRegex(JoinError, "not you") as caught:
            self.network.begin(options={"refuse": True})

        self.assertEqual(
            (caught.exception.code, caught.exception.text), (418, "not you")
        )

    def test_node_that_does_not_answer(self) -> None:
        """A socket that cannot be opened ends the join."""
        self.network.is_down = True

        with self.assertRaisesRegex(JoinError, "nobody listens") as caught:
            self.network.begin()

        self.assertEqual(caught.exception.code, 1006)

    def test_other_format_is_refused(self) -> None:
        """A client that joined with the official SDK cannot be taken over."""
        guest = self.table.sit("room")
        token = f"{guest.room_id}:{guest.token}"
        guest.drop()

        with self.assertRaisesRegex(JoinError, "the state comes as schema"):
            self.network.wait(self.network.client().reconnect(token))


class MessageTests(RoomCase):
    def test_messages_go_both_ways(self) -> None:
        """Each listener gets the bodies of its type, in order."""
        room, _ = self.enter()
        got: list[Any] = []
        room.on_message("a", got.append)
        room.on_message(7, lambda body: got.append((7, body)))
        room.on_message(None, lambda type_, body: got.append((type_, body)))

        room.send("note", {"x": [1, None]})
        room.send("note")
        room.send_bytes("raw", b"\x00\xc3")
        self.there().broadcast("a", 1)
        self.there().broadcast(7, 2)
        self.there().broadcast("b")
        self.network.settle(0.1)

        self.assertEqual(self.there().heard, [{"x": [1, None]}, UNDEFINED, b"\x00\xc3"])
        self.assertEqual(got, [1, (7, 2), ("b", UNDEFINED)])

    def test_outbox_is_emptied_by_acknowledgements(self) -> None:
        """What the Room took is not kept."""
        room, _ = self.enter()
        room.send("note", 1)
        self.assertEqual(room.outbox.size, 1)

        self.network.settle()
        self.network.settle(0.1)

        self.assertEqual((room.outbox.size, room.outbox.bytes), (0, 0))

    def test_full_outbox_says_so(self) -> None:
        """What has no room in the Outbox is not taken in."""
        setting = Setting(outbox=OutboxSetting(max_messages=2))
        room, _ = self.enter(setting=setting)
        room.send("note", 1)
        room.send("note", 2)

        with self.assertRaisesRegex(OutboxFull, "the outbox is full: 2 messages wait"):
            room.send("note", 3)

        self.network.settle(0.1)
        self.assertEqual(self.there().heard, [1, 2])

    def test_types_of_ours_are_kept(self) -> None:
        """Nobody sends what is between the client and its Node, or no type at all."""
        room, _ = self.enter()

        for type_ in ("__nexus.ping", "", True, 1.5):
            with self.assertRaises(ValueError):
                room.send(type_, 1)  # type: ignore[arg-type]  # on purpose
        with self.assertRaises(ValueError):
            room.send("note", object())

        self.assertEqual(room.outbox.size, 0)

    def test_dropped_message_is_reported(self) -> None:
        """What the Room could not take, as too much waited, is told with the reason."""
        room, told = self.enter()
        room.send("slow", 0)
        for number in range(1, 70):
            room.send("note", number)
        self.network.settle()
        self.there().gate.callback(None)
        self.network.settle(0.2)

        self.assertEqual(self.there().heard, list(range(65)))
        self.assertEqual(self.names(told), ["undelivered"] * 5)
        [entry] = told[0][1]
        why = "too many messages wait for an earlier one"
        self.assertEqual(entry, Undelivered(66, "note", 65, why))
        self.assertEqual(room.outbox.size, 0)

    def test_listener_that_fails_stops_nobody(self) -> None:
        """What a listener raises is logged; a coroutine that it returns is run."""
        room, _ = self.enter()
        got: list[Any] = []

        async def later(body: Any) -> None:
            got.append(body)
            raise KeyError(body)

        room.on_message("a", lambda body: got[body])
        room.on_message("a", later)
        room.on_change("turn", lambda *_: got[99])
        self.there().broadcast("a", 1)
        self.there().state.turn = 4
        self.network.settle(0.1)

        self.assertEqual((got, room.state.turn), ([1], 4))
        self.assertEqual(len(self.flushLoggedErrors(IndexError, KeyError)), 3)

    def test_listener_ends(self) -> None:
        """What `on` returns ends it; an event that there is none of is refused."""
        room, told = self.enter()
        off = room.on_message("a", told.append)
        off()
        off()
        self.there().broadcast("a", 1)
        self.network.settle()

        self.assertEqual(told, [])
        with self.assertRaisesRegex(ValueError, "no event 'dropped'"):
            room.on("dropped", told.append)


class RequestTests(RoomCase):
    def test_answers(self) -> None:
        """A request gives what the Room answers, or raises what it says instead."""
        room, _ = self.enter()

        self.assertEqual(self.network.wait(room.request("double", 21)), 42)
        with self.assertRaises(RequestError) as caught:
            self.network.wait(room.request("double", None))
        self.assertEqual(caught.exception.name, "rejected")
        self.assertIn(str(caught.exception.reason), str(caught.exception))
        self.assertEqual(caught.exception.reason, {"why": "nothing"})
        with self.assertRaises(RequestError) as caught:
            self.network.wait(room.request("nobody"))
        self.assertEqual(caught.exception.name, "no_handler")

    def test_late_answer(self) -> None:
        """Nobody waits for an answer for ever."""
        room, _ = self.enter()

        with self.assertRaisesRegex(RequestError, "not answered in 0.5 s"):
            self.network.wait(room.request("hang", timeout=0.5))

        self.assertEqual(room._requests._waiting, {})
        self.hang_up()

    def test_loss_ends_requests(self) -> None:
        """Requests do not survive their Connection, nor wait for the next."""
        room, _ = self.enter()
        failed: list[str] = []

        async def ask() -> None:
            try:
                await room.request("hang")
            except RequestError as error:
                failed.append(error.name)

        self.table.background.spawn(ask(), "ask")
        self.network.settle()
        self.lose()
        self.table.background.spawn(ask(), "ask")

        self.assertEqual(failed, ["closed", "closed"])
        self.hang_up()

    def hang_up(self) -> None:
        """End what never answers; the Node logs that it took too long."""
        self.network.settle(60.0)
        self.assertEqual(len(self.flushLoggedErrors(TookTooLong)), 1)
