"""Talk: what one guest and the Node say, over one socket after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nexus.client.applied import Applied
from nexus.errors import Close, Refused
from nexus.testing.error import StillWaiting
from nexus.testing.line import Line
from nexus.testing.mailbox import Mailbox
from nexus.testing.order import Orders
from nexus.testing.told import Record, read_payload
from nexus.wire import frame as frames
from nexus.wire.dialect import CURRENT
from nexus.wire.message import UNDEFINED, encode
from nexus.wire.native import Replica
from nexus.wire.ours import APPLIED, OURS, RESUME, is_ours

if TYPE_CHECKING:
    from nexus.testing.visitor import Visitor

__all__ = ["Talk"]


class Talk:
    """A guest's side of the protocol, and all that it hears.

    Args:
        visitor: Who has the seat.
        room_id: The Room that it is in.
        session_id: What tells it from others.
    """

    def __init__(self, visitor: Visitor, room_id: str, session_id: str) -> None:
        self.room_id = room_id
        self.session_id = session_id
        self.replica = Replica()
        self.received: list[tuple[str | int, Any]] = []
        self.errors: list[tuple[int, str]] = []
        self.answers: dict[int, frames.Response] = {}
        self.record = Record()
        self.mailbox = Mailbox(self.say)
        self.orders = Orders(self.say, visitor.node.failures)
        #: The version of the State that is safe, as the Node said.
        self.saved = 0
        #: How the State came on the last return.
        self.resumed: str | None = None
        #: What the last socket was closed with; None while it is open.
        self.closed: tuple[int, str] | None = None
        #: What to come back with; empty before the first join.
        self.token = ""
        #: Whether a State came.
        self.has_state = False
        #: Whether JOIN_ROOM came by the last socket.
        self.is_in = False
        self._applied = Applied()
        self._visitor = visitor
        self._node = visitor.node
        self._line: Line | None = None

    # What the guest does.

    def come(self, **query: str) -> None:
        """Come by a new socket, and wait until the Room says yes or no.

        Raises:
            Refused: It says no.
            StillWaiting: It says nothing.
        """
        node, visitor, known = self._node, self._visitor, len(self.errors)
        query["sessionId"] = self.session_id
        if visitor.token:
            query["_authToken"] = visitor.token
        arrival = node.admit(visitor.address, visitor.headers, self.room_id, query)
        returns = "reconnectionToken" in query
        line = Line(
            node.loop,
            node.limits.message_bytes,
            hear=lambda data: self._hear(line, data, returns=returns),
            end=lambda code, reason: self._over(line, code, reason),
        )
        self._line, self.is_in, self.closed = line, False, None
        self.act(lambda: node.connect(arrival, line))
        try:
            node.loop.wait(
                lambda: self.is_in or self.closed is not None,
                lambda: node.who_joins(self.room_id, self.session_id),
            )
        except StillWaiting:
            self.act(lambda: line.cut(Close.GOING_AWAY))
            raise
        if not self.is_in:
            code, text = (self.errors[known:] or [self.closed or (0, "")])[0]
            raise Refused(text, code) from node.failures.find(text)

    def return_with(self, token: str, **query: str) -> None:
        """Come back; what the Node did not hear goes out when it says how far it is.

        Raises:
            Refused: It says no.
        """
        self.mailbox.hold()
        self.orders.hold()
        self.come(reconnectionToken=token, **query)

    def act(self, call: Callable[[], object]) -> None:
        """Do something, and hear what comes of it at once."""
        self._node.loop.act(call)

    def wait(self, is_done: Callable[[], bool], what: str) -> None:
        """Let time pass until something is done.

        Raises:
            StillWaiting: It takes too long.
        """
        name = self._node.name_of(self.room_id)
        self._node.loop.wait(is_done, lambda: f"{what} of {name}")

    def say(self, data: bytes) -> None:
        """Send a frame, unless the socket is gone."""
        if self._line is not None:
            self._line.say(data)

    def measured(self, seconds: float) -> None:
        """Let the Node have measured a round trip."""
        if self._line is not None:
            self._line.measured(seconds)

    def cut(self, code: int) -> None:
        """Lose the socket."""
        if self._line is not None:
            self._line.cut(code)

    # What it hears.

    def _over(self, line: Line, code: int, reason: str) -> None:
        self._node.left(line, self._visitor.address)
        if line is self._line:
            self.closed = (code, reason)

    def _hear(self, line: Line, data: bytes, *, returns: bool) -> None:
        """Take a frame; those of a socket that was given up do not count."""
        if line is not self._line:
            return
        self.record.add(self._node.clock.passed, data)
        frame = frames.read_server(data, CURRENT)
        if isinstance(frame, frames.Patch):
            self.replica.apply_patch(frame.content)
            self._say_applied(len(data))
        elif isinstance(frame, frames.Snapshot):
            self.replica.apply_snapshot(frame.content)
            self.has_state = True
            self._say_applied(len(data))
        elif isinstance(frame, frames.Message):
            self._hear_message(frame)
        elif isinstance(frame, frames.Bytes):
            self.received.append((frame.type, frame.content))
        elif isinstance(frame, frames.Response):
            self.answers[frame.number] = frame
        elif isinstance(frame, frames.Failure):
            self.errors.append((frame.code, frame.text))
        elif isinstance(frame, frames.JoinRoom):
            self._hear_join(frame, returns=returns)

    def _say_applied(self, size: int) -> None:
        """Tell the Node what was applied, as our clients do."""
        now = self._node.clock.passed * 1000
        self._applied.note(self.replica.version, size)
        version = self._applied.take(now)
        if version:
            self.say(frames.encode_message(APPLIED, encode(version)))

    def _hear_join(self, frame: frames.JoinRoom, *, returns: bool) -> None:
        """Take JOIN_ROOM, and say what State is held already."""
        self.token = frame.token
        self.is_in = True
        if frame.handshake:
            self.replica.set_outline(frame.handshake)
        if returns and self.replica.in_step:
            held = encode({"version": self.replica.version})
            self.say(frames.encode_message(RESUME, held))
        self.say(b"\x0a")

    def _hear_message(self, frame: frames.Message) -> None:
        payload = read_payload(frame.payload)
        if not is_ours(frame.type):
            self.received.append((frame.type, payload))
        elif frame.type == f"{OURS}resumed":
            self.resumed = payload["how"]
        elif frame.type == f"{OURS}ack":
            self.mailbox.acknowledged(payload)
            self.orders.go_on()
        elif frame.type == f"{OURS}commanded":
            self.orders.count(payload)
        elif frame.type == f"{OURS}verdict":
            ident, status, *rest = payload
            self.orders.answered(ident, status, rest[0] if rest else UNDEFINED)
        elif frame.type == f"{OURS}saved":
            self.saved = payload[0]
        elif frame.type == f"{OURS}refused":
            self.mailbox.refuse(*payload)
