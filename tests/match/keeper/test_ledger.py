"""Tests of `nexus.match.keeper.ledger`."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Card, Event, Status
from nexus.background import Background
from nexus.match.keeper.ledger import Ledger
from nexus.match.registry import Registry
from nexus.store.port import StoreError
from tests.archive.contract import card, stored
from tests.room.bank import banking

START = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Actor(SimpleNamespace):
    """As much of a RoomActor as a Ledger knows."""

    __hash__ = object.__hash__

    def __init__(self, room_id: str, *, kept: bool = True) -> None:
        journal = SimpleNamespace(epoch=1) if kept else None
        super().__init__(
            room_id=room_id, journal=journal, is_running=True, members={}, clients=0
        )

    def join(self, session_id: str) -> Any:
        """Take a client in."""
        client = self.members[session_id] = SimpleNamespace(
            session_id=session_id,
            roles=frozenset({"host"}),
            connection=object(),
            hold_code=4000,
            left=True,
        )
        return client


class RefusingArchive(MemoryArchive):
    """An archive that cannot store what is of one session."""

    async def log(self, events: Any) -> None:
        """Append to the log, or fail."""
        if any(each.session_id == "bad" for each in events):
            raise StoreError("no such text")
        await super().log(events)


class LedgerTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Watch a registry with one Room."""
        self.clock = Clock()
        self.clock.advance(START.timestamp())
        self.archive = RefusingArchive()
        self.registry = Registry(Random(1))
        self.dropped = 0
        self.away = False
        self.ledger = self.make()
        self.room: Any = self.create("r")

    def make(self, **said: Any) -> Ledger:
        """Start a ledger."""
        ledger = Ledger(
            archive=self.archive,
            registry=self.registry,
            clock=self.clock,
            background=Background(),
            card_of=self.card_of,
            is_away=lambda: self.away or bool(self.archive.away),
            on_dropped=self.drop,
            **said,
        )
        ledger.start()
        return ledger

    def drop(self, count: int) -> None:
        """Count the events that were forgotten."""
        self.dropped += count

    def create(self, room_id: str) -> Actor:
        """Keep a Room."""
        self.successResultOf(
            Deferred.fromCoroutine(
                self.archive.create(card(room_id), stored(room_id), "node")
            )
        )
        return Actor(room_id)

    def card_of(self, actor: Any) -> Card:
        """Return the card of a Room."""
        return card(actor.room_id, epoch=1, owner="node", clients=len(actor.members))

    def members(self, room_id: str = "r") -> list[tuple[str, bool]]:
        """Return who is in a Room, as the archive has it."""
        found = self.archive.rooms[room_id].members
        return [(each.session_id, each.is_connected) for each in found]

    def test_life_of_a_connection(self) -> None:
        """Each event is logged with its time, and its code; the members follow."""
        client = self.room.join("ann")
        self.registry.tell("join", self.room, client)
        self.clock.advance(1)
        self.assertEqual(self.members(), [("ann", True)])

        client.connection = None
        client.hold_code = 1006
        self.registry.tell("drop", self.room, client)
        self.clock.advance(1)
        self.assertEqual(self.members(), [("ann", False)])
        self.registry.tell("reconnect", self.room, client)
        client.hold_code = 4000
        del self.room.members["ann"]
        self.registry.tell("leave", self.room, client)
        self.clock.advance(1)

        self.assertEqual(self.members(), [])
        told = [(each.kind, each.code, each.session_id) for each in self.archive.events]
        self.assertEqual(
            told,
            [
                ("join", None, "ann"),
                ("drop", 1006, "ann"),
                ("reconnect", None, "ann"),
                ("leave", 4000, "ann"),
            ],
        )
        self.assertEqual(self.archive.events[0].at, START)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nobody_leaves_who_was_not_there(self) -> None:
        """Who failed to come in has not left, as nobody was told that it had come."""
        client = self.room.join("ann")
        client.left = False
        self.registry.tell("leave", self.room, client)
        self.clock.advance(1)

        self.assertEqual(self.archive.events, [])

    def test_rooms_in_memory_have_events_only(self) -> None:
        """The archive learns nothing of a Room that is not kept but its events."""
        room: Any = Actor("m", kept=False)
        self.registry.tell("join", room, room.join("ann"))
        self.clock.advance(1)

        self.assertEqual([each.room_id for each in self.archive.events], ["m"])
        self.assertNotIn("m", self.archive.rooms)

    def test_once_in_a_while(self) -> None:
        """However much happens, rooms and events are written once in the interval."""
        for number in range(1200):
            self.registry.tell("join", self.room, self.room.join(f"s{number}"))
        self.assertEqual(self.archive.events, [])
        self.clock.advance(1)

        self.assertEqual(len(self.archive.events), 1200)
        self.assertEqual(len(self.members()), 1200)

    def test_many_rooms_wait_for_their_turn(self) -> None:
        """Of many Rooms some are written each time, those that changed first."""
        rooms: list[Any] = [self.create(f"r{number:03}") for number in range(120)]
        for room in rooms:
            self.registry.tell("join", room, room.join("ann"))
        counts = []
        for _ in range(4):
            self.clock.advance(1)
            counts.append(sum(bool(self.members(each.room_id)) for each in rooms))

        self.assertEqual(counts, [50, 100, 120, 120])

    def test_rest_has_the_last_word(self) -> None:
        """A Room that rests, or ended, is not called active by what comes late."""
        self.registry.tell("join", self.room, self.room.join("ann"))
        asleep = evolve(self.card_of(self.room), status=Status.HIBERNATING)
        self.successResultOf(Deferred.fromCoroutine(self.archive.update(asleep, [])))
        self.clock.advance(1)
        self.assertIs(self.archive.rooms["r"].card.status, Status.HIBERNATING)
        self.assertEqual(self.members(), [])

        self.assertEqual(len(self.ledger), 0)

    def test_room_that_stopped(self) -> None:
        """The card of a Room that does not run any more is not written again."""
        rested = evolve(self.card_of(self.room), owner="")
        self.successResultOf(Deferred.fromCoroutine(self.archive.update(rested, [])))
        self.registry.tell("unlock", self.room, None)
        self.room.is_running = False
        self.clock.advance(1)

        self.assertEqual(self.archive.rooms["r"].card.owner, "")

    def test_outage(self) -> None:
        """While the database is away all waits, and then it is written in order."""
        for why in ("the writer says so", "it finds out"):
            self.away = why == "the writer says so"
            with self.archive.outage() if not self.away else self.archive.outage(""):
                self.registry.tell("join", self.room, self.room.join(why))
                self.clock.pump([1] * 5)
                self.assertEqual(self.archive.events, [])
            self.away = False
            self.clock.advance(1)

            self.assertEqual([each.session_id for each in self.archive.events], [why])
            self.assertIn((why, True), self.members())
            self.archive.events.clear()

    def test_database_that_is_lost_meanwhile(self) -> None:
        """What the database did not take waits on, in its place."""
        self.ledger = self.make(most_events=3)
        self.ledger._is_away = lambda: False
        with self.archive.outage():
            for name in ("a", "b"):
                self.registry.tell("join", self.room, self.room.join(name))
            self.clock.advance(1)
            self.assertEqual(len(self.ledger), 3)
            for name in ("c", "d"):
                self.registry.tell("join", self.room, self.room.join(name))
        self.clock.advance(1)

        told = [each.session_id for each in self.archive.events]
        self.assertEqual(told[-3:], ["b", "c", "d"])
        self.assertEqual(self.dropped, 1)

    def test_oldest_events_are_forgotten(self) -> None:
        """When too many wait the oldest are forgotten, and counted."""
        ledger = self.make(most_events=10)
        self.away = True
        for number in range(25):
            self.registry.tell("join", self.room, self.room.join(f"s{number}"))

        self.assertEqual(self.dropped, 15)
        self.assertEqual(len(ledger), 11)

    def test_event_that_cannot_be_stored(self) -> None:
        """What cannot be stored is let go, so that nothing waits behind it."""
        self.registry.tell("join", self.room, self.room.join("bad"))
        self.clock.advance(1)
        self.registry.tell("join", self.room, self.room.join("good"))
        self.clock.advance(1)

        self.assertEqual(self.dropped, 1)
        told: list[Event] = self.archive.events
        self.assertEqual([each.session_id for each in told], ["good"])
        self.assertEqual(len(self.flushLoggedErrors(StoreError)), 1)

    def test_stop(self) -> None:
        """At its end all that waits is written, and nothing is taken down any more."""
        for number in range(3000):
            self.registry.tell("join", self.room, self.room.join(f"s{number}"))
        self.successResultOf(Deferred.fromCoroutine(self.ledger.stop()))
        self.registry.tell("join", self.room, self.room.join("late"))

        self.assertEqual(len(self.archive.events), 3000)
        self.assertEqual(len(self.members()), 3000)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stop_while_the_database_is_away(self) -> None:
        """Nobody waits for a database that is away, or goes away."""
        self.registry.tell("join", self.room, self.room.join("ann"))
        self.ledger._is_away = lambda: False
        with self.archive.outage():
            self.successResultOf(Deferred.fromCoroutine(self.ledger.stop()))

        self.assertEqual(len(self.ledger), 2)


class HouseTests(SynchronousTestCase):
    def test_connections_of_a_room(self) -> None:
        """What happens to sockets is logged with its codes, and seen in the members."""
        with banking() as house:
            ada = house.join_or_create()
            room_id = ada.room_id
            house.advance(2)
            ada.drop(1006)
            house.advance(2)
            [member] = house.archive.rooms[room_id].members
            self.assertFalse(member.is_connected)
            ada.rejoin()
            house.advance(2)
            [member] = house.archive.rooms[room_id].members
            self.assertTrue(member.is_connected)
            ada.leave()
            house.advance(2)

            told = [(each.kind, each.code) for each in house.archive.events]
            self.assertEqual(
                told,
                [("join", None), ("drop", 1006), ("reconnect", None), ("leave", 4000)],
            )
            self.assertEqual(house.archive.rooms[room_id].members, [])

    def test_seat_that_nobody_returned_to(self) -> None:
        """Who did not come back in time left with the code of its loss."""
        with banking() as house:
            ada = house.join_or_create()
            ada.drop(1001)
            house.advance(35)

            told = [(each.kind, each.code) for each in house.archive.events]
            self.assertEqual(told, [("join", None), ("drop", 1001), ("leave", 1001)])

    def test_nobody_is_connected_to_a_node_that_stopped(self) -> None:
        """Members of a Room that rests are away, though nothing is logged of that."""
        with banking() as house:
            ada = house.join_or_create()
            house.advance(2)
            house.restart()
            [member] = house.archive.rooms[ada.room_id].members

            self.assertFalse(member.is_connected)
            self.assertEqual([each.kind for each in house.archive.events], ["join"])
