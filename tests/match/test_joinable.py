"""Tests of `nexus.match.joinable`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.match.joinable import ANY, Fit, Joinable
from nexus.room.sign import Sign


class Actor:
    """As much of a RoomActor as is looked at, which counts how often it is."""

    looks = 0

    def __init__(self, *, locked: bool = False) -> None:
        self.kind = "arena"
        self.locked = locked
        self.sign = Sign()

    @property
    def is_locked(self) -> bool:
        """Whether nobody gets in."""
        Actor.looks += 1
        return self.locked


def of(**values: Any) -> frozenset[tuple[str, Any]]:
    """Make the values of a Room."""
    return frozenset(values.items())


class JoinableTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Begin without Rooms."""
        self.rooms = Joinable()

    def put(self, serial: int, **values: Any) -> Any:
        """Put a Room."""
        actor: Any = Actor()
        self.rooms.put(actor, serial, of(**values))
        return actor

    def test_all_that_a_wish_says_must_fit(self) -> None:
        """What a wish does not say fits every Room; the oldest is first."""
        b = self.put(2, mode="duel", map="b")
        a = self.put(1, mode="duel", map="a")
        c = self.put(3, mode="team", map="a")

        for fit, found in (
            (ANY, [a, b, c]),
            (Fit(of(mode="duel")), [a, b]),
            (Fit(of(map="a")), [a, c]),
            (Fit(of(mode="team", map="a"), whole=True), [c]),
            (Fit(of(mode="team", map="b"), whole=True), []),
            (Fit(of(mode="solo")), []),
            # What is whole leaves nothing open, so it is looked up.
            (Fit(of(mode="duel"), whole=True), []),
        ):
            self.assertEqual(self.rooms.all("arena", fit), found)
            first = found[0] if found else None
            self.assertIs(self.rooms.oldest("arena", fit), first)
        self.assertEqual(self.rooms.all("town", ANY), [])

    def test_order_is_that_of_the_making(self) -> None:
        """A Room that takes people in again is where it was; twice put counts once."""
        actors = [self.put(serial) for serial in range(5)]
        for serial in (0, 3):
            self.rooms.drop(actors[serial], serial, of())
        self.rooms.drop(actors[3], 3, of())
        for serial in (3, 0, 1):
            self.rooms.put(actors[serial], serial, of())

        self.assertEqual(self.rooms.all("arena", ANY), actors)

    def test_rooms_that_lock_are_passed_over(self) -> None:
        """What is locked or private is not found, though nobody said so yet."""
        a, b, c = (self.put(serial) for serial in range(3))
        a.locked = b.sign.private = True

        self.assertIs(self.rooms.oldest("arena", ANY), c)
        self.assertEqual(self.rooms.all("arena", ANY), [c])

    def test_nothing_is_left(self) -> None:
        """Of Rooms that are gone nothing is kept."""
        actors = [self.put(serial, mode=serial % 2) for serial in range(4)]

        for serial, actor in enumerate(actors):
            self.rooms.drop(actor, serial, of(mode=serial % 2))
        self.rooms.drop(actors[0], 0, of(mode=0))

        self.assertEqual(self.rooms._kinds, {})

    def test_other_rooms_cost_nothing(self) -> None:
        """Of a thousand Rooms just one is looked at for a wish."""
        for serial in range(1000):
            self.put(serial, mode=serial % 10)
        Actor.looks = 0

        found = self.rooms.oldest("arena", Fit(of(mode=7), whole=True))

        self.assertIsNotNone(found)
        self.assertEqual(Actor.looks, 1)
