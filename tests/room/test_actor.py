"""Tests of `nexus.room.actor`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Code, Refused, StateError
from nexus.room import Seat
from nexus.state import State, int32
from tests.room.acting import ActorTestCase
from tests.support.room import Gate, scripted
from tests.support.table import begin, result


class Score(State):
    """A State with one number."""

    points: int32 = 0


class OpenTests(ActorTestCase):
    def test_room_whose_on_create_fails_is_discarded(self) -> None:
        """A Room that could not be set up is cleaned up, and nobody finds it."""
        self.room = scripted(script={"on_create": lambda *_: 1 / 0})
        self.table.define(self.room)

        refusal = self.assertRaises(Refused, self.table.reserve)

        self.assertEqual(refusal.code, Code.UNHANDLED)
        self.assertEqual(self.room.diary, [("on_create",), ("on_dispose",)])
        self.assertEqual(self.table.rooms, [])
        self.logged(ZeroDivisionError)

    def test_room_that_refuses_itself(self) -> None:
        """What `on_create` refuses reaches the client with its code."""

        def refuse(*_: Any) -> None:
            raise Refused("closed on mondays", 490)

        self.table.define(scripted(script={"on_create": refuse}))

        refusal = self.assertRaises(Refused, self.table.reserve)

        self.assertEqual((refusal.code, str(refusal)), (490, "closed on mondays"))
        self.assertEqual(self.table.rooms, [])

    def test_room_whose_init_fails_is_opaque(self) -> None:
        """A class that cannot even be made is told by an id only."""

        def fail(*_: Any, **__: Any) -> None:
            raise KeyError("secret")

        self.table.define(scripted(__init__=fail))

        refusal = self.assertRaises(Refused, self.table.reserve)

        self.assertNotIn("secret", str(refusal))
        self.logged(KeyError)

    def test_on_create_that_hangs_is_given_up(self) -> None:
        """A Room that never opens keeps neither its maker nor those who wait."""
        self.table.define(
            scripted(script={"on_create": Gate().wait}, message_seconds=4)
        )
        got: list[Any] = []
        for _ in range(2):
            wish = begin(self.table.matchmaker.join_or_create("room", {}))
            wish.addErrback(got.append)

        self.table.beat(4.0, times=2)

        self.assertEqual([each.value.code for each in got], [Code.UNHANDLED] * 2)
        self.assertEqual(self.table.rooms, [])
        self.logged(Exception)

    def test_on_create_can_sleep(self) -> None:
        """The Room's clock runs while the Room opens."""

        async def sleep(room: Any, _: Any) -> None:
            await room.clock.sleep(0.2)

        self.table.define(scripted(script={"on_create": sleep}))
        seat = begin(self.table.matchmaker.join_or_create("room", {}))

        self.table.beat(0.05, times=6)

        self.assertTrue(seat.called)

    def test_id_can_be_chosen_while_it_opens(self) -> None:
        """A Room may choose its own id, which is found from then on."""

        def name(room: Any, _: Any) -> None:
            room.room_id = "town"

        guest = self.seated(on_create=name)

        self.assertEqual(guest.room_id, "town")
        self.assertIs(self.table.matchmaker.room("town"), guest.actor.room)
        with self.assertRaises(StateError):
            guest.actor.room.room_id = "village"

    def test_id_that_cannot_be(self) -> None:
        """An id that fits no path, or is taken, ends the opening."""
        for wish in ("a:b", "", "x" * 65, "\u00e9"):

            def name(room: Any, _: Any, wish: str = wish) -> None:
                room.room_id = wish

            self.table.catalog.remove("room")
            self.table.define(scripted(script={"on_create": name}))
            self.assertRaises(Refused, self.table.reserve)
        self.assertEqual(len(self.logged(ValueError)), 4)
        self.assertEqual(self.table.rooms, [])

    def test_state_is_assigned_once(self) -> None:
        """A second State is refused; a Room without one says so."""

        def twice(room: Any, _: Any) -> None:
            self.assertRaises(StateError, lambda: room.state)
            room.state = Score()
            with self.assertRaises(StateError):
                room.state = Score()

        self.assertTrue(self.seated(on_create=twice).joined)

    def test_creators_options_stand_below_the_kinds(self) -> None:
        """Options of the definition override those of who creates the Room."""
        seen: list[Any] = []
        room = scripted(script={"on_create": lambda _, options: seen.append(options)})
        self.table.define(room, options={"mode": "duel"})

        self.table.sit(mode="team", map="forest")
        self.table.sit(mode="other")

        self.assertEqual(seen, [{"mode": "duel", "map": "forest"}])


class FilterTests(ActorTestCase):
    def test_metadata_leaves_what_is_filtered_by(self) -> None:
        """A title does not take a Room from those who filter by its mode."""
        self.table.define(scripted(), filter_by=("mode",))
        guest = self.table.sit(mode="a")

        guest.actor.room.set_metadata({"title": "fun"})

        self.assertEqual(guest.actor.sign.metadata, {"mode": "a", "title": "fun"})
        self.assertEqual(self.table.sit(mode="a").room_id, guest.room_id)
        self.assertNotEqual(self.table.sit(mode="b").room_id, guest.room_id)
        with self.assertRaisesRegex(TypeError, "metadata is a dict"):
            guest.actor.room.set_metadata("text")

    def test_setting_that_cannot_be_ends_the_room(self) -> None:
        """A Room whose settings make no sense ends as if `on_create` had failed."""

        def spoil(room: Any, _: Any) -> None:
            room.max_clients = "2"

        self.table.define(scripted(script={"on_create": spoil}))

        refusal = self.assertRaises(Refused, self.table.reserve)

        self.assertEqual(refusal.code, Code.UNHANDLED)
        self.assertEqual(self.table.rooms, [])
        self.assertEqual(self.table.clock.getDelayedCalls(), [])
        self.logged(TypeError)


class LockTests(ActorTestCase):
    def test_last_seat_locks_and_a_free_one_unlocks(self) -> None:
        """A full Room is locked until somebody goes; promises count."""
        events = self.events()
        guest = self.seated({"max_clients": 2})
        self.table.reserve()

        self.assertTrue(guest.actor.is_locked)
        self.table.beat(15.0)

        self.assertFalse(guest.actor.is_locked)
        self.assertEqual(events, ["create", "join", "lock", "unlock"])

    def test_explicit_lock_survives_leavers(self) -> None:
        """What the author locked stays locked until the author unlocks it."""
        guest = self.seated({"max_clients": 2})
        other = self.table.sit()
        guest.actor.room.lock()
        other.leave()

        self.assertTrue(guest.actor.is_locked)
        guest.actor.room.unlock()
        self.assertFalse(guest.actor.is_locked)

    def test_unlock_makes_no_seats(self) -> None:
        """A Room that is full stays locked whatever the author says."""
        guest = self.seated({"max_clients": 1})

        guest.actor.room.unlock()

        self.assertTrue(guest.actor.is_locked)

    def test_more_seats_unlock(self) -> None:
        """Raising `max_clients` opens a full Room, lowering it locks it."""
        guest = self.seated({"max_clients": 1})
        events = self.events()

        guest.actor.room.max_clients = 3
        self.table.beat()
        self.assertFalse(guest.actor.is_locked)
        guest.actor.room.set_matchmaking(max_clients=1)

        self.assertTrue(guest.actor.is_locked)
        self.assertEqual(events, ["unlock", "lock"])

    def test_fewer_seats_than_clients(self) -> None:
        """Lowering `max_clients` below those that are there sends nobody away."""
        guest = self.seated()
        other = self.table.sit()
        guest.actor.room.max_clients = 1

        other.leave()

        self.assertIsNone(guest.code)
        self.assertTrue(guest.actor.is_locked)
        self.assertRaises(Refused, guest.actor.reserve, Seat("late", {}))

    def test_reconnection_looks_at_no_lock(self) -> None:
        """Who was in may come back to a locked Room."""
        guest = self.seated(
            on_drop=lambda room, client, _: room.allow_reconnection(client, 9)
        )
        guest.actor.room.lock()
        guest.drop()

        self.assertTrue(guest.back().joined)

    def test_unknown_change_is_refused_whole(self) -> None:
        """A name that matchmaking does not know changes nothing."""
        guest = self.seated()
        room = guest.actor.room

        self.assertRaises(TypeError, room.set_matchmaking, private=True, colour="red")

        self.assertFalse(guest.actor.sign.private)

    def test_changes_are_told(self) -> None:
        """Those who list Rooms learn of visibility and metadata."""
        guest = self.seated()
        events = self.events()

        guest.actor.room.set_private()
        guest.actor.room.set_metadata({"map": "forest"})

        self.assertEqual(events, ["visibility", "metadata"])
        self.assertEqual(guest.actor.room.metadata, {"map": "forest"})


class EmptyTests(ActorTestCase):
    def test_room_that_nobody_joins_ends(self) -> None:
        """A Room that was made for nobody ends when nobody came in time."""
        self.room = scripted()
        self.table.define(self.room)
        result(self.table.matchmaker.create_room("room"))

        self.table.beat(14.9)
        self.assertEqual(len(self.table.rooms), 1)
        self.table.beat(0.2)

        self.assertEqual(self.room.diary, [("on_create",), ("on_dispose",)])

    def test_unclaimed_seat_is_free_again(self) -> None:
        """A promise ends after `seat_seconds`; it is too late then."""
        guest = self.seated({"seat_seconds": 3.0})
        seat = self.table.reserve()

        self.table.beat(3.0)

        self.assertEqual(len(guest.actor.seats), 1)
        self.assertEqual([e.code for e in self.table.come(seat).failures], [524])

    def test_last_one_out_ends_the_room(self) -> None:
        """A Room in which nobody is, nor will be, ends at once."""
        guest = self.seated()
        self.table.reserve()
        guest.leave()

        self.assertTrue(guest.actor.is_open)
        self.table.beat(15.0)
        self.assertEqual(self.table.rooms, [])

    def test_room_that_lives_on(self) -> None:
        """Without `auto_dispose` an empty Room stays; set again, it ends."""
        guest = self.seated({"auto_dispose": False})
        guest.leave()
        self.table.beat(1.0, times=100)
        self.assertTrue(guest.actor.is_open)

        guest.actor.room.auto_dispose = True
        self.table.beat(1.0)

        self.assertEqual(self.table.rooms, [])

    def test_fresh_room_waits_for_its_first_guest(self) -> None:
        """The beats of a Room that was just made do not end it."""
        self.table.define(scripted())
        listing = result(self.table.matchmaker.create_room("room"))
        self.table.beat(0.05, times=100)

        seat = result(self.table.matchmaker.join_by_id(listing.room_id, {}))

        self.assertTrue(self.table.come(seat).joined)
