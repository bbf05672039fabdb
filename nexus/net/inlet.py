"""Inlet: the short way in, by which many sockets are read in one go.

A reactor goes a long way for each socket that has something to say, and what is read is
answered for before the next one is looked at: a system call, then a lot of Python, then
a system call. Behind each of them little of the interpreter is left in the processor's
caches. So open sockets are watched by an epoll of their own, which the reactor watches
like any socket: of those that have something up to 64 are read first, and then heard,
one by one.
"""

from __future__ import annotations

import select
from typing import Any, Final, Protocol

from attrs import define, field
from twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST
from twisted.python import log
from twisted.python.failure import Failure

__all__ = ["Inlet", "Wired", "make_inlet"]

#: How many sockets are read before the first is heard, so that none waits for long.
_MOST: Final = 64

#: How much of one is read at once, as Twisted does.
_SIZE: Final = 65_536


class Wired(Protocol):
    """What an Inlet reads: a connection that has a socket.

    Attributes:
        socket: Its socket, which does not block.
        is_wanted: Whether anything is to be read now.
    """

    socket: Any
    is_wanted: bool

    def fileno(self) -> int:
        """Return the number of its socket."""

    def hear(self, data: bytes) -> None:
        """Take what was read; may raise nothing."""

    def lose(self, why: Exception) -> None:
        """End, as nothing can be read any more; may raise nothing."""

    def connectionLost(self, reason: Failure) -> object:  # noqa: N802 -- as Twisted calls it
        """End: the reactor does."""


@define(eq=False)
class Inlet:
    """Reads the open sockets of one port; the reactor watches it while there are any.

    Args:
        reactor: What watches it.
    """

    _reactor: Any = field(repr=False)
    #: It stays open while the port is there: whoever is heard may be the last to leave.
    _epoll: Any = field(init=False, repr=False, factory=lambda: select.epoll())
    _wired: dict[int, Wired] = field(init=False, repr=False, factory=dict)
    _is_watched: bool = field(init=False, default=False)

    def watch(self, one: Wired) -> None:
        """Read a connection whenever it has something; it leaves before it closes."""
        number = one.fileno()
        if number in self._wired:
            return
        self._epoll.register(number, select.EPOLLIN)
        self._wired[number] = one
        if not self._is_watched:
            self._is_watched = True
            self._reactor.addReader(self)

    def leave(self, one: Wired) -> None:
        """Read a connection no more."""
        number = one.fileno()
        if self._wired.get(number) is not one:
            return
        del self._wired[number]
        self._epoll.unregister(number)
        if not self._wired:
            self._is_watched = False
            self._reactor.removeReader(self)

    # What the reactor calls.

    def fileno(self) -> int:
        """Return what the reactor watches."""
        number: int = self._epoll.fileno()
        return number

    def logPrefix(self) -> str:  # noqa: N802 -- as Twisted calls it
        """Say who this is."""
        return "Inlet"

    def doRead(self) -> None:  # noqa: N802 -- as Twisted calls it
        """Read all that have something, and then let them take it."""
        chunks: list[tuple[Wired, bytes | None]] = []
        for number, _ in self._epoll.poll(0, _MOST):
            one = self._wired[number]
            try:
                chunks.append((one, one.socket.recv(_SIZE)))
            except BlockingIOError:
                continue
            except OSError:
                chunks.append((one, None))
        for one, data in chunks:
            if data:
                one.hear(data)
            elif one.is_wanted:
                one.lose(CONNECTION_LOST if data is None else CONNECTION_DONE)

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 -- as Twisted calls it
        """End all: the reactor stops, and watches nothing any more."""
        for one in list(self._wired.values()):
            self.leave(one)
            try:
                one.connectionLost(reason)
            except BaseException:  # noqa: BLE001  # as the reactor has it
                log.err(None, self.logPrefix())


def make_inlet(reactor: Any) -> Inlet | None:
    """Return an Inlet for a port, or None where the system has no such thing."""
    return Inlet(reactor) if hasattr(select, "epoll") else None
