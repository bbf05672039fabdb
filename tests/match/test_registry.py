"""Tests of `nexus.match.registry`."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Code, Refused
from nexus.match import Registry
from nexus.match.code import Codes
from nexus.room.sign import Sign


class Actor:
    """As much of a RoomActor as a Registry knows."""

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self.code: str | None = None
        self.kind = "arena"
        self.is_locked = False
        self.sign = Sign()
        self.is_open = True
        self.seats: set[str] = set()
        self.ends: list[Any] = []

    def on_closed(self, ended: Any) -> None:
        """Note who wants to know."""
        self.ends.append(ended)


class RegistryTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a registry with one room in it."""
        self.registry = Registry(Random(3))
        self.actor: Any = Actor("r1")
        self.registry.put(self.actor, code=True)

    def test_room_is_found_by_id_and_code(self) -> None:
        """Both lead to the same room, and neither does once it was dropped."""
        assert self.actor.code is not None
        for name in ("r1", self.actor.code, self.actor.code.lower()):
            self.assertIs(self.registry.get(name), self.actor)

        self.registry.drop(self.actor)
        self.registry.drop(self.actor)

        for name in ("r1", self.actor.code):
            refusal = self.assertRaises(Refused, self.registry.get, name)
            self.assertEqual(refusal.code, Code.NO_ROOM)
        self.assertEqual(len(self.registry), 0)

    def test_rename(self) -> None:
        """A room is found by its new id only; a taken one is refused."""
        self.registry.rename(self.actor, "town")
        self.registry.rename(self.actor, "town")

        self.assertIs(self.registry.get("town"), self.actor)
        self.assertRaises(Refused, self.registry.get, "r1")
        other: Any = Actor("r2")
        self.registry.put(other, code=False)
        for name in ("town", "a:b", "", "x" * 65):
            self.assertRaises(ValueError, self.registry.rename, other, name)
        self.assertIs(self.registry.get("r2"), other)

    def test_no_code_no_room(self) -> None:
        """A room that gets no code is not taken in without one."""
        self.registry._codes = Codes(Random(3), most=1, rest=0)
        self.registry._codes.take()
        late: Any = Actor("late")

        refusal = self.assertRaises(Refused, self.registry.put, late, code=True)

        self.assertEqual(refusal.code, Code.LIMIT)
        self.assertEqual(len(self.registry), 1)

    def test_rooms_may_go_while_they_are_listed(self) -> None:
        """Rooms may be dropped in a loop over them."""
        self.registry.put(Actor("r2"), code=False)  # type: ignore[arg-type]  # enough of one

        for actor in self.registry:
            self.registry.drop(actor)

        self.assertEqual(len(self.registry), 0)

    def test_joinable_rooms_are_those_that_take_people_in(self) -> None:
        """Rooms count by their making, as long as they are open to everybody."""
        other: Any = Actor("r2")
        self.registry.put(other, code=False)
        self.assertEqual(self.registry.joinable("arena"), [])

        for actor in (other, self.actor):
            self.registry.tell("create", actor, None)
        self.assertEqual(self.registry.joinable("arena"), [self.actor, other])

        self.assertIs(self.registry.oldest("arena"), self.actor)

        self.actor.is_locked = True
        self.assertEqual(self.registry.joinable("arena"), [other])
        self.assertIs(self.registry.oldest("arena"), other)
        self.registry.tell("lock", self.actor, None)
        self.actor.is_locked = False
        self.registry.tell("unlock", self.actor, None)
        self.assertEqual(self.registry.joinable("arena"), [self.actor, other])

        other.sign.private = True
        self.registry.tell("visibility", other, None)
        self.registry.tell("dispose", self.actor, None)
        self.assertEqual(self.registry.joinable("arena"), [])
        self.assertEqual(len(self.registry._joinable), 0)

    def test_seats_of_sessions(self) -> None:
        """Sessions are known by their seats, in open Rooms, until these are gone."""
        other: Any = Actor("r2")
        for actor in (self.actor, other):
            self.registry.seat("ada", actor)
            actor.seats.add("ada")
        self.assertEqual(self.registry.seated("ada"), [self.actor, other])
        self.assertEqual(self.registry.seated("bob"), [])

        self.actor.is_open = False
        self.assertEqual(self.registry.seated("ada"), [other])
        other.seats.clear()
        self.assertEqual(self.registry.seated("ada"), [])

        client: Any = SimpleNamespace(session_id="ada")
        self.registry.tell("leave", other, client)
        self.registry.unseat("ada", self.actor)
        self.registry.unseat("ada", self.actor)
        self.assertEqual(self.registry._seated, {})

    def test_watchers_are_told(self) -> None:
        """Whoever watches is told of everything until it ends that."""
        told: list[Any] = []
        end = self.registry.watch(lambda *what: told.append(what))

        self.registry.tell("lock", self.actor, None)
        end()
        end()
        self.registry.tell("unlock", self.actor, None)

        self.assertEqual(told, [("lock", self.actor, None)])

    def test_watcher_that_raises_keeps_it_from_no_other(self) -> None:
        """A watcher's mistake is logged and hurts nobody."""
        told: list[str] = []
        self.registry.watch(lambda *_: 1 / 0)
        self.registry.watch(lambda event, *_: told.append(event))

        self.registry.tell("join", self.actor, None)

        self.assertEqual(told, ["join"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_room_that_closes_is_known_until_it_has_ended(self) -> None:
        """Nobody finds a room that closes, but the Node still waits for it."""
        self.registry.tell("dispose", self.actor, None)
        self.assertEqual(self.registry.closing, {self.actor})

        for ended in self.actor.ends:
            ended()

        self.assertEqual(self.registry.closing, set())
