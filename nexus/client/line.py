"""Line: the one socket that a Conversation goes on by at present."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from nexus.client.conversation import Conversation
from nexus.client.port import Listener, Socket
from nexus.client.told import Told
from nexus.errors import PeerError

__all__ = ["Dial", "Line"]

#: Begins to open a socket, with these words in its query.
Dial: TypeAlias = Callable[[Mapping[str, str], Listener], Socket]


@define(eq=False)
class _Ear:
    """Listens to one socket."""

    _line: Line
    socket: Socket | None = None

    def received(self, data: bytes) -> None:
        """Take one message."""
        self._line.received(self, data)

    def lost(self, code: int, reason: str) -> None:
        """Take note that the socket is gone."""
        self._line.lost(self, code, reason)


@define(eq=False)
class Line:
    """Carries a Conversation; what comes by a socket that was given up is not heard.

    Args:
        conversation: What is said.
        dial: Opens sockets.
        clock: What the time is told by.
        tell: Is called with all that comes in.
        spoiled: Is called with a sentence when something cannot be understood.
        ended: Is called with code and reason when the socket is gone by itself.
    """

    _conversation: Conversation
    _dial: Dial
    _clock: IReactorTime
    _tell: Callable[[Told], None]
    _spoiled: Callable[[str], None]
    _ended: Callable[[int, str], None]
    _ear: _Ear | None = field(default=None, init=False)
    #: Waits until more of the Outbox may go.
    _pace: IDelayedCall | None = field(default=None, init=False)

    _log = Logger()

    @property
    def is_open(self) -> bool:
        """Whether there is a socket, be it one that is just being opened."""
        return self._ear is not None

    def open(self, query: Mapping[str, str], *, returns: bool) -> None:
        """Go on by a new socket."""
        self.hang_up()
        self._conversation.begin(self._now(), returns=returns)
        ear = self._ear = _Ear(self)
        ear.socket = self._dial(query, ear)

    def hang_up(self, code: int | None = None, reason: str = "") -> None:
        """Give the socket up, if there is one; without a code it is cut off."""
        ear, self._ear = self._ear, None
        pace, self._pace = self._pace, None
        if pace is not None:
            pace.cancel()
        if ear is None:
            return
        self._conversation.end()
        if ear.socket is None:
            return
        if code is None:
            ear.socket.abort()
        else:
            ear.socket.close(code, reason)

    def flush(self) -> None:
        """Send what is to be sent."""
        ear, now = self._ear, self._now()
        if ear is None or ear.socket is None:
            return
        for frame in self._conversation.take(now):
            ear.socket.deliver(frame)
        wait = self._conversation.wait(now)
        if wait is not None and self._pace is None:
            self._pace = self._clock.callLater(max(wait, 1.0) / 1000, self._paced)

    def received(self, ear: _Ear, data: bytes) -> None:
        """Take one message of a socket."""
        if ear is not self._ear:
            return
        try:
            told = self._conversation.receive(data, self._now())
        except PeerError as error:
            self._spoiled(str(error))
            return
        except Exception:  # noqa: BLE001  # whatever bytes lead to, it ends here
            self._log.failure("what a server sent led to an error")
            self._spoiled("what the server sent led to an error")
            return
        for each in told:
            # Whoever is told may give the socket up.
            if ear is self._ear:
                self._tell(each)
        if ear is self._ear:
            self.flush()

    def lost(self, ear: _Ear, code: int, reason: str) -> None:
        """Take note that a socket is gone."""
        if ear is self._ear:
            ear.socket = None
            self.hang_up()
            self._ended(code, reason)

    def _paced(self) -> None:
        self._pace = None
        self.flush()

    def _now(self) -> float:
        return self._clock.seconds() * 1000
