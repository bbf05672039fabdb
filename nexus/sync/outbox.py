"""Outbox: what a client sent and its Node has not acknowledged yet."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from attrs import evolve, frozen
from typing_extensions import override

from nexus.errors import Code, PeerError, Refused
from nexus.sync.backlog import Backlog

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


class Outbox(Backlog[Letter]):
    """Letters in order, until they are acknowledged.

    A client that joins anew opens it at once. After a return the first acknowledgement
    opens it, as only that says where to go on; so a client that came with the token of
    another one learns by it which numbers are used up.

    Args:
        max_messages: How many Letters it holds at most.
        max_bytes: How many bytes they count for at most.
    """

    def __init__(self, max_messages: int = 1000, max_bytes: int = 1 << 20) -> None:
        super().__init__(
            max_messages, max_bytes, _LETTERS_PER_SECOND, _BYTES_PER_SECOND
        )
        #: The number of the newest Letter, and of the newest that was ever handed out.
        self._last = 0
        self._furthest = 0
        #: Whether it is known where the numbers of this seat go on.
        self._is_numbered = False

    def add(self, type_: str | int, body: Any, size: int) -> None:
        """Take a Message in.

        Raises:
            OutboxFull: There is no room for it; nothing was changed.
        """
        if not self._has_room(size):
            raise OutboxFull(self.size, self.bytes)
        self._last += 1
        self._put(Letter(self._last, type_, body, size))

    @override
    def open(self, now: float) -> None:
        """Let Letters go: the client joined anew, and no number is used up."""
        self._is_numbered = True
        super().open(now)

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
        self.open(now)

    def refuse(self, id_: int) -> Letter | None:
        """Forget a Letter that the Node dropped, and return it, if it is here.

        One that came with the token of another client is told of the Letters of that.

        Raises:
            PeerError: It was never sent.
        """
        if not self._is_numbered:
            return None
        if id_ > self._furthest:
            raise PeerError(f"message {id_} is refused, and was never sent")
        for letter in (*self._sent, *self._waiting):
            if letter.id == id_:
                self._remove(letter)
                return letter
        return None

    @override
    def take(self, now: float) -> list[Letter]:
        """Return the Letters that are to go now, in order, each once a Connection."""
        taken = super().take(now)
        if taken:
            self._furthest = max(self._furthest, taken[-1].id)
        return taken
