"""TCP transports that send and end at once, and the ports that make them.

Twisted keeps what is written for the next turn of the reactor, and asks the kernel to
begin and to end watching the socket for it. For short frames that is most of their
cost: a frame sent at once costs less than half as much CPU, and leaves a turn sooner.
So it does with a connection that is to end, also if nothing is left to be written.

This leans on names of Twisted that are private, and is therefore all in this file; a
property test holds both equal to Twisted's way, whatever the kernel takes and when.
"""

from __future__ import annotations

import socket as _socket
from collections.abc import Iterable
from os import dup
from socket import socket
from typing import Any, Final, cast

from attrs import frozen
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocol,
    IProtocolFactory,
    IReactorFDSet,
    IStreamServerEndpoint,
)
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.tcp import Port, Server
from twisted.protocols.policies import ProtocolWrapper
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOProtocol
from twisted.python import log
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.net.outlet import Outlet

__all__ = ["NowPort", "NowServer", "NowTCP", "listen", "waiting_in"]


#: Why a connection is lost that was told to end, as reactors have it.
_DONE: Final = Failure(CONNECTION_DONE)

#: Tells the kernel that something follows, where it can be told.
_MORE: Final = getattr(_socket, "MSG_MORE", 0)


class NowServer(Server):
    """A TCP connection that can send and end without waiting for the reactor.

    One that was just accepted is read before the kernel is asked to watch it: what a
    peer asks is mostly there by then, and who is answered and gone was never watched.
    """

    # What each frame asks for lies in the object itself, where it is found at once.
    __slots__ = (
        "TLS",
        "_outlet",
        "_tempDataLen",
        "_writeDisconnecting",
        "connected",
        "dataBuffer",
        "socket",
    )

    #: Whether the connection ends as soon as its protocol has taken what was read.
    ends_soon = False

    #: Whether the kernel does not watch it yet; then its protocol, if it has a method
    #: `settle`, is called when it was read the first time and stays.
    is_new = False

    _is_reading = False
    #: Whether what is new is to be read, and watched then.
    _is_wanted = False
    #: Whether it has TCP_NODELAY from its port.
    _is_prompt = False

    def __init__(
        self,
        sock: socket,
        protocol: IProtocol,
        client: tuple[object, ...],
        server: Port,
        sessionno: int,
        reactor: IReactorFDSet,
    ) -> None:
        self.is_new = self._is_prompt = isinstance(server, NowPort)
        # As their classes have them.
        self.TLS = self._writeDisconnecting = False
        self.connected = 0
        self.dataBuffer = b""
        self._outlet: Outlet | None = None
        super().__init__(sock, protocol, client, server, sessionno, reactor)

    @override
    def startReading(self) -> None:
        """Have the kernel watch for data, if it is not looked for by ourselves."""
        if self.is_new:
            self._is_wanted = True
        else:
            super().startReading()

    @override
    def stopReading(self) -> None:
        """Look for no more data."""
        if self.is_new:
            self._is_wanted = False
        else:
            super().stopReading()

    def read_first(self) -> None:
        """Read what is there already, as the reactor does; then it watches for more."""
        try:
            self._read_first()
        except BaseException:  # noqa: BLE001  # as the reactor has it
            log.err()

    def _read_first(self) -> None:
        why: Any = None
        if self._is_wanted:
            try:
                why = self.doRead()
            except BaseException as error:  # noqa: BLE001  # as the reactor has it
                log.err()
                why = error
        self.is_new = False
        if why is not None:
            reactor: Any = self.reactor
            reactor._disconnectSelectable(self, why, isRead=True)
        elif self.connected:
            if self._is_wanted:
                self.startReading()
            settle = getattr(self.protocol, "settle", None)
            if settle is not None:
                settle()

    @override
    def setTcpNoDelay(self, enabled: bool) -> None:
        """Send small segments at once, or not; it does so from the beginning."""
        if not (enabled and self._is_prompt):
            self._is_prompt = False
            super().setTcpNoDelay(enabled)

    @override
    def _dataReceived(self, data: bytes | None) -> ConnectionDone | None:
        """Give the protocol what was read, and end if it said so."""
        if not data:
            return CONNECTION_DONE
        self._is_reading = True
        try:
            self.protocol.dataReceived(data)
        finally:
            self._is_reading = False
        if self.ends_soon:
            self._end()
        return None

    @override
    def loseConnection(self) -> None:
        """End when everything is written: behind what was just read if all of it is."""
        if self._is_reading and self.connected and self._can_end():
            self.ends_soon, self.disconnecting = True, 1
        else:
            super().loseConnection()

    def end_with(self, frame: bytes) -> bytes:
        """Send a last frame and end behind it, at once if nothing stands against it.

        The end goes with the frame, in one packet. Who produces, produces no more.

        Returns:
            What is left to be written before the connection can be told to end; if
            nothing is, it has been told.
        """
        self.unregisterProducer()
        if not (self._is_reading and self.connected and self._can_end()):
            return frame
        try:
            sent = self.socket.send(frame, _MORE)
        except OSError:
            # There is no room, or as for any write: it comes out when next watched.
            return frame
        if sent == len(frame):
            self.ends_soon, self.disconnecting = True, 1
        return frame[sent:]

    def _can_end(self) -> bool:
        """Say whether Twisted would not wait for anything but its next turn."""
        return not (
            self._tempDataLen
            or self.dataBuffer
            or self.producer is not None
            or self.disconnecting
            or self._writeDisconnecting
            or self._aborting
            or self.TLS
        )

    def _end(self) -> None:
        """End, or leave that to Twisted if something was written meanwhile."""
        self.ends_soon, self.disconnecting = False, 0
        if self._can_end():
            self.disconnecting = 1
            self.connectionLost(_DONE)
        elif not self._aborting:
            super().loseConnection()

    def lead(self, outlet: Outlet) -> None:
        """Be what an Outlet leads to; it is blocked while something waits here."""
        outlet.send, outlet.write = self.socket.send, self.write
        self._outlet = outlet
        if self._tempDataLen or self.dataBuffer:
            outlet.block()

    @override
    def write(self, bytes: bytes) -> None:
        """Send later."""
        super().write(bytes)
        if self._outlet is not None and self._tempDataLen:
            self._outlet.block()

    @override
    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send later."""
        super().writeSequence(iovec)
        if self._outlet is not None and self._tempDataLen:
            self._outlet.block()

    @override
    def doWrite(self) -> Any:
        """Send what waits, as far as the kernel takes it."""
        why = super().doWrite()
        outlet = self._outlet
        if outlet is not None and not (self._tempDataLen or self.dataBuffer):
            outlet.clear()
        return why

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

    _arrived: list[NowServer]

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
