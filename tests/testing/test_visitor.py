"""Tests of `nexus.testing.visitor`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus import App, Limits, Refused, Room
from nexus.testing import Harness
from tests.testing.arena import Arena


class VisitorTests(SynchronousTestCase):
    def test_ways_to_a_seat_are_those_of_the_sdk(self) -> None:
        """Each finds or makes a Room as an SDK's call of that name does."""
        app = App()
        app.define("arena", Arena, filter_by=("mode",), codes=True)
        with Harness(app) as house:
            visitor = house.visitor()
            with self.assertRaises(Refused) as caught:
                visitor.join(mode="duel")

            one = visitor.create(mode="duel")
            other = visitor.create(mode="race")

            self.assertEqual(caught.exception.code, 521)
            self.assertEqual(visitor.join(mode="race").room_id, other.room_id)
            self.assertEqual(visitor.join_or_create(mode="duel").room_id, one.room_id)
            assert one.room.code is not None
            self.assertEqual(house.join_by_id(one.room.code).room_id, one.room_id)
            self.assertEqual(house.opened(one.room.code).room_id, one.room_id)
            self.assertEqual(len(house.rooms), 2)

    def test_room_learns_who_asks(self) -> None:
        """Token, address and headers are those of the visitor."""
        with Harness(Arena) as house:
            visitor = house.visitor("t0k", "192.0.2.9", {"x-game": "1"})

            ada = visitor.join_or_create()

            self.assertEqual(
                ada.client.auth,
                {"token": "t0k", "address": "192.0.2.9", "x-game": "1"},
            )

    def test_static_hook_is_asked_first(self) -> None:
        """What it says of the asker is the client's, and what it denies has no seat."""

        class Club(Room[Any]):
            @staticmethod
            def on_auth_static(token: str, options: Any, context: Any) -> Any:
                return {"name": "ada"} if token == "t0k" else None

        with Harness(Club) as house:
            ada = house.visitor("t0k").join_or_create()

            self.assertEqual(ada.client.auth, {"name": "ada"})
            with self.assertRaises(Refused) as caught:
                house.visitor().join_or_create()
            self.assertEqual(caught.exception.code, 525)

    def test_guests_have_addresses_of_their_own(self) -> None:
        """What counts by address does not add up over guests, unless they share one."""
        limits = Limits(joins_burst=2, joins_per_second=0.1, connections_per_address=1)
        with Harness(Arena, limits=limits) as house:
            room = house.create()
            for _ in range(3):
                house.join(room)

            crowd = house.visitor(address="192.0.2.9")
            first = crowd.create()
            with self.assertRaisesRegex(Refused, "too many connections"):
                crowd.create()
            with self.assertRaisesRegex(Refused, "too many joins"):
                crowd.create()
            first.leave()
            house.advance(60)
            crowd.create()

    def test_socket_that_the_app_does_not_want_counts_no_more(self) -> None:
        """Whoever the check of the app sent away leaves room for the next."""
        app = App(limits=Limits(connections_per_address=1))
        app.define("arena", Arena)
        wanted = [False, True]

        def check(_: Any) -> None:
            if not wanted.pop(0):
                raise Refused("not you", 403)

        app.check = check
        with Harness(app) as house:
            visitor = house.visitor(address="192.0.2.9")
            with self.assertRaisesRegex(Refused, "not you"):
                visitor.create()

            self.assertTrue(visitor.create().is_in)

    def test_options_are_what_json_makes_of_them(self) -> None:
        """A Room gets no object that a client could not send."""
        with Harness(Arena) as house:
            ada = house.visitor().create(at=(1, 2))

            self.assertEqual(ada.room.room.options, {"at": [1, 2]})
            for wrong in (object(), float("nan")):
                with self.assertRaises((TypeError, ValueError)):
                    house.visitor().create(at=wrong)
            with self.assertRaisesRegex(Refused, "too long"):
                house.visitor().create(at="x" * 20_000)

    def test_other_formats_are_refused(self) -> None:
        """Guests read one format, and say so."""
        with (
            Harness(Arena) as house,
            self.assertRaisesRegex(ValueError, "guests read the nexus format"),
        ):
            house.join_or_create(__nexus={"serializer": "schema"})
