"""A Node in memory: its clock, its Rooms, and guests at sockets that only record."""

from __future__ import annotations

from collections.abc import Coroutine
from random import Random
from typing import Any, Final, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.background import Background
from nexus.cluster.memory import MemoryPresence
from nexus.limit import Limits
from nexus.match import Catalog, Entrance, Matchmaker, Reservation
from nexus.metrics import Metrics
from nexus.net.port import Arrival, Receiver
from nexus.room import Client, Connection, Context, Room, RoomActor, Surroundings
from nexus.room.meter import Meters
from nexus.wire import frame as frames
from nexus.wire import message
from nexus.wire.dialect import CURRENT
from nexus.wire.message import UNDEFINED
from nexus.wire.native import Replica
from tests.support.socket import MemorySocket

__all__ = [
    "NATIVE",
    "OUTSIDE",
    "Guest",
    "Table",
    "TableTestCase",
    "begin",
    "result",
]

_T = TypeVar("_T")

#: What an SDK asks for that reads our own state format.
NATIVE: Final = {"__nexus": {"serializer": "nexus"}}

#: The context of a wish that comes from outside.
OUTSIDE: Final = Context("a-token", "192.0.2.7", {})


def begin(work: Coroutine[Any, Any, _T]) -> Deferred[_T]:
    """Let a coroutine run until it waits."""
    return Deferred.fromCoroutine(work)


def result(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what a coroutine that waits for nothing returns, or raise it."""
    got: list[Any] = []
    begin(work).addBoth(got.append)
    if not got:
        raise AssertionError("it waits for something")
    if isinstance(got[0], Failure):
        got[0].raiseException()
    return got[0]  # type: ignore[no-any-return]  # as the coroutine says


@define(eq=False)
class Guest:
    """A client at a socket, as a test plays it."""

    table: Table
    room_id: str
    session_id: str
    socket: MemorySocket = field(factory=MemorySocket)
    receiver: Receiver | None = None
    replica: Replica = field(factory=Replica)
    lost: bool = False
    _read: int = 0

    @property
    def connection(self) -> Connection:
        """The Connection behind the socket."""
        assert isinstance(self.receiver, Connection)
        return self.receiver

    @property
    def client(self) -> Client:
        """The Client that the Connection speaks for."""
        assert self.connection.client is not None
        return self.connection.client

    @property
    def actor(self) -> RoomActor:
        """The Room that the Client is in."""
        assert self.connection.actor is not None
        return self.connection.actor

    @property
    def frames(self) -> list[frames.Frame | None]:
        """What came, read."""
        return [frames.read_server(data, CURRENT) for data in self.socket.sent]

    @property
    def token(self) -> str:
        """What JOIN_ROOM said to come back with."""
        [join] = [each for each in self.frames if isinstance(each, frames.JoinRoom)]
        return join.token

    @property
    def joined(self) -> bool:
        """Whether JOIN_ROOM came."""
        return any(isinstance(each, frames.JoinRoom) for each in self.frames)

    @property
    def failures(self) -> list[frames.Failure]:
        """The ERRORs that came."""
        return [each for each in self.frames if isinstance(each, frames.Failure)]

    @property
    def states(self) -> list[frames.Snapshot]:
        """The whole states that came."""
        return [each for each in self.frames if isinstance(each, frames.Snapshot)]

    @property
    def code(self) -> int | None:
        """What the socket was closed with."""
        return None if self.socket.closed is None else self.socket.closed[0]

    def messages(self, type_: str | int) -> list[Any]:
        """Return the payloads of the messages of a type that came."""
        return [
            message.decode(each.payload) if each.payload else UNDEFINED
            for each in self.frames
            if isinstance(each, frames.Message) and each.type == type_
        ]

    def answers(self) -> list[tuple[int, str, Any]]:
        """Return the numbers, names of status and values of all answers that came."""
        return [
            (
                each.number,
                each.status.name,
                message.decode(each.payload) if each.payload else UNDEFINED,
            )
            for each in self.frames
            if isinstance(each, frames.Response)
        ]

    def say(self, data: bytes) -> None:
        """Let the client send a frame, unless its socket is closed."""
        if self.socket.closed is None and not self.lost:
            assert self.receiver is not None
            self.receiver.receive(data)

    def ack(self) -> Guest:
        """Let the client take JOIN_ROOM."""
        self.say(b"\x0a")
        return self

    def send(self, type_: str | int, payload: Any = UNDEFINED) -> None:
        """Let the client send a message."""
        body = b"" if payload is UNDEFINED else message.encode(payload)
        self.say(frames.encode_message(type_, body))

    def request(self, number: int, type_: str, payload: Any = UNDEFINED) -> None:
        """Let the client ask something."""
        body = b"" if payload is UNDEFINED else message.encode(payload)
        head = b"\x15" + bytes((number,))
        self.say(head + frames.encode_message(type_, body)[1:])

    def leave(self) -> None:
        """Let the client leave of its own will."""
        self.say(b"\x0c")

    def drop(self, code: int = 1006) -> None:
        """Let the socket be gone; a close that we began ends with our code."""
        if self.lost:
            return
        self.lost = True
        if self.socket.closed is not None:
            code = self.socket.closed[0]
        else:
            self.socket.closed = (code, "gone")
        assert self.receiver is not None
        self.receiver.lost(code, "")

    def back(self, token: str | None = None, **query: str) -> Guest:
        """Come back by another socket, with the token that this one was given."""
        return self.table.arrive(
            self.room_id,
            self.session_id,
            reconnectionToken=self.token if token is None else token,
            **query,
        )

    def follow(self, other: Guest | None = None) -> Replica:
        """Let the Replica take what came since; of another Guest, go on with its."""
        if other is not None:
            self.replica = other.follow()
        new, self._read = self.frames[self._read :], len(self.socket.sent)
        for each in new:
            if isinstance(each, frames.JoinRoom) and each.handshake:
                self.replica.set_outline(each.handshake)
            elif isinstance(each, frames.Snapshot):
                self.replica.apply_snapshot(each.content)
            elif isinstance(each, frames.Patch):
                self.replica.apply_patch(each.content)
        return self.replica


class Table:
    """A Node without sockets, and all that a test does with it.

    Args:
        limits: How much of everything there may be.
        seed: Where chance begins.
    """

    def __init__(self, limits: Limits | None = None, *, seed: int = 7) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.catalog = Catalog()
        self.background = Background()
        self.around = Surroundings(
            clock=self.clock,
            random=Random(seed),
            limits=limits or Limits(),
            presence=MemoryPresence(self.clock),
            background=self.background,
            meters=Meters(Metrics()),
        )
        self.matchmaker = Matchmaker(
            self.catalog, process_id="node", around=self.around
        )
        self.entrance = Entrance(self.matchmaker)
        self.guests: list[Guest] = []

    def define(self, room: type[Room[Any]], name: str = "room", **said: Any) -> None:
        """Let guests ask for a class of Rooms."""
        self.catalog.define(name, room, **said)

    def reserve(self, name: str = "room", **options: Any) -> Reservation:
        """Promise a seat in a Room that is found or made."""
        return result(self.matchmaker.join_or_create(name, options))

    def arrive(self, room_id: str, session_id: str, **query: str) -> Guest:
        """Let a socket come for a seat."""
        guest = Guest(self, room_id, session_id)
        self.guests.append(guest)
        arrival = Arrival(
            path=f"/node/{room_id}",
            query={"sessionId": session_id, **query},
            headers={},
            address="192.0.2.7",
            secure=False,
        )
        guest.receiver = self.entrance.accept(arrival, guest.socket)
        return guest

    def come(self, reservation: Reservation) -> Guest:
        """Let a socket claim a seat."""
        return self.arrive(reservation.listing.room_id, reservation.session_id)

    def knock(self, name: str = "room", **options: Any) -> Guest:
        """Reserve and claim; the guest has not taken its state."""
        return self.come(self.reserve(name, **options))

    def sit(self, name: str = "room", **options: Any) -> Guest:
        """Reserve, claim and take the state."""
        return self.knock(name, **options).ack()

    def actor(self, room_id: str) -> RoomActor:
        """Return an open Room."""
        return self.matchmaker.registry.get(room_id)

    @property
    def rooms(self) -> list[RoomActor]:
        """All open Rooms."""
        return list(self.matchmaker.registry)

    def beat(self, seconds: float = 0.05, times: int = 1) -> None:
        """Let time pass."""
        for _ in range(times):
            self.clock.advance(seconds)
            self._look_at_outlets()

    def _look_at_outlets(self) -> None:
        """See that nobody has a short way to a client who is not to be sent patches."""
        for actor in self.rooms:
            fanout: Any = actor.fanout
            if fanout is None:
                continue
            ours = fanout._courier._listeners.items()
            pairs = [(client, outlet) for client, (outlet, _) in ours]
            theirs = fanout._carrier._listeners.values()
            pairs += [pair for each in theirs for pair in each.items()]
            for client, outlet in pairs:
                connection = client.connection
                is_ready = connection is not None and connection.ready
                assert not outlet.most or (is_ready and connection.outlet is outlet)
            for client, outlet in [pair for each in theirs for pair in each.items()]:
                assert not (outlet.most and outlet.spare > 0 and client.pace.is_slow)

    def hang_up(self) -> None:
        """Let the peers of all sockets that we closed go."""
        for guest in self.guests:
            if guest.socket.closed is not None:
                guest.drop()


class TableTestCase(SynchronousTestCase):
    """A test at a Table of its own, which is to be left clean."""

    limits: Limits | None = None

    @override
    def setUp(self) -> None:
        """Set the table."""
        self.table = Table(self.limits)

    @override
    def tearDown(self) -> None:
        """Let everybody go, and look that nothing is left of any Room."""
        self.clear(self.table)

    def clear(self, table: Table) -> None:
        """End all Rooms; assert that no timer and no detached work is left."""
        for actor in table.rooms:
            if actor.is_open:
                table.background.spawn(actor.close(), "clear")
        table.hang_up()
        table.beat(40.0, times=3)
        self.assertEqual(table.rooms, [])
        self.assertEqual(table.clock.getDelayedCalls(), [])
        self.assertEqual(len(table.background), 0)

    def logged(self, *kinds: type[Exception]) -> list[str]:
        """Take errors off the log, and return their sentences."""
        return [failure.getErrorMessage() for failure in self.flushLoggedErrors(*kinds)]
