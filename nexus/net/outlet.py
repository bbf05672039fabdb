"""Outlet: the short way out of a socket, for a frame that is told to many.

A Room delivers twenty thousand frames a second, each behind a system call that leaves
little of Python in the processor's caches: what `Socket.deliver` looks at takes ten
times as long there as in a loop of its own. So what stands against sending is kept in
one number, by those who know; and whoever sends looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from twisted.python.failure import Failure

from nexus.compiled import parts

__all__ = ["Outlet", "send_all"]


def _nowhere(frame: bytes) -> int:
    raise BlockingIOError(f"there is no short way for {len(frame)} bytes")


@define(eq=False)
class Outlet:
    """The short way out of one socket.

    Its socket opens it, and closes it for good, as its owner may; its transport blocks
    it while something waits. Where nobody opens it, as with TLS, it stays closed.

    Attributes:
        most: A frame has to be shorter to go this way; 0: none does.
        send: Takes a frame, as the kernel does: returns how many bytes of it went, or
            raises an OSError. Whoever calls it gives the rest to `write`.
        write: Takes what is to be sent later.
        door: The descriptor that `send` sends by; -1: it does something else.
        spare: How many bytes may go this way until the socket's owner looks after the
            peer. It is for the owner, and here as one thing is found sooner than two.
    """

    most: int = 0
    send: Callable[[bytes], int] = _nowhere
    write: Callable[[bytes], object] = _nowhere
    door: int = -1
    spare: int = 0
    #: The longest frame and one more, while nothing waits; 0: it is closed.
    _bound: int = field(default=0, init=False)

    def open(self, bound: int) -> None:
        """Let frames go this way that are shorter than that."""
        self.most = self._bound = bound

    def close(self) -> None:
        """Let no frame go this way any more."""
        self.most = self._bound = 0
        self.door = -1
        self.send = self.write = _nowhere

    def block(self) -> None:
        """Let no frame go this way while something waits before it."""
        self.most = 0

    def clear(self) -> None:
        """Let frames go this way again: nothing waits any more."""
        self.most = self._bound

    def take(self, frame: bytes) -> bool:
        """Send a frame if it may go this way; return whether it did.

        If not, it is to be delivered.
        """
        if len(frame) >= self.most:
            return False
        try:
            sent = self.send(frame)
        except OSError:
            # There is no room, or what is wrong comes out when it is delivered.
            return False
        if sent != len(frame):
            self.write(frame[sent:])
        return True


def send_all(
    outlets: list[Outlet], frames: list[bytes]
) -> tuple[list[int], list[tuple[int, Failure]]]:
    """Send each of some frames by an Outlet, for which it is short enough.

    That is `take` for each, without any Python between a system call and the next one:
    half of what a frame costs beside the kernel's work is what that finds no longer in
    the caches.

    Returns:
        The places of those that are to be delivered; and of those that something was
        raised for, with what it was.
    """
    doors = [outlet.door for outlet in outlets]
    if parts is None:
        left = [(at, 0) for at in range(len(outlets))]
        doors = [-1] * len(outlets)
    else:
        left = parts.ship(doors, frames)
    over: list[int] = []
    failed: list[tuple[int, Failure]] = []
    for at, sent in left:
        outlet, frame = outlets[at], frames[at]
        try:
            if sent:
                outlet.write(frame[sent:])
            elif doors[at] >= 0 or not outlet.take(frame):
                over.append(at)
        except Exception:  # noqa: BLE001  # it keeps nobody else's frame
            failed.append((at, Failure()))
    return over, failed
