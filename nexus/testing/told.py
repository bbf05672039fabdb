"""Told: what a guest was sent, read back, to prove what it knows and what not."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from attrs import field, frozen
from typing_extensions import override

from nexus.state.listen import Path
from nexus.state.tree import MAX_DEPTH
from nexus.wire import frame as frames
from nexus.wire.dialect import CURRENT
from nexus.wire.message import UNDEFINED, decode
from nexus.wire.native import Replica, plain

__all__ = ["REMOVED", "Record", "Told", "read_payload"]

#: So many words a path has at most: an entity stands at two words below another one.
_DEPTH: Final = 2 * MAX_DEPTH

#: How a frame is told.
What: TypeAlias = Literal[
    "join", "state", "patch", "message", "bytes", "answer", "error", "pong"
]


class Removed(Enum):
    """The type of REMOVED, an enum so that it stays one object when copied."""

    REMOVED = "removed"

    @override
    def __repr__(self) -> str:
        return "REMOVED"


#: What a patch has at the path of an entry that went.
REMOVED: Final = Removed.REMOVED


@frozen
class Told:
    """One thing that a guest was sent.

    Attributes:
        at: When, in seconds of virtual time.
        what: `join`, `state`, `patch`, `message`, `bytes`, `answer`, `error` or `pong`.
        content: Of a state, plain dicts and lists; of a patch, what is new by its path,
            such as `{"players.ada.x": 1.0}`, with REMOVED for what went; of a message,
            a pair of type and payload; of an answer, its status and value; of an error,
            its code and text; of a join, the names of the classes that it explains.
        raw: The bytes of the frame.
    """

    at: float
    what: What
    content: Any
    raw: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """How many bytes it is."""
        return len(self.raw)

    def has(self, value: object) -> bool:
        """Say whether a value occurs in it: text and bytes also as a part of more."""
        if self.what == "join":
            return False
        if isinstance(value, str | bytes):
            part = value.encode() if isinstance(value, str) else value
            if part in self.raw:
                return True
        return any(
            type(leaf) is type(value) and leaf == value
            for leaf in _leaves(self.content)
        )


def read_payload(payload: bytes) -> Any:
    """Read the payload of a message; an empty one is UNDEFINED."""
    return decode(payload) if payload else UNDEFINED


class Record:
    """Everything that one guest was sent, read when somebody asks for it."""

    def __init__(self) -> None:
        self._frames: list[tuple[float, bytes]] = []
        self._told: list[Told] = []
        self._replica = Replica()
        self._news: dict[str, Any] = {}
        self._listens = False
        #: How many bytes came.
        self.size = 0

    def add(self, at: float, data: bytes) -> None:
        """Keep a frame."""
        self._frames.append((at, data))
        self.size += len(data)

    def read(self) -> list[Told]:
        """Return all that came, in order."""
        if not self._listens:
            self._listens = True
            self._listen()
        for at, data in self._frames[len(self._told) :]:
            what, content = self._read(data)
            self._told.append(Told(at, what, content, data))
        return list(self._told)

    def _read(self, data: bytes) -> tuple[What, Any]:
        frame = frames.read_server(data, CURRENT)
        if isinstance(frame, frames.Patch):
            self._news.clear()
            self._replica.apply_patch(frame.content)
            return "patch", dict(self._news)
        if isinstance(frame, frames.Snapshot):
            self._replica.apply_snapshot(frame.content)
            return "state", plain(self._replica.state)
        if isinstance(frame, frames.Message):
            return "message", (frame.type, read_payload(frame.payload))
        if isinstance(frame, frames.Bytes):
            return "bytes", (frame.type, frame.content)
        if isinstance(frame, frames.Response):
            return "answer", (frame.status.name, read_payload(frame.payload))
        if isinstance(frame, frames.Failure):
            return "error", (frame.code, frame.text)
        if isinstance(frame, frames.JoinRoom):
            return "join", self._join(frame)
        return "pong", None

    def _join(self, frame: frames.JoinRoom) -> list[str]:
        if not frame.handshake:
            return []
        self._replica.set_outline(frame.handshake)
        return [each.name for each in self._replica.outline.classes]

    def _listen(self) -> None:
        """Note all that patches change; what came with an entity stands in it."""
        news = self._news

        def above(path: Path) -> list[Any]:
            known = (_name(path[:end]) for end in range(1, len(path)))
            return [news[name] for name in known if name in news]

        def went(_: Any, path: Path) -> None:
            if not above(path):
                news[_name(path)] = REMOVED

        def came(value: Any, path: Path) -> None:
            # What went from a list left its position to others.
            if all(each is REMOVED for each in above(path)):
                news[_name(path)] = plain(value)

        def changed(value: Any, _: Any, path: Path) -> None:
            news[_name(path)] = plain(value)

        for depth in range(1, _DEPTH + 1):
            pattern = ["*"] * depth
            self._replica.on_remove(pattern, went)
            self._replica.on_add(pattern, came)
            self._replica.on_change(pattern, changed)


def _name(path: Path) -> str:
    return ".".join(map(str, path))


def _leaves(value: Any) -> Iterator[Any]:
    """Find every value in some plain dicts, lists and sets, keys among them."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from _leaves(entry)
    elif isinstance(value, list | tuple | set):
        for entry in value:
            yield from _leaves(entry)
    else:
        yield value
