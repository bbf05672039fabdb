"""Tests of `nexus.testing.guest`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus import Refused, Room
from nexus.testing import Guest, Harness, NotJoined, RequestError, StillWaiting
from tests.testing.arena import Arena


class GuestTestCase(SynchronousTestCase):
    """Two guests in one Room."""

    @override
    def setUp(self) -> None:
        """Let both join."""
        self.house = Harness(Arena, patience=3)
        self.addCleanup(self.house.close)
        self.room = self.house.create()
        self.ada = self.house.join(self.room, name="ada")
        self.bob = self.house.join(self.room, name="bob")
        self.house.tick()

    def x_of(self, guest: Guest, seen_by: Guest) -> Any:
        """Return where a guest is, as another one sees it."""
        return seen_by.state.dots[guest.session_id].x


class TalkingTests(GuestTestCase):
    def test_guest_sees_what_it_was_sent(self) -> None:
        """What the Room has written is known to guests after the patch, not before."""
        self.ada.send("move", [1.5, 2])

        self.assertEqual(self.room.state.dots[self.ada.session_id].x, 1.5)
        self.assertEqual(self.x_of(self.ada, seen_by=self.bob), 0)
        self.house.tick()
        self.assertEqual(self.x_of(self.ada, seen_by=self.bob), 1.5)

    def test_messages_are_kept_in_order(self) -> None:
        """All that came is there, by type and together."""
        self.ada.send_bytes("raw", b"abc")

        self.assertEqual(self.ada.messages("hello"), ["ada", "bob"])
        self.assertEqual(
            self.ada.received, [("hello", "ada"), ("hello", "bob"), ("raw", b"cba")]
        )

    def test_payloads_go_over_the_wire(self) -> None:
        """The Room gets what a client's library would have written, not our objects."""
        sent = {"at": (1, 2), "big": 2**40, "none": None}
        self.ada.send("note", sent)
        sent["at"] = ()

        self.assertEqual(
            self.room.room.heard, [{"at": [1, 2], "big": 2**40, "none": None}]
        )

    def test_callbacks_of_the_replica_may_send(self) -> None:
        """A guest that reacts to the State is heard at once, in the same call."""
        self.bob.replica.on_change(
            "dots.*.x", lambda value, old, path: self.bob.send("note", value)
        )
        self.ada.send("move", [3, 0])

        self.house.tick()

        self.assertEqual(self.room.room.heard, [3])

    def test_what_the_room_refuses_comes_as_an_error(self) -> None:
        """A message that fails tells its sender a number, and no more."""
        self.ada.send("boom")

        [failed] = self.house.failures
        self.assertEqual(self.ada.errors, [(526, f"internal error {failed.error_id}")])
        self.assertTrue(self.ada.is_in)

    def test_wrong_message_costs_the_seat(self) -> None:
        """A type that nobody listens for closes the socket, as in production."""
        self.ada.send("fly")

        assert self.ada.closed is not None
        self.assertEqual(self.ada.closed[0], 4002)
        self.assertIn('"fly"', self.ada.closed[1])
        with self.assertRaisesRegex(NotJoined, '4002, .*"fly"'):
            self.ada.send("note", 1)

    def test_message_that_is_too_big_costs_the_socket(self) -> None:
        """It is closed with 1009."""
        self.ada.send("note", "x" * 70_000)

        self.assertEqual(self.ada.closed, (1009, "the message is too big"))

    def test_latency_is_what_is_said(self) -> None:
        """The Room's code finds what a heartbeat would have measured."""
        self.ada.measured(0.04)

        self.assertEqual(self.ada.client.latency, 0.04)
        self.assertNotIn("__nexus.latency", [type_ for type_, _ in self.ada.received])


class RequestTests(GuestTestCase):
    def test_answer_is_returned(self) -> None:
        """A plain listener answers at the same moment, an async one when it is done."""
        before = self.house.now

        self.assertEqual(self.ada.request("move", [1, 1]), "moved")
        self.assertEqual(self.house.now, before)
        self.assertEqual(self.ada.request("slow", 1.5), 1.5)
        self.assertAlmostEqual(self.house.now, before + 1.5, delta=0.1)

    def test_nothing_is_an_answer(self) -> None:
        """A listener that returns nothing answers None."""
        self.assertIsNone(self.ada.request("note", 1))

    def test_errors_are_told_as_to_a_client(self) -> None:
        """Each way to fail has its name; of a mistake the cause is there, too."""
        named = {}
        for type_, payload in (
            ("fly", None),
            ("move", "north"),
            ("reject", None),
            ("boom", None),
        ):
            with self.assertRaises(RequestError) as caught:
                self.ada.request(type_, payload)
            named[type_] = caught.exception

        self.assertEqual(
            {type_: error.name for type_, error in named.items()},
            {
                "fly": "no_handler",
                "move": "invalid_payload",
                "reject": "rejected",
                "boom": "Error",
            },
        )
        self.assertEqual(named["reject"].reason, {"why": "no"})
        self.assertIsInstance(named["boom"].__cause__, KeyError)
        self.assertEqual(len(self.house.failures), 1)

    def test_who_is_let_go_meanwhile_gets_no_answer(self) -> None:
        """The request ends with the socket."""
        room = self.room.room
        room.clock.call_later(0.5, room.kick, self.ada.session_id, 4444)

        with self.assertRaises(RequestError) as caught:
            self.ada.request("slow", 2)

        self.assertEqual(caught.exception.name, "closed")
        self.assertEqual(self.ada.closed, (4444, ""))

    def test_answer_that_never_comes_is_named(self) -> None:
        """A listener that waits for the real world is named."""
        with self.assertRaisesRegex(
            StillWaiting, "the listener of 'never' of Arena still waits after 3 s"
        ):
            self.ada.request("never")


class LeavingTests(GuestTestCase):
    def test_guest_leaves(self) -> None:
        """When `leave` returns, `on_leave` is done and the socket closed."""
        self.ada.leave()

        self.assertEqual(self.room.room.left, [(self.ada.session_id, 4000)])
        self.assertEqual(self.ada.closed, (4000, ""))
        self.assertFalse(self.ada.is_in)
        for act in (self.ada.leave, self.ada.drop, lambda: self.ada.request("move")):
            with self.assertRaises(NotJoined):
                act()
        with self.assertRaises(NotJoined):
            _ = self.ada.client

    def test_guest_is_let_go(self) -> None:
        """It learns the code and the reason."""
        self.ada.send("kick")

        self.assertEqual(self.ada.closed, (4444, "enough"))
        self.assertEqual(self.room.room.left, [(self.ada.session_id, 4444)])

    def test_join_that_is_denied_raises_what_a_client_is_told(self) -> None:
        """With the text and the code of the Room's own code."""
        with self.assertRaises(Refused) as caught:
            self.house.join(self.room, refuse="go away")

        self.assertEqual(str(caught.exception), "go away")
        self.assertEqual(caught.exception.code, 4321)

    def test_join_that_fails_has_its_cause(self) -> None:
        """A client is told a number; the test is told what was raised, too."""

        class Broken(Room[Any]):
            def on_join(self, client: Any, options: Any) -> None:
                raise KeyError("nobody")

        with Harness(Broken) as house:
            with self.assertRaisesRegex(Refused, "internal error") as caught:
                house.join_or_create()

            [failed] = house.failures
            self.assertIs(caught.exception.__cause__, failed.error)

    def test_room_without_state_says_so(self) -> None:
        """A guest that was sent no State has none."""
        with Harness(Room) as house:
            ada = house.join_or_create()

            with self.assertRaisesRegex(NotJoined, "was sent no state"):
                _ = ada.state


class ReturningTests(GuestTestCase):
    def test_guest_returns_by_the_patches_that_it_missed(self) -> None:
        """Its listeners are told what changed meanwhile, and nothing else."""
        told: list[Any] = []
        self.ada.replica.on_add("dots", lambda value, path: told.append(path))
        self.ada.replica.on_change("dots.*.x", lambda *said: told.append(said[0]))
        self.ada.drop()
        for x in (1, 2):
            self.bob.send("move", [x, 0])
            self.house.tick()

        self.ada.rejoin()

        self.assertEqual(self.ada.resumed, "patches")
        self.assertEqual(told, [2])
        self.assertEqual(self.x_of(self.bob, seen_by=self.ada), 2)

    def test_guest_returns_by_a_snapshot_when_it_missed_much(self) -> None:
        """Beyond what the Room keeps it gets the whole State, as a difference."""
        told: list[Any] = []
        self.ada.replica.on_add("dots", lambda value, path: told.append(path))
        self.ada.replica.on_change("dots.*.x", lambda *said: told.append(said[0]))
        self.ada.drop()
        for x in range(5000):
            self.room.state.dots[self.bob.session_id].x = x
            self.room.room.broadcast_patch()

        self.ada.rejoin()

        self.assertEqual(self.ada.resumed, "snapshot")
        self.assertEqual(told, [4999])

    def test_what_is_sent_while_away_arrives_once(self) -> None:
        """Messages wait for the return, and come in order."""
        self.ada.send("note", 1)
        self.ada.drop()
        self.ada.send("note", 2)
        self.ada.send_bytes("raw", b"3")
        self.assertEqual(self.room.room.heard, [1])

        self.ada.rejoin()
        self.ada.send("note", 4)
        self.house.advance(0.2)

        self.assertEqual(self.room.room.heard, [1, 2, 4])
        self.assertEqual(self.ada.messages("raw"), [b"3"])
        self.assertEqual((self.ada.unsent, self.ada.refused), (0, []))

    def test_seat_that_was_not_kept_is_gone(self) -> None:
        """Who comes too late is told so, and cannot send any more."""
        self.ada.drop()
        self.house.advance(21)

        with self.assertRaises(Refused) as caught:
            self.ada.rejoin()
        self.assertEqual(caught.exception.code, 524)
        with self.assertRaises(NotJoined):
            self.ada.send("note", 1)

    def test_guest_takes_over_from_its_own_socket(self) -> None:
        """A socket that the Node still thinks open is replaced."""
        self.ada.rejoin()
        self.ada.send("move", [5, 5])
        self.house.tick()

        self.assertEqual(self.room.listing.clients, 2)
        self.assertEqual(self.x_of(self.ada, seen_by=self.ada), 5)

    def test_page_that_was_loaded_anew_takes_over(self) -> None:
        """Another guest with the token has the session, the State and the numbers."""
        self.ada.send("note", 1)
        token = self.ada.reconnection_token
        self.ada.drop()

        again = self.house.visitor().reconnect(token)
        again.send("note", 2)

        self.assertEqual(again.session_id, self.ada.session_id)
        self.assertEqual(self.room.room.heard, [1, 2])
        self.assertIn(again.session_id, again.state.dots)
        with self.assertRaises(Refused):
            self.house.visitor().reconnect(f"{self.room.room_id}:wrong")
