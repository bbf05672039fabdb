"""Tests of `nexus.room.clock.deadline`, in virtual time."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.record import Timer
from nexus.room import Client, on_message
from nexus.testing import Harness
from nexus.wire.codec import pack
from tests.room.bank import banking


def rung(house: Harness) -> int:
    """Say how often it rang in the Room that there is."""
    [room] = house.rooms
    return int(room.state.rung)


class DeadlinesTests(SynchronousTestCase):
    def test_timer_goes_on_after_a_crash(self) -> None:
        """A timer fires when it was to fire, once, whoever runs the Room by then."""
        with banking() as house:
            ada = house.join_or_create()
            ada.request("ring", 20)
            house.advance(8)
            house.crash(away=3)
            house.advance(8)
            self.assertEqual(rung(house), 0)
            house.advance(2)
            self.assertEqual(rung(house), 1)
            house.advance(1)
            house.crash()
            house.advance(30)

            self.assertEqual(rung(house), 1)

    def test_timer_whose_time_is_over_fires_late(self) -> None:
        """What was due while nobody ran the Room is made good, once."""
        for act in ("crash", "restart"):
            with self.subTest(act=act), banking() as house:
                ada = house.join_or_create()
                ada.request("ring", 20)
                getattr(house, act)(away=100)
                house.advance(0.2)
                self.assertEqual(rung(house), 1)
                getattr(house, act)()
                house.advance(30)

                self.assertEqual(rung(house), 1)

    def test_timer_that_repeats(self) -> None:
        """It keeps its beat, and does not make good what nobody saw."""
        with banking(hibernate_seconds=None) as house:
            ada = house.join_or_create()
            ada.request("beat", 10)
            house.advance(35)
            self.assertEqual(rung(house), 3)
            house.crash()
            house.advance(4)
            self.assertEqual(rung(house), 3)
            house.advance(2)
            self.assertEqual(rung(house), 4)
            house.restart(away=65)
            house.advance(0.2)
            self.assertEqual(rung(house), 5)
            house.advance(10)
            self.assertEqual(rung(house), 6)

    def test_only_what_changed_is_written(self) -> None:
        """A timer that fires again costs a few bytes, however many others there are."""

        def start(self: Any, client: Client) -> None:
            for number in range(200):
                self.clock.every(1000, self.ring, "x" * 50, number)
            self.clock.every(1, self.ring, 1)

        with banking(start=on_message("start")(start)) as house:
            ada = house.join_or_create()
            ada.request("start")
            house.advance(1)
            kept = house.archive.rooms[ada.room_id]
            before = set(kept.entries)
            house.advance(10)
            made = [
                each for number, each in kept.entries.items() if number not in before
            ]
            sizes = [len(each.payload) for each in made]
            self.assertGreaterEqual(len(sizes), 10)
            self.assertLess(max(sizes), 100)
            house.crash()
            house.advance(5.5)

            self.assertEqual(rung(house), 16)
            self.assertEqual(house.rooms[0].room.actor.rhythm.time.timers, 201)

    def test_timers_of_before_are_not_there_twice(self) -> None:
        """The first entry of an owner says which timers there are, whatever was."""

        def on_restore(self: Any, info: Any) -> None:
            self.clock.clear()
            self.clock.call_later(7, self.ring, 100)

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.request("ring", 20)
            ada.request("beat", 10)
            house.crash()
            del type(house.rooms[0].room).on_restore
            house.advance(1)
            house.crash()
            house.advance(8)
            self.assertEqual(rung(house), 100)
            house.crash()
            house.advance(60)

            self.assertEqual(rung(house), 100)

    def test_timer_of_a_room_that_sleeps(self) -> None:
        """A Room that sleeps is not woken by its timers: they fire when it wakes."""
        with banking() as house:
            ada = house.join_or_create()
            ada.request("ring", 100)
            ada.leave()
            house.advance(300)
            self.assertEqual(house.rooms, [])
            house.join_by_id(ada.room_id)
            house.advance(0.2)

            self.assertEqual(rung(house), 1)

    def test_cancelled_timer_stays_cancelled(self) -> None:
        """What was called off before the end is not there after it."""

        def start(self: Any, client: Client) -> None:
            self.timer = self.clock.call_later(20, self.ring, 1)

        def cancel(self: Any, client: Client) -> None:
            self.timer.cancel()

        said = {"start": on_message("start")(start), "end": on_message("end")(cancel)}
        with banking(**said) as house:
            ada = house.join_or_create()
            ada.request("start")
            ada.request("end")
            house.crash()
            house.advance(29)

            self.assertEqual(rung(house), 0)

    def test_closures_live_in_one_process(self) -> None:
        """Only methods of the Room, with plain arguments, outlive it."""

        def start(self: Any, client: Client) -> None:
            self.clock.call_later(5, lambda: self.ring(100))
            self.clock.call_later(5, self.ring, object())
            self.clock.call_later(5, self.ring, 1)

        with banking(start=on_message("start")(start)) as house:
            ada = house.join_or_create()
            ada.request("start")
            house.crash()
            house.advance(6)

            self.assertEqual(rung(house), 1)

    def test_method_that_is_gone(self) -> None:
        """A timer of a method that the class has no more is left out, and told of."""

        def start(self: Any, client: Client) -> None:
            self.clock.call_later(5, self.old)
            self.clock.call_later(5, self.ring, 1)

        def old(self: Any) -> None:
            self.ring(100)

        said = {"start": on_message("start")(start), "old": old}
        with banking(**said) as house:
            ada = house.join_or_create()
            ada.request("start")
            del type(house.rooms[0].room).old
            house.crash()
            house.advance(6)

            self.assertEqual(rung(house), 1)

    def test_timer_that_names_what_is_no_method_of_the_author(self) -> None:
        """A damaged name calls nothing that every object of Python has."""
        with banking() as house:
            house.join_or_create()
            actor = house.rooms[0].room.actor
            wrong = Timer("__setattr__", pack(["durability", "memory"]), 0.0)
            actor.deadlines.restore([wrong])
            house.advance(1)

            self.assertEqual(actor.room.durability, "confirmed")
            self.assertEqual(actor.rhythm.time.timers, 0)

    def test_timer_that_names_what_is_no_method(self) -> None:
        """A name of something else that could be called, or asked, does neither."""
        made: list[object] = []
        with banking(helper=staticmethod(made.append)) as house:
            house.join_or_create()
            actor = house.rooms[0].room.actor
            names = ("helper", "presence", "has_drop")
            actor.deadlines.restore([Timer(each, pack([1]), 0.0) for each in names])
            house.advance(1)

            self.assertEqual((made, actor.rhythm.time.timers), ([], 0))
