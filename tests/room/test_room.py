"""Tests of `nexus.room.room`."""

from __future__ import annotations

from typing import Any

from nexus.errors import StateError
from nexus.state import State, int32
from nexus.wire.frame import Bytes
from tests.support.room import scripted
from tests.support.table import Guest, TableTestCase, begin


class Score(State):
    """A State with one number."""

    points: int32 = 0


class RoomTests(TableTestCase):
    def seated(self, **script: Any) -> Guest:
        """Sit in a Room of a kind of its own."""
        self.room = scripted(script=script)
        self.table.define(self.room)
        return self.table.sit()

    def test_broadcast_reaches_all_but_some(self) -> None:
        """A broadcast goes to all clients, those left out excepted."""
        guests = [self.seated(), self.table.sit(), self.table.sit()]
        room = guests[0].actor.room

        room.broadcast("all", {"n": 1})
        room.broadcast("some", but=guests[1].client)
        room.broadcast("few", but=[guests[0].client, guests[1].client])

        self.assertEqual([each.messages("all") for each in guests], [[{"n": 1}]] * 3)
        self.assertEqual([len(each.messages("some")) for each in guests], [1, 0, 1])
        self.assertEqual([len(each.messages("few")) for each in guests], [0, 0, 1])

    def test_who_is_left_out_is_a_client(self) -> None:
        """A session id, which is text, leaves nobody out and is refused."""
        guest = self.seated()

        for wrong in (guest.session_id, [guest.session_id], [None]):
            with self.assertRaisesRegex(TypeError, "but= takes a client"):
                guest.actor.room.broadcast("all", but=wrong)

        self.assertEqual(guest.messages("all"), [])

    def test_steps_are_plain_code(self) -> None:
        """An `async def` would still run when the next step begins."""
        room = self.seated().actor.room

        async def step(_: Any) -> None: ...

        for begin_steps in (room.set_timestep, room.set_fixed_timestep):
            with self.assertRaisesRegex(TypeError, "must be plain code"):
                begin_steps(step)

    def test_broadcast_waits_for_newcomers(self) -> None:
        """Who has not acknowledged gets a broadcast afterwards."""
        guest = self.seated()
        late = self.table.knock()

        guest.actor.room.broadcast("all")
        late.ack()

        self.assertEqual(len(late.messages("all")), 1)

    def test_bytes_are_sent_as_they_are(self) -> None:
        """Raw bytes go to one client or to all."""
        guest = self.seated()

        guest.client.send_bytes("one", b"\x00\xff")
        guest.actor.room.broadcast_bytes("all", b"\xfe")

        got = [each for each in guest.frames if isinstance(each, Bytes)]
        self.assertEqual(got, [Bytes("one", b"\x00\xff"), Bytes("all", b"\xfe")])

    def test_broadcast_in_which_somebody_leaves(self) -> None:
        """A client whose queue overflows in a broadcast keeps it from nobody."""
        guest = self.seated()
        deaf = self.table.knock()
        room = guest.actor.room

        for _ in range(300):
            room.broadcast("all")

        self.assertEqual(len(guest.messages("all")), 300)
        self.assertEqual(deaf.code, 4002)

    def test_clients_are_listed(self) -> None:
        """The clients are known by session, and in the order in which they came."""
        guests = [self.seated(), self.table.sit()]
        clients = guests[0].actor.room.clients

        self.assertEqual(list(clients), [each.client for each in guests])
        self.assertEqual(len(clients), 2)
        self.assertIs(clients[guests[1].session_id], guests[1].client)
        self.assertIsNone(clients.get("nobody"))
        self.assertIn(guests[0].client, clients)
        self.assertIn(guests[0].session_id, clients)
        self.assertTrue(clients)

    def test_clients_can_go_while_they_are_listed(self) -> None:
        """Clients may be let go in a loop over them."""
        guest = self.seated()
        others = [self.table.sit() for _ in range(3)]

        for client in guest.actor.room.clients:
            client.leave(4001)

        self.assertEqual([each.code for each in [guest, *others]], [4001] * 4)

    def test_listener_can_be_ended(self) -> None:
        """`listen` returns what ends it."""
        guest = self.seated()
        heard: list[Any] = []
        end = guest.actor.room.listen("hi", lambda client, body: heard.append(body))

        guest.send("hi", 1)
        end()
        guest.actor.room.unknown_message = "ignore"
        guest.send("hi", 2)

        self.assertEqual(heard, [1])

    def test_listener_that_takes_too_much_is_refused(self) -> None:
        """A function that could not be called is refused when it is named."""
        room = self.seated().actor.room

        for call in (lambda: None, lambda a, b, c: None):
            self.assertRaises(TypeError, room.listen, "hi", call)
        self.assertRaises(TypeError, room.listen, "*", lambda client: None)
        self.assertRaises(TypeError, room.listen, "x", lambda client: None, raw=True)

    def test_seed_makes_chance_repeat(self) -> None:
        """A Room's chance grows from its seed."""
        room = self.seated().actor.room
        drawn = [room.random.random() for _ in range(3)]

        again = type(room.random)(room.seed)

        self.assertEqual([again.random() for _ in range(3)], drawn)

    def test_room_shares_presence_until_it_ends(self) -> None:
        """What a Room subscribed to ends with it."""
        guest = self.seated()
        heard: list[Any] = []
        begin(guest.actor.room.presence.subscribe("town", heard.append))
        begin(self.table.around.presence.publish("town", 1))
        self.table.beat(0)
        guest.leave()

        begin(self.table.around.presence.publish("town", 2))
        self.table.beat(0)

        self.assertEqual(heard, [1])

    def test_what_a_room_is(self) -> None:
        """A Room knows its kind, its Node's matchmaker, and that it has no State."""
        room = self.seated().actor.room

        self.assertEqual(room.kind, "room")
        self.assertIs(room.matchmaker, self.table.matchmaker)
        self.assertIsNone(room.tree)
        self.assertIsNone(room.code)
        self.assertRaises(StateError, lambda: room.state)
