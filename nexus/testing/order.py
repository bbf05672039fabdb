"""Orders: the commands of a guest, numbered, until the Node answers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define, field

from nexus.client.error import RequestError
from nexus.client.request import error_of
from nexus.testing.error import StillWaiting
from nexus.wire.frame import Status, encode_message
from nexus.wire.message import UNDEFINED, encode
from nexus.wire.ours import COMMAND

if TYPE_CHECKING:
    from nexus.testing.failure import Failures

__all__ = ["Order", "Orders"]


@define(eq=False)
class Order:
    """A command that a guest gave, and what became of it.

    Attributes:
        type: The type of the message.
        id: Its number; they count up from 1 for each seat.
    """

    type: str | int
    id: int
    _failures: Failures = field(repr=False)
    _verdict: tuple[Status, Any] | None = field(default=None, init=False, repr=False)

    @property
    def is_answered(self) -> bool:
        """Whether the guest knows what became of it."""
        return self._verdict is not None

    @property
    def answer(self) -> Any:
        """What the Room's code returned.

        Raises:
            RequestError: It was not done: its `name` tells why.
            StillWaiting: It is not answered yet.
        """
        if self._verdict is None:
            raise StillWaiting(f"the command {self.type!r} is not answered yet")
        status, value = self._verdict
        if status is not Status.OK:
            error: RequestError = error_of(status, value)
            raise error from self._failures.find(error.text)
        return None if value is UNDEFINED else value

    def decide(self, status: Status, value: Any) -> None:
        """Take note of what became of it."""
        self._verdict = status, value


class Orders:
    """Gives commands once and in order, over as many sockets as it takes.

    Args:
        say: Sends a frame; one that is said while the guest is away is lost.
        failures: What the code of Rooms raised.
    """

    def __init__(self, say: Callable[[bytes], None], failures: Failures) -> None:
        self._say = say
        self._failures = failures
        self._last = 0
        self._waiting: dict[int, tuple[Order, bytes]] = {}
        #: Whether nothing goes out before the Node says how far its seat has come.
        self._holds = False

    def give(self, type_: str | int, payload: Any) -> Order:
        """Give a command."""
        self._last += 1
        order = Order(type_, self._last, self._failures)
        parts = (
            [order.id, type_] if payload is UNDEFINED else [order.id, type_, payload]
        )
        frame = encode_message(COMMAND, encode(parts))
        self._waiting[order.id] = order, frame
        if not self._holds:
            self._say(frame)
        return order

    def hold(self) -> None:
        """Wait for what the Node says on the next socket: only then it goes on."""
        self._holds = True

    def count(self, ident: int) -> None:
        """Go on behind the newest number that the Node took of this seat."""
        self._last = max(self._last, ident)

    def go_on(self) -> None:
        """Say once more what was not answered, after a return."""
        if self._holds:
            self._holds = False
            for _, frame in list(self._waiting.values()):
                self._say(frame)

    def answered(self, ident: int, status: int, value: Any) -> None:
        """Take note of what became of a command."""
        order, _ = self._waiting.pop(ident, (None, b""))
        if order is not None:
            order.decide(Status(status), value)
