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

__all__ = ["Channel", "Turned"]

#: More digits than any length has, and fewer than Python refuses to read.
_MOST_DIGITS: Final = 15

#: How many times as long as for a request we wait for a peer that reads nothing.
_UNREAD: Final = 4


class Channel(HTTPChannel):
    """A connection whose requests have to be there in time, however they trickle in.

    The timeout of Twisted begins anew with every byte. Here it begins with the first
    byte of a request, and ends when all of it is there; between requests it runs, too.
    Who does not read its answers is cut off as well, after some times as long.
    """

    #: Called when the connection is lost, or none of HTTP any more.
    ended: Callable[[], object] = staticmethod(lambda: None)
    #: Counts connections that were cut off as their requests took too long.
    slow: Counter = Counter()

    _has_begun = False
    _stalled: IDelayedCall | None = None

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
        # While a request is answered, Twisted puts the timeout by.
        seconds = self.timeOut or self._savedTimeOut
        if self._stalled is None and seconds:
            self._stalled = self.callLater(_UNREAD * seconds, self._give_up)

    @override
    def resumeProducing(self) -> None:
        """Go on: the peer has read what there was."""
        self._go_on()
        super().resumeProducing()

    @override
    def timeoutConnection(self) -> None:
        """Cut the connection off; nobody who is that slow waits for an answer."""
        self.slow.inc()
        transport: Any = self.transport
        transport.abortConnection()

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Let everything go."""
        super().connectionLost(reason)
        self._end()

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
