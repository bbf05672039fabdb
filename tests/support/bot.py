"""Python clients at a Node in memory: what lies between them can be held and cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from nexus.client import Client, Room, Setting
from nexus.client.port import Answer, Listener
from nexus.errors import Refused
from nexus.net.outlet import Outlet
from nexus.net.port import Arrival, Receiver
from nexus.room.seat.exit import check_code
from nexus.wire.dialect import CURRENT
from nexus.wire.envelope import contents
from tests.support.table import OUTSIDE, Table

__all__ = ["MemoryNetwork", "Wire", "wait_for"]

#: The methods of the matchmaker, by their words in a path.
_METHODS = {
    "joinOrCreate": "join_or_create",
    "create": "create",
    "join": "join",
    "joinById": "join_by_id",
    "reconnect": "reconnect",
}


@define(eq=False)
class Wire:
    """A client's socket to a Node; what is sent waits until it is carried."""

    url: str
    listener: Listener
    receiver: Receiver | None = None
    #: What is on its way to the client, and to the Node.
    down: list[bytes] = field(factory=list)
    up: list[bytes] = field(factory=list)
    #: What the client got.
    got: list[bytes] = field(factory=list)
    #: What the Node got.
    heard: list[bytes] = field(factory=list)
    #: How it was closed by one of them, while the other has not heard.
    closing: tuple[int, str] | None = None
    is_over: bool = False

    @property
    def query(self) -> dict[str, str]:
        """The words of its query."""
        return dict(parse_qsl(urlsplit(self.url).query))

    # What the client calls.

    def deliver(self, data: bytes) -> None:
        """Send from the client."""
        if not self.is_over and self.closing is None:
            self.up.append(data)

    def close(self, code: int, reason: str) -> None:
        """Close from the client."""
        if self.closing is None:
            self.closing = (code, reason)

    def abort(self) -> None:
        """Cut off from the client."""
        if self.closing is None:
            self.closing = (1006, "aborted")

    # What carries.

    def carry(self, down: int | None = None, up: int | None = None) -> bool:
        """Carry so many frames each way; None: all. Says whether anything moved."""
        moved = False
        while self.up and up != 0 and not self.is_over:
            data = self.up.pop(0)
            self.heard.append(data)
            assert self.receiver is not None
            self.receiver.receive(data)
            up = None if up is None else up - 1
            moved = True
        while self.down and down != 0 and not self.is_over:
            data = self.down.pop(0)
            self.got.append(data)
            self.listener.received(data)
            down = None if down is None else down - 1
            moved = True
        if self.closing is not None and not self.is_over and not self.down:
            self.end(*self.closing)
            moved = True
        return moved

    def end(self, code: int = 1006, reason: str = "gone") -> None:
        """Be gone, for both; what was on its way is lost."""
        if self.is_over:
            return
        self.is_over = True
        self.down.clear()
        self.up.clear()
        if self.receiver is not None:
            self.receiver.lost(code, reason)
        self.listener.lost(code, reason)


@define(eq=False)
class _NodeEnd:
    """The Node's end of a wire."""

    wire: Wire
    waiting: int = 0
    outlet: Outlet = field(factory=Outlet)

    def deliver(self, frame: bytes) -> None:
        """Send from the Node."""
        if not self.wire.is_over and self.wire.closing is None:
            self.wire.down.append(bytes(contents(frame)))

    def close(self, code: int, reason: str) -> None:
        """Close from the Node, as strict about the code as a real socket."""
        check_code(code)
        self.wire.close(code, reason)

    def probe(self, echoed: Callable[[], object]) -> None:
        """Refuse: clients of ours tell by themselves what they applied."""
        raise AssertionError("a client of ours was probed")

    def abort(self) -> None:
        """Cut off from the Node."""
        self.wire.abort()


@define(eq=False)
class MemoryNetwork:
    """Leads to the Node of a Table.

    Attributes:
        wires: All sockets that were ever opened, in order.
        is_down: Whether no socket can be opened at present.
    """

    table: Table
    wires: list[Wire] = field(factory=list)
    posts: list[tuple[str, dict[str, str], Any]] = field(factory=list)
    rooms: list[Room] = field(factory=list)
    is_down: bool = False

    def open(self, url: str, headers: Mapping[str, str], listener: Listener) -> Wire:
        """Begin to open a socket."""
        wire = Wire(url, listener)
        self.wires.append(wire)
        self.table.clock.callLater(0, self._arrive, wire, dict(headers))
        return wire

    def _arrive(self, wire: Wire, headers: dict[str, str]) -> None:
        if self.is_down or wire.closing is not None:
            wire.end(1006, "nobody listens")
            return
        parts = urlsplit(wire.url)
        arrival = Arrival(
            path=parts.path,
            query=wire.query,
            headers=headers,
            address="192.0.2.7",
            secure=False,
        )
        wire.receiver = self.table.entrance.accept(arrival, _NodeEnd(wire))

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Ask the matchmaker."""
        self.posts.append((url, dict(headers), json.loads(body)))
        _, _, method, name = urlsplit(url).path.rsplit("/", 3)
        call = getattr(self.table.matchmaker, _METHODS[method])
        try:
            seat = await call(unquote(name), json.loads(body), OUTSIDE)
        except Refused as refusal:
            said = {"code": refusal.code, "error": str(refusal)}
            return Answer(refusal.code, json.dumps(said).encode())
        return Answer(200, json.dumps(seat.plain(CURRENT)).encode())

    @property
    def wire(self) -> Wire:
        """The newest socket."""
        return self.wires[-1]

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass, and carry everything until nothing moves."""
        self.table.clock.advance(seconds)
        while sum(wire.carry() for wire in self.wires if wire.receiver is not None):
            self.table.clock.advance(0)

    def client(self, **said: Any) -> Client:
        """Make a client."""
        said.setdefault("setting", Setting())
        return Client(
            "ws://node.test",
            reactor=self.table.clock,
            network=self,
            random=Random(5),
            **said,
        )

    def enter(self, kind: str = "room", **said: Any) -> Room:
        """Let a new client join, and let its State arrive."""
        room = self.begin(kind, **said)
        self.settle()
        return room

    def begin(self, kind: str = "room", **said: Any) -> Room:
        """Let a new client join; its State is on the way."""
        options = said.pop("options", {})
        room: Room = self.wait(self.client(**said).join_or_create(kind, options))
        return room

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what a coroutine comes to; carries no more than that takes."""
        result = wait_for(self, work)
        if isinstance(result, Room):
            self.rooms.append(result)
        return result

    def clear(self) -> None:
        """Let all clients leave, and all that is in between end."""
        for room in self.rooms:
            self.table.background.spawn(room.leave(), "leave")
        self.settle()
        for wire in self.wires:
            wire.end()
        self.table.clock.advance(6.0)


def wait_for(network: MemoryNetwork, work: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine comes to, or raise it.

    Raises:
        AssertionError: It comes to nothing.
    """
    got: list[Any] = []
    _ = Deferred.fromCoroutine(work).addBoth(got.append)
    for _ in range(1_000):
        if got:
            break
        network.table.clock.advance(0)
        live = [each for each in network.wires if each.receiver is not None]
        if not got and not any(wire.carry(1, 1) for wire in live):
            network.table.clock.advance(0.01)
    if not got:
        raise AssertionError("it waits for ever")
    if isinstance(got[0], Failure):
        got[0].raiseException()
    return got[0]
