"""A peer and a Node without a network between them, and what both are made of."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from typing_extensions import override

from nexus.api.resource import Root, Site
from nexus.net.counter import SocketCounters
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.port import Arrival, Receiver, Socket
from nexus.net.resource import Upgrading

__all__ = [
    "KEY",
    "Count",
    "Host",
    "MemoryTransport",
    "Owner",
    "Peer",
    "SocketCase",
    "frames_in",
    "masked",
    "request",
]

#: A nonce as a client would send it.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def masked(
    payload: bytes, first: int = 0x82, *, mask: bytes = b"\x01\xfe\x80\x37"
) -> bytes:
    """Make a frame as a client does."""
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65_536:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return head + mask + body


def frames_in(stream: bytes) -> list[tuple[int, bytes]]:
    """Part what a server sent into first bytes and payloads; it must be whole."""
    found = []
    while stream:
        size, start = stream[1], 2
        if size == 126:
            size, start = int.from_bytes(stream[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(stream[2:10], "big"), 10
        assert len(stream) >= start + size, "a frame is cut off"
        found.append((stream[0], stream[start : start + size]))
        stream = stream[start + size :]
    return found


def request(path: str = "/", headers: dict[str, str] | None = None) -> bytes:
    """Write an upgrade request."""
    lines = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        **(headers or {}),
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {path} HTTP/1.1\r\n{text}\r\n".encode("latin-1")


@define(eq=False)
class Owner:
    """Listens to a socket and writes everything down."""

    arrival: Arrival
    socket: Socket
    heard: list[Any] = field(factory=list)

    def receive(self, data: bytes) -> None:
        """Write the message down."""
        self.heard.append(data)

    def lost(self, code: int, reason: str) -> None:
        """Write the end down."""
        self.heard.append(("lost", int(code), reason))

    def measured(self, seconds: float) -> None:
        """Write the round trip down."""
        self.heard.append(("measured", seconds))


@define(eq=False)
class Host:
    """Accepts every socket and remembers its owner."""

    owner_class: type[Owner] = Owner
    owners: list[Owner] = field(factory=list)

    def accept(self, arrival: Arrival, socket: Socket) -> Receiver:
        """Give the socket an owner."""
        owner = self.owner_class(arrival, socket)
        self.owners.append(owner)
        return owner


@define(eq=False)
class Count:
    """A counter."""

    value: int = 0

    def inc(self, n: int = 1) -> None:
        """Count."""
        self.value += n


class MemoryTransport(StringTransport):
    """A connection in memory that ends a turn after it was told to.

    Attributes:
        protocol: What the connection talks to.
        is_stuck: Whether the peer reads nothing, so that nothing can be flushed.
    """

    is_stuck = False

    def __init__(self, clock: Clock, peer: IAddress) -> None:
        super().__init__(peerAddress=peer)
        self.protocol: Any = None
        self._clock = clock
        self._is_over = False

    @override
    def unregisterProducer(self) -> None:
        """Forget the producer, if there is one: real connections are not strict."""
        self.producer = None

    @override
    def loseConnection(self) -> None:
        """End when everything was flushed."""
        super().loseConnection()
        if not self.is_stuck:
            self._clock.callLater(0, self.end, ConnectionDone())

    @override
    def abortConnection(self) -> None:
        """End at once."""
        self.aborting = True
        self._clock.callLater(0, self.end, ConnectionAborted())

    def end(self, why: Exception) -> None:
        """Tell the protocol, once."""
        if not self._is_over:
            self._is_over = True
            self.connected = False
            self.protocol.connectionLost(Failure(why))


class Peer:
    """Somebody who connects to a Site that lets sockets in.

    Attributes:
        transport: The Node's side of the connection.
    """

    def __init__(
        self,
        factory: SocketFactory,
        clock: Clock,
        *,
        others: Resource | None = None,
        address: IAddress | None = None,
        is_plain: bool = True,
    ) -> None:
        site = Site(Upgrading(factory, others or Root()), reactor=clock)
        protocol: Any = site.buildProtocol(None)
        if not is_plain:
            protocol.plain = None
        self._clock = clock
        self.transport = MemoryTransport(
            clock, address or IPv4Address("TCP", "192.0.2.7", 40_000)
        )
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        """Let bytes arrive at the Node, unless it is gone."""
        if self.transport.connected:
            self.transport.protocol.dataReceived(data)

    def ask(self, path: str = "/", headers: dict[str, str] | None = None) -> bytes:
        """Ask to be upgraded, and return what is answered at once."""
        self.send(request(path, headers))
        answer = self.transport.value()
        self.transport.clear()
        return answer

    def open(self, path: str = "/", headers: dict[str, str] | None = None) -> None:
        """Become a socket."""
        answer = self.ask(path, headers)
        assert answer.startswith(b"HTTP/1.1 101 "), answer

    def take(self) -> list[tuple[int, bytes]]:
        """Take the frames that came since the last time."""
        frames = frames_in(self.transport.value())
        self.transport.clear()
        return frames

    def take_close(self) -> int | None:
        """Take what came and return the code of the close among it."""
        for first, payload in self.take():
            if first == 0x88:
                return int.from_bytes(payload[:2], "big")
        return None

    def drop(self) -> None:
        """Break the connection off."""
        self.transport.end(ConnectionDone())

    def settle(self) -> None:
        """Let what was told to end, end."""
        self._clock.advance(0)


class SocketCase(SynchronousTestCase):
    """A test of sockets in memory."""

    @override
    def setUp(self) -> None:
        """Begin without sockets."""
        self.clock = Clock()
        self.counters = SocketCounters(
            opened=Count(),
            lost=Count(),
            silent=Count(),
            wrong=Count(),
            failed=Count(),
        )

    def connect(
        self,
        owner_class: type[Owner] = Owner,
        headers: dict[str, str] | None = None,
        **limits: Any,
    ) -> tuple[Peer, Owner]:
        """Open a socket; return its peer and its owner."""
        host = Host(owner_class)
        factory = SocketFactory(
            host.accept,
            clock=self.clock,
            limits=SocketLimits(**limits),
            counters=self.counters,
        )
        peer = Peer(factory, self.clock)
        peer.open(headers=headers)
        return peer, host.owners[0]

    def counted(self, name: str) -> int:
        """Say how often something was counted."""
        count = getattr(self.counters, name)
        assert isinstance(count, Count)
        return count.value
