"""Guest: a client in memory, honest from its seat to its replica of the State."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nexus.client.error import RequestError
from nexus.client.request import error_of
from nexus.errors import Close
from nexus.room import Client
from nexus.testing.error import NotJoined
from nexus.testing.opened import Opened
from nexus.testing.order import Order
from nexus.testing.talk import Talk
from nexus.testing.told import Told, read_payload
from nexus.wire.frame import Status, encode_request
from nexus.wire.message import UNDEFINED, encode
from nexus.wire.native import Replica

if TYPE_CHECKING:
    from nexus.testing.visitor import Visitor

__all__ = ["Guest"]


class Guest:
    """A client of a Room, as a test plays it.

    It claims its seat by a socket in memory, speaks the protocol frame by frame, and
    knows of the State what it was sent and nothing else. What it sends goes through an
    outbox, as with our own clients: what is sent while it is away goes out when it is
    back.

    Made by a `Visitor`, or by a `Harness` on its behalf.

    Attributes:
        room_id: The Room that it came for.
        session_id: What tells it from other clients.
    """

    def __init__(self, visitor: Visitor, room_id: str, session_id: str) -> None:
        self.room_id = room_id
        self.session_id = session_id
        self._node = visitor.node
        self._talk = Talk(visitor, room_id, session_id)
        self._requests = count(1)

    @classmethod
    def arriving(cls, visitor: Visitor, room_id: str, session_id: str) -> Guest:
        """Claim a seat.

        Raises:
            Refused: The Room does not let it in.
        """
        guest = cls(visitor, room_id, session_id)
        guest._talk.come()
        return guest

    @classmethod
    def returning(
        cls, visitor: Visitor, room_id: str, session_id: str, token: str
    ) -> Guest:
        """Take a seat over that another guest had, and that is kept.

        Raises:
            Refused: The Room does not let it in.
        """
        guest = cls(visitor, room_id, session_id)
        guest._talk.return_with(token)
        return guest

    # What it is and knows.

    @property
    def is_in(self) -> bool:
        """Whether it is in the Room, by a socket that is open."""
        return self._talk.is_in and self._talk.closed is None

    @property
    def closed(self) -> tuple[int, str] | None:
        """The code and reason that its socket was closed with; None while it is open.

        The code is 1006 when the socket was lost.
        """
        return self._talk.closed

    @property
    def room(self) -> Opened:
        """The Room that it came for, from the side of the Node.

        Raises:
            Refused: There is no such Room any more.
        """
        matchmaker = self._node.matchmaker
        return Opened(matchmaker.registry.get(self.room_id), matchmaker)

    @property
    def client(self) -> Client:
        """The client that the Room's code meets.

        Raises:
            NotJoined: The Room knows it no more.
        """
        client = self._node.client(self.room_id, self.session_id)
        if client is None:
            raise self._not_in()
        return client

    @property
    def state(self) -> Any:
        """The State as the guest knows it: objects with its fields, dicts and lists.

        Raises:
            NotJoined: It was sent none yet, or the Room has none.
        """
        if self._talk.has_state:
            return self._talk.replica.state
        raise NotJoined(
            f"{self} was sent no state: the room has none, or it comes with the next"
            " patch, after house.tick()"
        )

    @property
    def replica(self) -> Replica:
        """What holds the State: its `on_add`, `on_change` and `on_remove` call back."""
        return self._talk.replica

    @property
    def resumed(self) -> str | None:
        """How it got the State on its last return; None before the first.

        By the `patches` that it had missed, or by a `snapshot`.
        """
        return self._talk.resumed

    @property
    def received(self) -> list[tuple[str | int, Any]]:
        """The types and payloads of all messages that came, in order."""
        return self._talk.received

    def messages(self, type_: str | int) -> list[Any]:
        """Return the payloads of the messages of one type that came, in order."""
        return [payload for known, payload in self.received if known == type_]

    @property
    def errors(self) -> list[tuple[int, str]]:
        """The codes and texts of all errors that came, in order."""
        return self._talk.errors

    @property
    def reconnection_token(self) -> str:
        """What `Visitor.reconnect` takes."""
        return f"{self.room_id}:{self._talk.token}"

    @property
    def saved_version(self) -> int:
        """Up to which version the State outlives the Node, as the guest was told."""
        return self._talk.saved

    @property
    def unsent(self) -> int:
        """How many of its messages the Node has not acknowledged."""
        return len(self._talk.mailbox)

    @property
    def refused(self) -> list[tuple[int, str]]:
        """Which of its messages, counted from 1, a busy Room dropped, and why."""
        return self._talk.mailbox.refused

    # What it was sent.

    def wire(self) -> list[Told]:
        """Return everything that it was sent, read, in order."""
        return self._talk.record.read()

    @property
    def patches(self) -> list[dict[str, Any]]:
        """The patches that came: what was new, by path, such as `players.ada.x`."""
        return [each.content for each in self.wire() if each.what == "patch"]

    @property
    def bytes_received(self) -> int:
        """How many bytes it was sent."""
        return self._talk.record.size

    def was_told(self, value: object) -> bool:
        """Say whether a value occurs anywhere in what it was sent.

        Text and bytes are found as a part of more, too; anything else must be equal,
        and of the same type.

        Raises:
            ValueError: Empty text or bytes, which occur everywhere.
        """
        if isinstance(value, str | bytes) and not value:
            raise ValueError(f"{value!r} occurs in everything")
        return any(each.has(value) for each in self.wire())

    # What it does.

    def send(self, type_: str | int, payload: Any = UNDEFINED) -> None:
        """Send a message; while the guest is away it waits for the return.

        Raises:
            NotJoined: It has left, or was let go.
        """
        self._check_not_gone()
        self._talk.act(lambda: self._talk.mailbox.send(type_, payload))

    def send_bytes(self, type_: str | int, content: bytes) -> None:
        """Send raw bytes; as `send` otherwise."""
        self._check_not_gone()
        self._talk.act(lambda: self._talk.mailbox.send_bytes(type_, content))

    def request(self, type_: str, payload: Any = UNDEFINED) -> Any:
        """Ask something, and return the answer.

        Raises:
            RequestError: Nobody listens, the payload is wrong, the Room's code
                rejected it, refused or raised, or the guest was let go meanwhile: its
                `name` tells which.
            NotJoined: The guest is not in the Room.
            StillWaiting: The answer does not come.
        """
        self._check_in()
        talk, number = self._talk, next(self._requests)
        body = b"" if payload is UNDEFINED else encode(payload)
        asked = encode_request(number, type_, body)
        talk.act(lambda: talk.say(asked))
        talk.wait(
            lambda: number in talk.answers or talk.closed is not None,
            f"the listener of {type_!r}",
        )
        answer = talk.answers.pop(number, None)
        if answer is None:
            raise RequestError("closed", str(self._not_in()))
        value: Any = read_payload(answer.payload)
        if answer.status is not Status.OK:
            error = error_of(answer.status, value)
            raise error from self._node.failures.find(error.text)
        return None if value is UNDEFINED else value

    def order(self, type_: str | int, payload: Any = UNDEFINED) -> Order:
        """Give a command, and go on; while the guest is away it waits for the return.

        Raises:
            NotJoined: It has left, or was let go.
        """
        self._check_not_gone()
        given: list[Order] = []
        self._talk.act(lambda: given.append(self._talk.orders.give(type_, payload)))
        return given[0]

    def command(self, type_: str | int, payload: Any = UNDEFINED) -> Any:
        """Give a command, and return what the Room's code returned.

        Raises:
            RequestError: As for a request.
            NotJoined: The guest is not in the Room.
            StillWaiting: The answer does not come.
        """
        self._check_in()
        order, talk = self.order(type_, payload), self._talk
        talk.wait(
            lambda: order.is_answered or talk.closed is not None,
            f"the answer to {type_!r}",
        )
        if not order.is_answered:
            raise RequestError("closed", str(self._not_in()))
        return order.answer

    def measured(self, seconds: float) -> None:
        """Let the Node have measured how far away the guest is: `client.latency`."""
        self._check_in()
        self._talk.act(lambda: self._talk.measured(seconds))

    def leave(self) -> None:
        """Leave of its own will; returns when `on_leave` is done.

        Raises:
            NotJoined: It is not in the Room.
            StillWaiting: `on_leave` waits for what never comes.
        """
        self._check_in()
        self._talk.act(lambda: self._talk.say(b"\x0c"))
        self._talk.wait(lambda: self._talk.closed is not None, "on_leave")

    def drop(self, code: int = Close.ABNORMAL) -> None:
        """Lose the socket, as with a network that fails.

        Raises:
            NotJoined: It is not in the Room.
        """
        self._check_in()
        self._talk.act(lambda: self._talk.cut(int(code)))

    def rejoin(self) -> None:
        """Come back with the token; the State goes on from what the guest holds.

        It also takes over from a socket that is not lost yet. What the guest sent and
        the Node did not hear goes out again.

        Raises:
            Refused: The Room does not let it in: the seat was not kept.
        """
        self._talk.return_with(self._talk.token, skipHandshake="1")

    def _check_in(self) -> None:
        if not self.is_in:
            raise self._not_in()

    def _check_not_gone(self) -> None:
        if not self.is_in and not self._node.is_kept(self.room_id, self.session_id):
            raise self._not_in()

    def _not_in(self) -> NotJoined:
        code, reason = self.closed or (Close.ABNORMAL, "")
        why = f", {reason}" if reason else ""
        return NotJoined(f"{self} is not in the room: it was closed with {code}{why}")

    @override
    def __repr__(self) -> str:
        return f"<Guest {self.session_id} of {self.room_id}>"
