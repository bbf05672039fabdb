"""Tests of `nexus.room.seat.seat`."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Refused
from nexus.room import RoomFull, Seat, SeatExpired
from nexus.room.seat.seat import Held, Seats


class SeatsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make seats on a clock of ours; note which promises ran out."""
        self.clock = Clock()
        self.freed: list[str] = []

        def later(seconds: float, call: object) -> object:
            return self.clock.callLater(seconds, call).cancel

        self.seats = Seats(later, lambda seat: self.freed.append(seat.session_id))

    def reserve(self, name: str, capacity: int = 2) -> Seat:
        """Promise a seat for ten seconds."""
        seat = Seat(name, {})
        self.seats.reserve(seat, capacity=capacity, seconds=10.0)
        return seat

    def test_promises_count(self) -> None:
        """A promised seat is one less for others."""
        self.reserve("a")
        self.reserve("b")

        self.assertRaises(RoomFull, self.reserve, "c")
        self.assertEqual((len(self.seats), self.seats.promised()), (2, 2))

    def test_promise_runs_out(self) -> None:
        """A promise that nobody claims is taken back, and that is told."""
        self.reserve("a")

        self.clock.advance(10.0)

        self.assertEqual((len(self.seats), self.freed), (0, ["a"]))
        self.assertRaises(SeatExpired, self.seats.claim, "a")

    def test_claim_stops_the_time(self) -> None:
        """A seat that was claimed is kept until it is freed."""
        seat = self.reserve("a")
        self.seats.claim("a")

        self.clock.advance(100.0)

        self.assertIs(seat.held, Held.TAKEN)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertIn("a", self.seats)

    def test_claim_is_for_one(self) -> None:
        """A seat is claimed once, and only where one was promised."""
        self.reserve("a")
        self.seats.claim("a")

        self.assertRaises(SeatExpired, self.seats.claim, "a")
        self.assertRaises(SeatExpired, self.seats.claim, "nobody")

    def test_one_seat_a_session(self) -> None:
        """A session has at most one seat."""
        self.reserve("a")

        self.assertRaises(Refused, self.reserve, "a", 5)

    def test_free_is_harmless_twice(self) -> None:
        """A seat that was given back can be given back again."""
        self.reserve("a")

        self.seats.free("a")
        self.seats.free("a")

        self.assertEqual(len(self.seats), 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_clear_frees_all(self) -> None:
        """When the Room ends no promise is left, nor its time."""
        self.reserve("a")
        self.reserve("b")

        self.seats.clear()

        self.assertEqual((len(self.seats), self.clock.getDelayedCalls()), (0, []))
        self.assertEqual(self.freed, [])
