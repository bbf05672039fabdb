"""A socket of a Site on a transport that sends at once, with a kernel of our own."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from nexus.api.resource import Root, Site
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.resource import Upgrading
from nexus.net.transport import NowServer
from nexus.wire.envelope import seal
from tests.net.kernel import Kernel, Watch
from tests.net.pair import Host, request

__all__ = ["Served"]

_OFFER = {"Sec-WebSocket-Extensions": "permessage-deflate"}


class Served:
    """One socket on a transport that sends at once, with a kernel of our own."""

    def __init__(self, *, is_short: bool, is_compressed: bool) -> None:
        self.is_short = is_short
        self.clock = Clock()
        host = Host()
        limits = SocketLimits(compress_from=100, max_waiting=2_000)
        factory = SocketFactory(host.accept, clock=self.clock, limits=limits)
        site = Site(Upgrading(factory, Root()), reactor=self.clock)
        channel: Any = site.buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
        self.kernel, self.watch = Kernel(room=1_000), Watch()
        kernel: Any = self.kernel
        watch: Any = self.watch
        port: Any = None
        self.server: Any = NowServer(kernel, channel, ("127.0.0.1", 1), port, 0, watch)
        channel.makeConnection(self.server)
        self.hear(request(headers=_OFFER if is_compressed else {}))
        self.socket: Any = host.owners[0].socket
        #: How many frames went the short way.
        self.went = 0

    def hear(self, data: bytes) -> None:
        """Let the peer send something."""
        if self.server.connected:
            self.kernel.data = data
            self.end(self.server.doRead())

    def end(self, why: Any) -> None:
        """End as the reactor does, if there is a reason."""
        if why is not None and self.server.connected:
            self.server.connectionLost(Failure(why))

    def send(self, frame: bytes) -> None:
        """Send as a Room does."""
        if self.is_short and self.socket.outlet.take(frame):
            self.went += 1
        else:
            self.socket.deliver(frame)

    def play(self, step: tuple[Any, ...]) -> None:
        """Do one thing."""
        match step:
            case ("frame", size):
                self.send(seal(b"y" * size))
            case ("room", size):
                self.kernel.room += size
            case ("heard", data):
                self.hear(data)
            case ("turn",):
                later, self.watch.later = self.watch.later, []
                for _, call, *arguments in later:
                    call(*arguments)
                if self.watch.writers and (self.kernel.room or self.kernel.error):
                    self.end(self.server.doWrite())
            case ("probe",):
                self.socket.probe(lambda: None)
            case ("break",):
                self.kernel.error = 32
            case ("lost",):
                self.end(ConnectionError("lost"))
            case ("close",):
                self.socket.close(4005, "asked to")
            case ("abort",):
                self.socket.abort()
