"""Sounding: whether a client keeps up that does not tell what it applied.

A WebSocket peer sends a ping back when it has read all that was sent before: so a ping
behind the patches tells when they arrived, whatever kernels and proxies hold between.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field

from nexus.net.outlet import Outlet
from nexus.room.fanout.pace import Pace

__all__ = ["Sounding"]

#: So many bytes have to be sent before an echo is worth asking for.
_WORTH: Final = 8_192
#: Seconds from an echo that came in time to the next question: at first, and at last.
_SOON: Final = 1.0
_SELDOM: Final = 8.0
#: An echo that takes so many seconds longer than the shortest one had to wait.
_LATE: Final = 1.0
#: A way there and back is taken for no longer than this, in seconds.
_FAR: Final = 0.5
#: So many seconds lie between two States that a slow client is sent, at least.
_AGAIN: Final = 1.0


@define(eq=False)
class Sounding:
    """What echoes tell of one socket; it keeps the Pace of its client.

    One that never answered a ping breaks the rules of WebSockets, and nothing is known
    of it: it is sent everything, as far as its socket takes that.

    A client that is slow gets no patches. When it has taken what was on its way, it is
    sent the State as it is then; with patches again behind it if it took the one before
    in time.

    Args:
        pace: The client's, who came by this socket.
        outlet: The short way out of the socket. What may go there until it is time to
            `look` is its `spare`: nothing while the client is slow.
    """

    _pace: Pace
    _outlet: Outlet
    #: How many bytes will have been sent behind the last question when none are spare.
    _due: int = field(default=0, init=False)
    #: Whether an echo ever came.
    _heard: bool = field(default=False, init=False)
    _asked_at: float | None = field(default=None, init=False)
    _ask_at: float = field(default=0.0, init=False)
    _pause: float = field(default=_SOON, init=False)
    #: The shortest time that an echo took.
    _base: float = field(default=_FAR, init=False)
    _again_at: float = field(default=0.0, init=False)
    #: Whether the last echo came in time.
    _is_quick: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._count_from(0)

    @property
    def since(self) -> int:
        """How many bytes were sent behind the last question."""
        return self._due - self._outlet.spare

    def went(self, size: int) -> bool:
        """Note that a patch went the long way; tell whether to `look`."""
        self._outlet.spare -= size
        return self._outlet.spare <= 0

    def look(self, now: float) -> bool:
        """Look whether it keeps up; tell whether to ask for an echo."""
        self._count_from(self.since)
        if self._asked_at is not None:
            if self._heard:
                self._judge(now - self._asked_at)
            return False
        if now < self._ask_at:
            return False
        self._ask(now)
        return True

    def echoed(self, now: float) -> bool:
        """Take note of an echo; tell whether to ask at once for another one."""
        if self._asked_at is None:
            return False
        took, self._asked_at = max(0.0, now - self._asked_at), None
        if not self._heard:
            self._heard = True
            self._judge(took)
        self._base = min(took, self._base)
        self._is_quick = took - self._base < _LATE / 2
        if self._pace.is_slow:
            if not self.since:
                return False
            # What went behind the question is still on its way.
            self._ask(now)
            return True
        if self._is_quick:
            self._pause = min(_SELDOM, 2 * self._pause)
            self._ask_at = now + self._pause
        else:
            self._pause, self._ask_at = _SOON, now
        return False

    def takes_whole(self, now: float) -> bool:
        """Tell whether a slow one may be sent the State."""
        return self._asked_at is None and now >= self._again_at

    def restarted(self, now: float) -> None:
        """Note that it was sent the State, and is asked for an echo behind it."""
        self._pace.is_slow = not self._is_quick
        self._pause, self._again_at = _SOON, now + _AGAIN
        self._ask(now)

    def caught_up(self) -> None:
        """Note that it holds the newest State: it is sent patches again."""
        self._pace.is_slow = False
        self._count_from(self.since)
        self._pause, self._ask_at = _SOON, 0.0

    def _judge(self, waited: float) -> None:
        """Find it slow, if an echo takes so long and much more was sent meanwhile."""
        # What is late for other reasons than bytes is waited for.
        self._pace.is_slow = waited - self._base > _LATE and self.since >= _WORTH
        self._count_from(self.since)

    def _ask(self, now: float) -> None:
        self._asked_at = now
        self._count_from(0)

    def _count_from(self, since: int) -> None:
        """Count on from so many bytes behind the last question."""
        spare = 0 if self._pace.is_slow else _WORTH
        self._due, self._outlet.spare = since + spare, spare
