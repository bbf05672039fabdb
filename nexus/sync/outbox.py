"""Outbox: what a client sent and its Node has not acknowledged yet."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from attrs import define, evolve, field, frozen

from nexus.errors import Code, PeerError, Refused

__all__ = ["Letter", "Outbox", "OutboxFull"]

#: What waited while the client was away goes out no faster than this, which is half of
#: what a Node takes of one client by default: new Messages are to have room as well.
_LETTERS_PER_SECOND: Final = 50
_BYTES_PER_SECOND: Final = 131_072


class OutboxFull(Refused):
    """The outbox takes no more; the Message was not taken in."""

    def __init__(self, messages: int, size: int) -> None:
        wait = f"{messages} messages wait, of {size} bytes"
        super().__init__(f"the outbox is full: {wait}", Code.LIMIT)


@frozen
class Letter:
    """One Message in an Outbox.

    Attributes:
        id: Its number; they count up from 1 for each seat.
        type: The type of the Message.
        body: What its owner keeps of it; an Outbox does not look at it.
        size: For how many bytes it counts.
    """

    id: int
    type: str | int
    body: Any
    size: int


@define(eq=False)
class Outbox:
    """Letters in order, until they are acknowledged; bounded in number and bytes.

    It is closed at first. A client that joins anew opens it at once. After a return the
    first acknowledgement opens it, as only that says where to go on; so a client that
    came with the token of another one learns by it which numbers are used up.

    While nothing waits, a Letter may go as soon as it was added. What waited goes at a
    measured pace, and new Letters behind it.

    Args:
        max_messages: How many Letters it holds at most.
        max_bytes: How many bytes they count for at most.
    """

    _max_messages: int = 1000
    _max_bytes: int = 1 << 20
    #: What was handed out on this Connection, and what was not yet.
    _sent: deque[Letter] = field(factory=deque, init=False)
    _waiting: deque[Letter] = field(factory=deque, init=False)
    _bytes: int = field(default=0, init=False)
    #: The number of the newest Letter, and of the newest that was ever handed out.
    _last: int = field(default=0, init=False)
    _furthest: int = field(default=0, init=False)
    #: Whether it is known where the numbers of this seat go on.
    _is_numbered: bool = field(default=False, init=False)
    _is_open: bool = field(default=False, init=False)
    #: What may go of that which waited; None: nothing waits.
    _pace: _Pace | None = field(default=None, init=False)

    @property
    def size(self) -> int:
        """How many Letters are not acknowledged."""
        return len(self._sent) + len(self._waiting)

    @property
    def bytes(self) -> int:
        """How many bytes those count for."""
        return self._bytes

    @property
    def is_open(self) -> bool:
        """Whether Letters may go."""
        return self._is_open

    def add(self, type_: str | int, body: Any, size: int) -> None:
        """Take a Message in.

        Raises:
            OutboxFull: There is no room for it; nothing was changed.
        """
        beyond = self._bytes + size > self._max_bytes
        if beyond or self.size >= self._max_messages:
            raise OutboxFull(self.size, self._bytes)
        self._last += 1
        self._waiting.append(Letter(self._last, type_, body, size))
        self._bytes += size

    def open(self, now: float) -> None:
        """Let Letters go: the client joined anew, and no number is used up."""
        self._is_numbered = self._is_open = True
        self._pace = _Pace(now) if self._waiting else None

    def close(self) -> None:
        """Let none go: the Connection is lost. What is kept goes again later."""
        self._is_open = False
        self._waiting.extendleft(reversed(self._sent))
        self._sent.clear()

    def ack(self, id_: int, now: float) -> None:
        """Forget what the Node took, up to a number; and open.

        Raises:
            PeerError: It acknowledges what was never sent.
        """
        if not self._is_numbered:
            self._waiting = deque(
                evolve(letter, id=letter.id + id_) for letter in self._waiting
            )
            self._last += id_
            self._furthest = id_
        if id_ > self._furthest:
            raise PeerError(f"message {id_} is acknowledged, and was never sent")
        for letters in (self._sent, self._waiting):
            while letters and letters[0].id <= id_:
                self._bytes -= letters.popleft().size
        if not self._is_open:
            self.open(now)

    def refuse(self, id_: int) -> Letter | None:
        """Forget a Letter that the Node dropped, and return it, if it is here.

        One that came with the token of another client is told of the Letters of that.

        Raises:
            PeerError: It was never sent.
        """
        if self._is_numbered and id_ > self._furthest:
            raise PeerError(f"message {id_} is refused, and was never sent")
        for letters in (self._sent, self._waiting) if self._is_numbered else ():
            for place, letter in enumerate(letters):
                if letter.id == id_:
                    del letters[place]
                    self._bytes -= letter.size
                    return letter
        return None

    def take(self, now: float) -> list[Letter]:
        """Return the Letters that are to go now, in order, each once a Connection.

        Args:
            now: The time in milliseconds, as for all that asks for it here.
        """
        taken: list[Letter] = []
        while self._is_open and self._waiting:
            size = self._waiting[0].size
            if self._pace is not None and not self._pace.lets_go(size, now):
                break
            taken.append(self._waiting.popleft())
        if not self._waiting:
            self._pace = None
        self._sent.extend(taken)
        if taken:
            self._furthest = max(self._furthest, taken[-1].id)
        return taken

    def wait(self, now: float) -> float | None:
        """Return in how many milliseconds to `take` again; None: nothing waits."""
        if not self._is_open or not self._waiting:
            return None
        return 0.0 if self._pace is None else self._pace.wait(now)

    def drain(self) -> list[Letter]:
        """Return all that was not acknowledged, and forget it: the room is over."""
        left = [*self._sent, *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        self._bytes, self._is_open, self._pace = 0, False, None
        return left


@define(eq=False)
class _Pace:
    """How much may go already: so many Letters and bytes at once, and then a second.

    It counts in thousandths, so that whole milliseconds give whole numbers.
    """

    _since: float
    _letters: float = 1000 * _LETTERS_PER_SECOND
    _bytes: float = 1000 * _BYTES_PER_SECOND

    def lets_go(self, size: int, now: float) -> bool:
        """Count a Letter if it may go."""
        if self.wait(now) > 0:
            return False
        self._letters -= 1000
        self._bytes -= 1000 * size
        return True

    def wait(self, now: float) -> float:
        """Return in how many milliseconds the next may go."""
        passed = max(0.0, now - self._since)
        self._since = now
        self._letters = min(
            self._letters + passed * _LETTERS_PER_SECOND, 1000 * _LETTERS_PER_SECOND
        )
        self._bytes = min(
            self._bytes + passed * _BYTES_PER_SECOND, 1000 * _BYTES_PER_SECOND
        )
        return max(
            0.0,
            (1000 - self._letters) / _LETTERS_PER_SECOND,
            -self._bytes / _BYTES_PER_SECOND,
        )
