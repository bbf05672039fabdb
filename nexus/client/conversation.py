"""Conversation: what a client and a Room say to each other, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from nexus.client.applied import Applied
from nexus.client.event import How
from nexus.client.offset import ServerClock
from nexus.client.parcel import Parcel, check_type, report, write, write_command
from nexus.client.quality import Quality
from nexus.client.told import (
    Answered,
    Changed,
    Dropped,
    Heard,
    Joined,
    Judged,
    Measured,
    Raised,
    Refusal,
    Stored,
    Told,
    Whole,
)
from nexus.errors import PeerError
from nexus.sync import Command, Commands, Outbox
from nexus.wire import frame as frames
from nexus.wire.colyseus.primitive import SAFE
from nexus.wire.dialect import CURRENT
from nexus.wire.frame import Status
from nexus.wire.message import UNDEFINED, Limits, decode, encode
from nexus.wire.native import Replica
from nexus.wire.ours import OURS, WISH, is_ours

__all__ = ["Conversation"]

#: What a client asks for when it wishes for a seat.
_SERIALIZER: Final = WISH["__nexus"]["serializer"]

#: What a State, or the lack of one, is called in JOIN_ROOM.
_SERIALIZERS: Final = (_SERIALIZER, "none")

_ACKNOWLEDGE: Final = b"\x0a"
_LEAVE: Final = b"\x0c"


class Conversation:
    """What is said over all sockets of one client, one after the other.

    Bytes go in by `receive`, and what they tell comes out; what is to be sent, `take`
    returns. All times are milliseconds, by any clock.

    Args:
        outbox: What keeps Messages until they are acknowledged.
        size: How many bytes one frame may have.
    """

    def __init__(self, outbox: Outbox, *, size: int) -> None:
        self.outbox = outbox
        self.commands = Commands()
        self._applied = Applied()
        self.replica = Replica(limit=size)
        self.quality = Quality()
        self.clock = ServerClock()
        #: What to come back with.
        self.token = ""
        #: Whether JOIN_ROOM came by this socket.
        self.is_joined = False
        #: Whether the next socket has to be told all: what is held is of no use.
        self.is_spoiled = False
        #: When the last frame came.
        self.heard_at = 0.0
        self._limits = Limits(size=size, values=2**20)
        self._outgoing: list[bytes] = []
        self._returns = False
        #: Whether the Room has a State; None: it has not said yet.
        self.has_state: bool | None = None
        #: Whether the State has to become whole after a return, and at which version.
        self._is_due = False
        self._due_version: int | None = None
        self._pings = 0
        self._requests = 0

    # What goes out.

    def begin(self, now: float, *, returns: bool) -> None:
        """Go on by another socket, or by the first."""
        self._returns = returns
        self.is_joined = False
        self.heard_at = now

    def end(self) -> None:
        """Take note that the socket is gone, and what was not sent by it."""
        self.is_joined = False
        self._outgoing.clear()
        self._applied.forget()
        self.outbox.close()
        self.commands.close()
        self.quality.lost()

    def take(self, now: float) -> list[bytes]:
        """Return the frames that are to be sent, in order."""
        if self.is_joined:
            self._outgoing += [write(letter) for letter in self.outbox.take(now)]
            self._outgoing += [write_command(each) for each in self.commands.take(now)]
            version = self._applied.take(now)
            if version:
                self._outgoing.append(_message("applied", version))
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def wait(self, now: float) -> float | None:
        """Return in how many milliseconds to `take` again; None: nothing waits."""
        waits = self.outbox.wait(now), self.commands.wait(now), self._applied.wait(now)
        return min((each for each in waits if each is not None), default=None)

    def send(self, type_: str | int, body: Any) -> None:
        """Put a Message into the Outbox.

        Raises:
            OutboxFull: It is full.
            ValueError: The type or the body cannot be sent.
        """
        self._put(type_, Parcel(b"" if body is UNDEFINED else encode(body)))

    def send_bytes(self, type_: str | int, content: bytes) -> None:
        """Put a Message of raw bytes into the Outbox.

        Raises:
            OutboxFull: It is full.
            ValueError: The type cannot be sent.
        """
        self._put(type_, Parcel(encode(bytes(content)), is_raw=True))

    def _put(self, type_: str | int, parcel: Parcel) -> None:
        check_type(type_)
        self.outbox.add(type_, parcel, len(encode(type_)) + len(parcel.body))

    def command(self, type_: str | int, body: Any) -> Command | None:
        """Give a Command, which waits for its Verdict; None: too many wait.

        Raises:
            ValueError: The type or the body cannot be sent.
        """
        check_type(type_)
        content = encode(type_) + (b"" if body is UNDEFINED else encode(body))
        head = b"\x92" if body is UNDEFINED else b"\x93"
        return self.commands.add((head, content), len(content))

    def request(self, type_: str | int, body: Any) -> int:
        """Ask something, and return the number that the answer will have.

        Raises:
            ValueError: The type or the body cannot be sent.
        """
        check_type(type_)
        payload = b"" if body is UNDEFINED else encode(body)
        number = self._requests
        self._outgoing.append(frames.encode_request(number, type_, payload))
        self._requests = (number + 1) % 2**32
        return number

    def ping(self, now: float) -> None:
        """Ask how long an answer takes."""
        self._pings += 1
        self.quality.sent(self._pings, now)
        self._outgoing.append(_message("ping", self._pings))

    def leave(self) -> None:
        """Leave the Room."""
        self._outgoing.append(_LEAVE)

    # What comes in.

    def receive(self, data: bytes, now: float) -> list[Told]:
        """Take one frame, and return what it tells.

        Listeners of the State are called in here.

        Raises:
            PeerError: It is none that may come now; nothing more of this socket can be
                understood.
        """
        self.heard_at = now
        frame = frames.read_server(data, CURRENT)
        if isinstance(frame, frames.Failure):
            return [Refusal(frame.code, frame.text)]
        if isinstance(frame, frames.JoinRoom):
            return self._join(frame, now)
        if frame is None or isinstance(frame, frames.Ping):
            return []
        if not self.is_joined:
            raise PeerError(f"{type(frame).__name__} came before JOIN_ROOM")
        if isinstance(frame, frames.Snapshot):
            return self._apply(self.replica.apply_snapshot, frame.content, "snapshot")
        if isinstance(frame, frames.Patch):
            return self._apply(self.replica.apply_patch, frame.content, "patches")
        if isinstance(frame, frames.Message):
            return self._message(frame.type, self._read(frame.payload), now)
        if isinstance(frame, frames.Bytes):
            return [] if is_ours(frame.type) else [Heard(frame.type, frame.content)]
        if isinstance(frame, frames.Response):
            body = self._read(frame.payload)
            return [Answered(frame.number, frame.status, body)]
        raise PeerError(f"{type(frame).__name__} is not for clients")

    def _join(self, frame: frames.JoinRoom, now: float) -> list[Told]:
        if self.is_joined:
            raise PeerError("JOIN_ROOM came twice")
        if frame.serializer not in _SERIALIZERS:
            raise PeerError(
                f"the state comes as {frame.serializer}, which we cannot read"
            )
        if frame.handshake:
            self.replica.set_outline(frame.handshake)
        returns = self._is_due = self._returns and bool(self.token)
        self.has_state = frame.serializer == _SERIALIZER
        self._due_version = None
        self.token = frame.token
        self.is_joined = True
        self.quality.returned()
        if returns and self.has_state and self.replica.in_step and not self.is_spoiled:
            self._outgoing.append(_message("resume", {"version": self.replica.version}))
        self.is_spoiled = False
        self._outgoing.append(_ACKNOWLEDGE)
        if not self._returns:
            self.outbox.open(now)
            self.commands.open(now)
        return [Joined()]

    def _apply(
        self, take_in: Callable[[bytes], None], content: bytes, how: How
    ) -> list[Told]:
        told: list[Told] = [Changed()]
        try:
            take_in(content)
        except Exception as error:
            # When the State is in step all the same, a listener of it raised.
            if not self.replica.in_step:
                raise
            told.append(Raised(error))
        self._applied.note(self.replica.version, len(content))
        if self._due_version is None:
            is_whole = how == "snapshot"
        else:
            is_whole = self.replica.version >= self._due_version
        return [*told, *self._whole(how)] if is_whole else told

    def _whole(self, how: How) -> list[Told]:
        """Tell, once a return, that the State is whole."""
        was_due, self._is_due = self._is_due, False
        return [Whole(how)] if was_due else []

    def _read(self, payload: bytes) -> Any:
        return decode(payload, self._limits) if payload else UNDEFINED

    def _message(self, type_: str | int, body: Any, now: float) -> list[Told]:
        if not is_ours(type_):
            return [Heard(type_, body)]
        what = str(type_).removeprefix(OURS)
        if what == "ack":
            self.outbox.ack(_number(body), now)
            self.commands.open(now)
            return [] if self.has_state else self._whole("none")
        if what == "refused":
            return self._refused(body)
        if what == "pong":
            return self._pong(body, now)
        if what == "resumed":
            return self._resumed(body)
        return self._kept(what, body)

    def _kept(self, what: str, body: Any) -> list[Told]:
        """Take what is said of Commands, and of what the Node stores."""
        if what == "verdict":
            return self._judged(body)
        if what == "commanded":
            self.commands.count(_number(body))
        elif what == "saved":
            if not isinstance(body, list) or len(body) != 2:
                raise PeerError("what is saved are two versions")
            return [Stored(_number(body[0]), _number(body[1]))]
        return []

    def _judged(self, body: Any) -> list[Told]:
        if not isinstance(body, list) or not 2 <= len(body) <= 3:
            raise PeerError("a verdict is an id, a status and a value")
        try:
            status = Status(_number(body[1]))
        except ValueError:
            raise PeerError(f"a verdict of status {body[1]}") from None
        command = self.commands.answer(_number(body[0]))
        value = body[2] if len(body) == 3 else UNDEFINED
        return [] if command is None else [Judged(command, status, value)]

    def _refused(self, body: Any) -> list[Told]:
        if not isinstance(body, list) or len(body) != 2 or not isinstance(body[1], str):
            raise PeerError("a refusal is a number and a reason")
        letter = self.outbox.refuse(_number(body[0]))
        return [] if letter is None else [Dropped(report(letter, body[1]))]

    def _pong(self, body: Any, now: float) -> list[Told]:
        if not isinstance(body, list) or len(body) != 2 or not all(map(_is_time, body)):
            raise PeerError("the answer to a ping is two numbers")
        number, server = body
        sent = self.quality.sent_at(number)
        if sent is None:
            return []
        self.quality.answered(number, now)
        self.clock.sample(sent, now, server)
        return [Measured()]

    def _resumed(self, body: Any) -> list[Told]:
        how = body.get("how") if isinstance(body, dict) else None
        if how not in ("patches", "snapshot"):
            raise PeerError("a return goes on by patches or a snapshot")
        version = _number(body.get("version"))
        if how == "patches":
            self._due_version = version
            if self.replica.version >= version:
                return self._whole("patches")
        return []


def _message(what: str, body: Any) -> bytes:
    """Write a Message of ours."""
    return frames.encode_message(OURS + what, encode(body))


def _number(value: Any) -> int:
    """Return a number of a Letter, or a version.

    Raises:
        PeerError: It is none.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value != value // 1 or not 0 <= value < SAFE:
        raise PeerError("a whole number is expected")
    return int(value)


def _is_time(value: Any) -> bool:
    """Say whether something is a number that can be reckoned with."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and isfinite(value)
