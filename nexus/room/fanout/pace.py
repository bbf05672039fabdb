"""Pace: how much a client may be sent that takes more slowly than the Room makes.

What counts is what the client says it applied, never what the kernel took: behind that
may lie seconds of buffers.
"""

from __future__ import annotations

from collections import deque
from heapq import nlargest
from typing import Final, TypeAlias

from attrs import define, field

__all__ = ["FIRST_WINDOW", "LEAST", "Pace"]

#: So many bytes may be on their way to a client whose rate nobody knows.
FIRST_WINDOW: Final = 8_192
#: What is on its way takes at most so many seconds at the rate that was measured.
_AHEAD: Final = 0.5
#: So much may always go when nothing is on its way.
LEAST: Final = 1_200
#: So many big patches make nobody slow.
_BIG: Final = 2
#: A client tells what it applied at most so many seconds later.
_TELLS: Final = 0.2
#: An answer that takes so many seconds more than the shortest waited for other bytes.
_WAITED: Final = _TELLS
#: No answer is measured more exactly than this.
_GRAIN: Final = 0.005
#: The shortest answer is looked for anew after so many seconds: ways change.
_REMEMBERED: Final = 10.0
#: A little less goes than the client takes, so that what waits on the way goes by.
_DRAIN: Final = 0.8
#: At most such a part of what may be on the way goes at once: little, but often.
_PARTS: Final = 4
#: So much more is tried when nothing waited, at most so often in seconds...
_MORE, _EVERY = 1.06, 0.5
#: ...with each answer as long as nothing ever waited...
_FIRST_MORE: Final = 2.0
#: ...and more each time when nothing waited for so many seconds...
_QUICK, _QUIET = 1.15, 10.0
#: One answer makes it at most so much less.
_LESS: Final = 0.8


#: Nothing is taken for slower than a line of 64 kbit/s: an answer may be late for other
#: reasons, such as a page that takes long to draw.
_SLOWEST: Final = 8_000.0
#: A client that never said what it applied will not, so many seconds after all that it
#: was sent should have come, by the slowest way. Who has too much to do may be late for
#: the first time by seconds, and what it is sent then would block its way for minutes.
_MUTE: Final = 10.0
_EVERYTHING: Final = 1 << 40


#: One patch that is on its way: its version and size, when it went, and how many bytes
#: were answered then, and since when the next are going. A tuple: with a thousand
#: clients twenty thousand are made a second.
_Sent: TypeAlias = tuple[int, int, float, int, float]


@define(eq=False)
class Pace:
    """How much one client may be sent.

    The rate at which it takes bytes shows only while something waits on the way to it,
    which an answer tells that took clearly longer than the shortest one. Until then all
    that is known is that it takes at least what it took; so to a client that lags a
    little more is sent each time, until something waits.

    Args:
        least: So many bytes may always go when nothing is on its way.

    Attributes:
        outstanding: How many bytes it has not acknowledged.
        rate: How many bytes a second it takes, as measured; None: no answer came yet.
        skipped: How many patches it was not sent, as it would have had them too late.
        is_slow: Whether it lags behind.
        version: The version that it was sent last.
        is_sure: Whether the rate is that of the way. If not, it takes this at least.
    """

    least: int = LEAST
    outstanding: int = field(default=0, init=False)
    rate: float | None = field(default=None, init=False)
    skipped: int = field(default=0, init=False)
    is_slow: bool = field(default=False, init=False)
    version: int = field(default=0, init=False)
    is_sure: bool = field(default=False, init=False)
    _way: deque[_Sent] = field(factory=deque, init=False)
    #: Whether it ever told what it applied, by this socket.
    _tells: bool = field(default=False, init=False)
    #: Whether nothing will ever tell how much it takes, so that it is sent all.
    _is_mute: bool = field(default=False, init=False)
    #: When it was sent something for the first time, by this socket.
    _began: float | None = field(default=None, init=False)
    _answered: int = field(default=0, init=False)
    #: When the last answer came; or when the first byte arrived after a pause.
    _since: float = field(default=0.0, init=False)
    #: The shortest time that an answer took, and the shortest one lately.
    _base: float | None = field(default=None, init=False)
    _lately: float | None = field(default=None, init=False)
    _lately_from: float = field(default=0.0, init=False)
    #: When more was tried last, and the version that was sent last then.
    _tried_at: float = field(default=0.0, init=False)
    _tried: int = field(default=0, init=False)
    #: When something waited last.
    _waited_at: float = field(default=0.0, init=False)
    _tokens: float = field(default=0.0, init=False)
    _filled_at: float = field(default=0.0, init=False)

    @property
    def window(self) -> int:
        """How many bytes may be on their way to it."""
        least = self.least if self.is_sure else FIRST_WINDOW
        if self.rate is None:
            return least
        room = _AHEAD
        if not self.is_slow:
            # What all are sent is not held back for the way being long.
            room += _TELLS + (self._base or 0.0)
        return max(least, int(self.rate * room))

    @property
    def room(self) -> int:
        """How many bytes more may be on their way."""
        if self._is_mute:
            return _EVERYTHING
        return max(0, self.window - self.outstanding)

    @property
    def keeps_up(self) -> bool:
        """Whether it is to be sent what all are sent.

        The two biggest patches on the way do not count: who joins, or is told of a
        great change, and then of one more, has not lagged by that. Before there was an
        answer it is one, the whole State.
        """
        if self.is_slow:
            return False
        # No window is smaller than that, and for most it is enough.
        if self.outstanding <= (self.least if self.is_sure else FIRST_WINDOW):
            return True
        window = self.window
        if self.outstanding <= window or self._is_mute:
            return True
        most = 1 if self.rate is None else _BIG
        spare = sum(nlargest(most, [size for _, size, *_ in self._way]))
        if self.is_sure and self.rate is not None:
            # Not if it is known that it takes more than a second for them.
            spare = min(spare, int(self.rate))
        return self.outstanding - spare <= window

    def budget(self, now: float) -> int:
        """Return how many bytes may go now to one that lags; 0: nothing at all.

        What cannot be parted may take all the room; then the next has to wait longer.
        """
        if self._began is not None and not self._tells:
            patience = _MUTE + self.outstanding / _SLOWEST
            self._is_mute = self._is_mute or now - self._began > patience
        if self._is_mute:
            return _EVERYTHING
        rate = self.rate or FIRST_WINDOW
        if not self.is_sure:
            rate = max(rate, FIRST_WINDOW)
        passed, self._filled_at = max(0.0, now - self._filled_at), now
        self._tokens += passed * rate * _DRAIN
        self._tokens = min(self._tokens, max(self.least, self.window / _PARTS))
        if not self.outstanding:
            return max(self.least, int(self._tokens))
        return max(0, min(int(self._tokens), self.room))

    def lag(self, now: float) -> None:
        """Send less from now on: the client does not keep up."""
        self.is_slow = True
        self._tokens, self._filled_at = 0.0, now

    def skip(self) -> None:
        """Note that a patch did not go."""
        self.skipped += 1

    def catch_up(self) -> bool:
        """Send all again, if little is on its way; return whether that is so.

        Call it for one that was sent all else.
        """
        self.is_slow = False
        self.is_slow = self.outstanding > self.window // 2 and not self._is_mute
        return not self.is_slow

    def takes(self, version: int, size: int, now: float) -> bool:
        """Note that the patch to a version goes, if it keeps up; return whether so.

        It is what `keeps_up` and `sent` do, for all those who take what they are sent.
        """
        if self.is_slow:
            return False
        # No window is smaller than that, and for most it is enough.
        least = self.least if self.is_sure else FIRST_WINDOW
        if self.outstanding > least and not self.keeps_up:
            return False
        self.version = version
        way = self._way
        if not way:
            self._begin(now)
        way.append((version, size, now, self._answered, self._since))
        self.outstanding += size
        return True

    def sent(self, version: int, size: int, now: float) -> None:
        """Note that the patch to a version went."""
        self.version = version
        if not self._way:
            self._begin(now)
        self._way.append((version, size, now, self._answered, self._since))
        self.outstanding += size
        self._tokens -= size

    def _begin(self, now: float) -> None:
        """Note that something goes when nothing was on its way."""
        self._since = now + (self._base or 0.0)
        if self._began is None:
            self._began = now

    def applied(self, version: int, now: float) -> None:
        """Take note that the client holds a version."""
        self._tells, self._is_mute = True, False
        newest = None
        while self._way and self._way[0][0] <= version:
            newest = self._forget_first()
        if newest is not None:
            self._learn(newest, now)

    def echoed(self, at: float, now: float) -> None:
        """Take note that the client has received what was sent until then.

        It counts for one only that does not tell what it applied.
        """
        if self._tells:
            return
        newest = None
        while self._way and self._way[0][2] <= at:
            newest = self._forget_first()
        if newest is not None:
            self._learn(newest, now)

    def forget(self) -> None:
        """Begin anew: the client came by another socket, maybe by another way."""
        self.outstanding, self.is_slow = 0, False
        self._way.clear()
        self._base = self._lately = None
        self.is_sure = self._tells = self._is_mute = False
        self._began = None

    def _forget_first(self) -> _Sent:
        sent = self._way.popleft()
        size = sent[1]
        self.outstanding -= size
        self._answered += size
        return sent

    def _learn(self, sent: _Sent, now: float) -> None:
        """Learn from an answer how fast the client takes bytes."""
        version, size, at, answered, since = sent
        took = max(_GRAIN, now - at)
        base = self._remember(took, now)
        self._since = now
        waited = took - base
        # Its own bytes need their time, too.
        own = size / self.rate if self.rate and self.is_sure else 0.0
        takes = (self._answered - answered) / max(_GRAIN, now - since, took)
        if waited - own > _WAITED:
            # While it waited bytes went all the time, its own at least.
            takes = (self._answered - answered) / max(_GRAIN, now - since)
            takes = max(takes, size / waited)
            if self.is_sure and self.rate is not None:
                # The way may have been empty in between: it counts in part.
                takes = max(takes, self.rate * _LESS)
            self.rate, self.is_sure = max(takes, _SLOWEST), True
            self._tried, self._tried_at = self.version, now
            self._waited_at = now
        elif self.rate is None or takes > self.rate:
            self.rate = takes
        elif self.is_slow and version > self._tried:
            self._try_more(now)

    def _try_more(self, now: float) -> None:
        """Let more go than it was known to take."""
        assert self.rate is not None
        if not self.is_sure:
            self.rate *= _FIRST_MORE
        elif now - self._tried_at < _EVERY:
            return
        else:
            is_new = now - self._waited_at < _QUIET
            self.rate *= _MORE if is_new else _QUICK
        self._tried, self._tried_at = self.version, now

    def _remember(self, took: float, now: float) -> float:
        """Return the shortest time that an answer took."""
        if now - self._lately_from > _REMEMBERED:
            self._base, self._lately, self._lately_from = self._lately, None, now
        self._lately = took if self._lately is None else min(self._lately, took)
        self._base = self._lately if self._base is None else min(self._base, took)
        return self._base
