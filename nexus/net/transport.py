"""TCP transports that send at once, and the ports that make them.

Twisted keeps what is written for the next turn of the reactor, and asks the kernel to
begin and to end watching the socket for it. For short frames that is most of their
cost: a frame sent at once costs less than half as much CPU, and leaves a turn sooner.

This leans on names of Twisted that are private, and is therefore all in this file; a
property test holds `send_now` equal to `write`, whatever the kernel takes and when.
"""

from __future__ import annotations

from os import dup
from socket import socket
from typing import Any, cast

from attrs import frozen
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.tcp import Port, Server
from twisted.protocols.policies import ProtocolWrapper
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOProtocol

__all__ = ["NowPort", "NowServer", "NowTCP", "listen", "waiting_in"]


class NowServer(Server):
    """A TCP connection that can send without waiting for the reactor."""

    def send_now(self, frame: bytes) -> bool:
        """Send at once if that keeps the order of everything.

        Returns:
            Whether the bytes were taken. If not, something else waits already, or the
            connection is none any more, and `write` knows what is to be done.
        """
        if (
            self._tempDataLen
            or self.dataBuffer
            or not self.connected
            or self._writeDisconnecting
            or self.TLS
        ):
            return False
        try:
            sent = self.socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            # As for any write to it, what is wrong comes out when it is next watched.
            return False
        if sent != len(frame):
            self.write(frame[sent:])
        return True


class NowPort(Port):
    """A TCP port whose connections can send at once."""

    transport = NowServer

    @classmethod
    def resume(
        cls, reactor: Any, descriptor: int, factory: IProtocolFactory
    ) -> NowPort:
        """Listen on with a socket that listened before; the descriptor stays open."""
        with socket(fileno=dup(descriptor)) as listening:
            listening.setblocking(False)  # noqa: FBT003  # as the standard library has it
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


def waiting_in(transport: object) -> int:
    """Count the bytes that a transport was given and the kernel has not taken yet.

    Transports that keep nothing back, or that we do not know, count as empty.
    """
    waiting = 0
    while isinstance(transport, ProtocolWrapper):
        if isinstance(transport, TLSMemoryBIOProtocol):
            waiting += sum(map(len, transport._appSendBuffer))
        if isinstance(transport, BufferingTLSTransport):
            waiting += sum(map(len, getattr(transport._aggregator, "_buffer", ())))
        transport = transport.transport
    if isinstance(transport, FileDescriptor):
        waiting += len(transport.dataBuffer) - transport.offset
        waiting += transport._tempDataLen
    return waiting
