"""TCP ports whose connections send at once, and how an address becomes one of them."""

from __future__ import annotations

import socket as _socket
from os import dup
from socket import socket
from typing import Any, cast

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.tcp import Port
from typing_extensions import override

from nexus.net.inlet import Inlet, make_inlet
from nexus.net.transport import NowServer

__all__ = ["NowPort", "NowTCP", "listen"]


class NowPort(Port):
    """A TCP port whose connections can send at once, and are read together."""

    #: Whether what it accepts has TCP_NODELAY, and is read before it is watched.
    is_prompt = True
    #: What reads its open connections together; None: there is no such thing.
    inlet: Inlet | None = None

    _arrived: list[NowServer]

    @override
    def startListening(self) -> None:
        """Begin to accept connections."""
        # First, as it may be that nothing more can be opened.
        self.inlet = make_inlet(self.reactor)
        super().startListening()

    @override
    def transport(self, *made_of: Any) -> NowServer:  # type: ignore[override]  # it is said to be a class
        """Make the transport of a connection that was accepted."""
        made = NowServer(*made_of)
        self._arrived.append(made)
        return made

    @override
    def createInternetSocket(self) -> socket:
        """Make the socket that listens, and hands TCP_NODELAY on to all others."""
        made: socket = super().createInternetSocket()
        made.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, True)  # noqa: FBT003  # as the standard library has it
        return made

    @override
    def doRead(self) -> None:
        """Take those in who wait, and read what they sent."""
        arrived = self._arrived = []
        super().doRead()
        for each in arrived:
            each.read_first()

    @classmethod
    def resume(
        cls, reactor: Any, descriptor: int, factory: IProtocolFactory
    ) -> NowPort:
        """Listen on with a socket that listened before; the descriptor stays open."""
        with socket(fileno=dup(descriptor)) as listening:
            listening.setblocking(False)  # noqa: FBT003  # as the standard library has it
            listening.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, True)  # noqa: FBT003  # as there
            family = listening.family
        port: NowPort = cls._fromListeningDescriptor(
            reactor, descriptor, family, factory
        )
        port.startListening()
        return port

    def keep(self) -> int:
        """Return a descriptor that goes on listening when the port is closed."""
        # Twisted would shut down the socket itself, whoever else has it open.
        self._shouldShutdown = False
        return dup(self.fileno())


@frozen
class NowTCP:
    """The part of a reactor that an endpoint needs to listen on TCP, with our ports."""

    _reactor: Any

    def listenTCP(  # noqa: N802 -- called by the endpoints of Twisted
        self,
        port: int,
        factory: IProtocolFactory,
        backlog: int = 50,
        interface: str = "",
    ) -> IListeningPort:
        """Listen, with transports that send at once where this reactor allows it."""
        if not isinstance(self._reactor, PosixReactorBase):
            return cast(
                IListeningPort,
                self._reactor.listenTCP(
                    port, factory, backlog=backlog, interface=interface
                ),
            )
        opened = NowPort(port, factory, backlog, interface, self._reactor)
        opened.startListening()
        return cast(IListeningPort, opened)


def listen(
    reactor: Any, description: str, factory: IProtocolFactory
) -> Deferred[IListeningPort]:
    """Listen where an endpoint string says, on plain TCP with transports of ours.

    Raises:
        ValueError: There is no such endpoint.
    """
    kind = description.partition(":")[0]
    from_where = NowTCP(reactor) if kind in ("tcp", "tcp6") else reactor
    endpoint: IStreamServerEndpoint = serverFromString(from_where, description)
    return endpoint.listen(factory)
