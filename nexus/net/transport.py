"""TCP transports that send and end at once, and are read together.

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
from socket import socket
from typing import Any, Final

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocol, IReactorFDSet
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.tcp import Port, Server
from twisted.python import log
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.net.inlet import Inlet
from nexus.net.outlet import Outlet

__all__ = ["NowServer"]

#: Why a connection is lost that was told to end, as reactors have it.
_DONE: Final = Failure(CONNECTION_DONE)

#: Tells the kernel that something follows, where it can be told.
_MORE: Final = getattr(_socket, "MSG_MORE", 0)


class NowServer(Server):
    """A TCP connection that can send and end without waiting for the reactor.

    One that was just accepted is read before the kernel is asked to watch it: what a
    peer asks is mostly there by then, and who is answered and gone was never watched.

    Later it may be read together with the other connections of its port.
    """

    # What each frame asks for lies in the object itself, where it is found at once.
    __slots__ = (
        "TLS",
        "_is_reading",
        "_outlet",
        "_tempDataLen",
        "_writeDisconnecting",
        "connected",
        "dataBuffer",
        "ends_soon",
        "is_wanted",
        "socket",
    )

    #: Whether the kernel does not watch it yet; then its protocol, if it has a method
    #: `settle`, is called when it was read the first time and stays.
    is_new = False

    #: Whether it has TCP_NODELAY from its port.
    _is_prompt = False
    #: What reads it together with others; None: the reactor does.
    _inlet: Inlet | None = None
    #: What was read when nothing was wanted any more.
    _unheard = b""
    #: Whether room is looked for, as something waits.
    _is_writing = False

    def __init__(
        self,
        sock: socket,
        protocol: IProtocol,
        client: tuple[object, ...],
        server: Port,
        sessionno: int,
        reactor: IReactorFDSet,
    ) -> None:
        self.is_new = self._is_prompt = getattr(server, "is_prompt", False)
        self._is_reading = False
        #: Whether the connection ends as soon as its protocol has taken what was read.
        self.ends_soon = False
        #: Whether it is to be read, as soon as it can be.
        self.is_wanted = False
        # As their classes have them.
        self.TLS = self._writeDisconnecting = False
        self.connected = 0
        self.dataBuffer = b""
        self._outlet: Outlet | None = None
        super().__init__(sock, protocol, client, server, sessionno, reactor)

    @override
    def startReading(self) -> None:
        """Have data looked for, if that is not done by ourselves."""
        self.is_wanted = not self._aborting
        if self.is_new or self._aborting:
            return
        if self._unheard:
            reactor: Any = self.reactor
            reactor.callLater(0, self._hear_late)
        elif self._inlet is None or self._is_writing:
            super().startReading()
        else:
            self._inlet.watch(self)

    @override
    def stopReading(self) -> None:
        """Look for no more data."""
        self.is_wanted = False
        if self.is_new:
            return
        if self._inlet is None or self._is_writing:
            super().stopReading()
        else:
            self._inlet.leave(self)

    @override
    def startWriting(self) -> None:
        """Have room looked for; who does that is read by the same.

        Whoever finds that a peer is gone is to read first what it said at last.
        """
        if not self._is_writing:
            self._be_read_by(self._inlet, is_writing=True)
        super().startWriting()

    @override
    def stopWriting(self) -> None:
        """Look for no more room."""
        super().stopWriting()
        if self._is_writing:
            self._be_read_by(self._inlet, is_writing=False)

    def read_together(self) -> None:
        """Be read together with the other connections of the port from now on."""
        inlet: Inlet | None = getattr(self.server, "inlet", None)
        if inlet is not None and self._inlet is None:
            self._be_read_by(inlet, is_writing=self._is_writing)

    def _be_read_by(self, inlet: Inlet | None, *, is_writing: bool) -> None:
        """Be read by an Inlet, if there is one, unless something waits."""
        is_wanted = self.is_wanted
        if inlet is not None:
            self.stopReading()
        self._inlet, self._is_writing = inlet, is_writing
        if inlet is not None and is_wanted:
            self.startReading()

    def hear(self, data: bytes) -> None:
        """Take what was read together with what others say."""
        if not self.is_wanted:
            # Somebody who was heard before stopped this one, or ended it.
            if self.connected:
                self._unheard = data
            return
        # As `_dataReceived` has it, in a call less: each message comes here.
        self._is_reading = True
        try:
            self.protocol.dataReceived(data)
            self._is_reading = False
            if self.ends_soon:
                self._end()
        except BaseException as error:  # noqa: BLE001  # as the reactor has it
            self._is_reading = False
            log.err(None, self.logPrefix())
            self.lose(error)

    def _hear_late(self) -> None:
        """Take what was read before nothing was wanted, and then what follows."""
        if self.is_wanted and self._unheard:
            data, self._unheard = self._unheard, b""
            self.startReading()
            self.hear(data)

    def lose(self, why: BaseException) -> None:
        """End, because of what reading came to."""
        reactor: Any = self.reactor
        try:
            self.stopReading()
            reactor._disconnectSelectable(self, why, isRead=True)
        except BaseException:  # noqa: BLE001  # it would end what others read by
            log.err(None, self.logPrefix())

    def read_first(self) -> None:
        """Read what is there already, as the reactor does; then it watches for more."""
        try:
            self._read_first()
        except BaseException:  # noqa: BLE001  # as the reactor has it
            log.err()

    def _read_first(self) -> None:
        why: Any = None
        if self.is_wanted:
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
            if self.is_wanted:
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
        outlet.door = self.socket.fileno()
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
