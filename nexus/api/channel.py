"""Channels: connections over which requests come, in time and not too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from typing_extensions import override

from nexus.metrics import Counter
from nexus.wire.request import PlainRequest, PlainTaker, read_plain

__all__ = ["Channel", "Turned"]

#: More digits than any length has, and fewer than Python refuses to read.
_MOST_DIGITS: Final = 15

#: What may wait behind a request that is being answered, in bytes.
_MOST_AHEAD: Final = 16_384

#: How many times as long as for a request we wait for a peer that reads nothing.
_UNREAD: Final = 4


class Channel(HTTPChannel):
    """A connection whose requests have to be there in time, however they trickle in.

    The timeout of Twisted begins anew with every byte. Here it begins with the first
    byte of a request, and ends when all of it is there; between requests it runs, too.
    Who does not read its answers is cut off as well, after some times as long.

    Requests of the plain case are answered without Twisted's reading of them, if there
    is somebody who does that. To them the channel is their `Exchange`.
    """

    #: Called when the connection is lost, or none of HTTP any more.
    ended: Callable[[], object] = staticmethod(lambda: None)
    #: Counts connections that were cut off as their requests took too long.
    slow: Counter = Counter()
    #: Answers plain requests; None: nobody does.
    plain: PlainTaker | None = None
    #: Whether the connection was lost.
    is_gone = False

    #: Whether the transport reads at once what is there; until that is done, no
    #: timeout runs, which most requests would only end again.
    _is_arriving = False
    _has_begun = False
    _stalled: IDelayedCall | None = None
    #: Whether a plain request has no answer yet, and whether that is the last one.
    _owes = False
    _is_last = False
    #: The timeout to go on with after the answer; None: it was never put by.
    _put_by: float | None = None
    #: What came behind a plain request that has no answer yet.
    _ahead = b""

    @override
    def connectionMade(self) -> None:
        """Begin to wait for a request."""
        transport: Any = self.transport
        self._is_arriving = (
            getattr(transport, "is_new", False)
            # Else the transport does not know of us, and calls somebody else.
            and getattr(transport, "protocol", None) is self
        )
        super().connectionMade()

    def settle(self) -> None:
        """Begin the timeout: what was there at once is read, and we are still here."""
        self._is_arriving = False
        self.setTimeout(self.timeOut)

    @override
    def setTimeout(self, period: Any) -> Any:
        """Change the timeout, and begin it anew; return what it was."""
        if not self._is_arriving:
            return super().setTimeout(period)
        before, self.timeOut = self.timeOut, period
        return before

    @override
    def dataReceived(self, data: bytes) -> None:
        """Answer a plain request at once, and leave the others to Twisted."""
        if self._owes:
            self._keep(data)
            return
        if (
            self.plain is not None
            and not self._has_begun
            and not self.requests
            # What came behind the last request may be the beginning of this one.
            and not self._buffer
            and self.persistent
        ):
            request = read_plain(data)
            if request is not None and self._take(request, self.plain):
                return
        super().dataReceived(data)

    def _take(self, request: PlainRequest, plain: PlainTaker) -> bool:
        """Have a plain request answered; return whether somebody does."""
        words = request.headers.get("connection", "").lower().split(" ")
        self._owes, self._is_last = True, "close" in words
        if not plain.take_plain(request, self):
            self._owes = False
            return False
        if self._owes:
            # However long it takes: the peer has done its part.
            self._put_by = self.setTimeout(None)
        return True

    def _keep(self, data: bytes) -> None:
        """Let what came too early wait; too much of it is not even read."""
        self._ahead += data
        if len(self._ahead) > _MOST_AHEAD:
            transport: Any = self.transport
            transport.pauseProducing()

    @property
    def address(self) -> Any:
        """Where the peer is."""
        return self.getPeer()

    def respond(self, head: bytes, body: bytes) -> None:
        """Send the answer to a plain request, and go on with what came behind it."""
        transport: Any = self.transport
        end = b"Connection: close\r\n\r\n" if self._is_last else b"\r\n"
        answer = b"".join((head, end, body))
        self._owes = False
        if self._is_last:
            self._end_with(answer)
            return
        now = getattr(transport, "send_now", None)
        if now is None or not now(answer):
            transport.write(answer)
        waited, self._put_by = self._put_by, None
        if waited is None:
            super().resetTimeout()
        else:
            self.setTimeout(waited)
        ahead, self._ahead = self._ahead, b""
        if len(ahead) > _MOST_AHEAD:
            transport.resumeProducing()
        if ahead:
            self.dataReceived(ahead)

    def _end_with(self, answer: bytes) -> None:
        """Send the last answer."""
        transport: Any = self.transport
        self.persistent = False
        end = getattr(transport, "end_with", None)
        rest = answer if end is None else end(answer)
        if rest:
            transport.write(rest)
            self.loseConnection()

    def hand_over(self) -> Any:
        """Give the transport away, if it is nobody else's as well."""
        transport: Any = self.transport
        if getattr(transport, "protocol", None) is not self:
            return None
        self.setTimeout(None)
        self.transport, self._owes = None, False
        self._end()
        return transport

    @override
    def resetTimeout(self) -> None:
        """Begin to count at the first byte of a request, and at no other."""
        if not self._has_begun:
            self._has_begun = True
            super().resetTimeout()

    @override
    def headerReceived(self, line: bytes) -> bool:
        """Take a header, unless it is a length that is too long to be read."""
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and len(value) > _MOST_DIGITS:
            self._respondToBadRequestAndDisconnect()
            return False
        return bool(super().headerReceived(line))

    @override
    def allContentReceived(self) -> None:
        """Take a request that is all there."""
        self._has_begun = False
        super().allContentReceived()
        if self.transport is None:
            # It was an upgrade, so whoever took the transport counts it from now on.
            self._end()

    @override
    def pauseProducing(self) -> None:
        """Wait until the peer reads, but not for ever."""
        super().pauseProducing()
        self._be_patient()

    @override
    def resumeProducing(self) -> None:
        """Go on: the peer has read what there was."""
        self._go_on()
        super().resumeProducing()

    @override
    def loseConnection(self) -> None:
        """End when the peer has read what there is, but do not wait for ever."""
        if not self.is_gone:
            self._be_patient()
        super().loseConnection()

    @override
    def timeoutConnection(self) -> None:
        """Cut the connection off; nobody who is that slow waits for an answer."""
        self.slow.inc()
        transport: Any = self.transport
        transport.abortConnection()

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Let everything go."""
        self.is_gone = True
        super().connectionLost(reason)
        self._end()

    def _be_patient(self) -> None:
        """Give the peer its time to read what it was sent."""
        # While a request is answered, the timeout is put by.
        seconds = self.timeOut or self._put_by or self._savedTimeOut
        if self._stalled is None and seconds:
            self._stalled = self.callLater(_UNREAD * seconds, self._give_up)

    def _give_up(self) -> None:
        """Cut a connection off whose peer reads nothing."""
        self._stalled = None
        self.timeoutConnection()

    def _go_on(self) -> None:
        stalled, self._stalled = self._stalled, None
        if stalled is not None:
            stalled.cancel()

    def _end(self) -> None:
        self._go_on()
        ended, self.ended = self.ended, lambda: None
        ended()


class Turned(Protocol):
    """A connection that there is no place for."""

    @override
    def connectionMade(self) -> None:
        """Cut it off."""
        transport: Any = self.transport
        transport.abortConnection()
