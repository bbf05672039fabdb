"""Messages: what an author listens for, and the check of what comes.

    @on_message("move")
    def move(self, client: Client, message: Move) -> None: ...

The annotation of `message` is what its payload is checked against.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar, get_type_hints

from attrs import define, field, frozen

from nexus.errors import PeerError
from nexus.room.payload import Shape, shape_of

__all__ = [
    "ANY",
    "Listener",
    "Routes",
    "listener",
    "listeners_of",
    "on_bytes",
    "on_message",
    "unheard",
]

_F = TypeVar("_F", bound=Callable[..., Any])

#: The type that stands for all that nobody else listens for.
ANY: Final = "*"

#: Where a decorated function keeps what it listens for.
_MARK: Final = "__nexus_listens__"


@frozen
class Listener:
    """One function that listens for one type of message.

    Attributes:
        type: The type; numbers and their digits are the same.
        raw: Whether it listens for bytes rather than for messages.
        call: Takes the client, and then what the function asks for.
        shape: What the payload is checked against; None: it is taken as it comes.
        takes: How many arguments the function takes.
    """

    type: str
    raw: bool
    call: Callable[..., Any]
    shape: Shape | None
    takes: int


@frozen
class _Mark:
    """What one decorator said."""

    type: str
    raw: bool


def on_message(type_: str | int) -> Callable[[_F], _F]:
    """Let a method of a Room, or of a Plugin, listen for messages.

    The method takes the client and, if it wants, the payload; `"*"` listens for what
    nobody else does, and its method takes the client, the type and the payload. What it
    returns answers a request.
    """
    return _decorator(type_, raw=False)


def on_bytes(type_: str | int) -> Callable[[_F], _F]:
    """Let a method listen for messages of raw bytes."""
    return _decorator(type_, raw=True)


def _decorator(type_: str | int, *, raw: bool) -> Callable[[_F], _F]:
    if isinstance(type_, bool) or not isinstance(type_, str | int) or type_ == "":
        raise TypeError(f"a message's type is a name or a number, not {type_!r}")

    def mark(function: _F) -> _F:
        marks = [*getattr(function, _MARK, ()), _Mark(str(type_), raw)]
        setattr(function, _MARK, marks)
        return function

    return mark


def listeners_of(owner: object) -> Iterator[Listener]:
    """Find what the methods of an object listen for.

    Raises:
        TypeError: A method takes something else than it could be given.
    """
    for name in dir(type(owner)):
        function = inspect.getattr_static(type(owner), name)
        for mark in getattr(function, _MARK, ()):
            yield listener(mark.type, getattr(owner, name), raw=mark.raw)


def listener(
    type_: str | int,
    call: Callable[..., Any],
    *,
    raw: bool = False,
    shape: Shape | None = None,
) -> Listener:
    """Make a Listener of a bound function, as its parameters say.

    Raises:
        TypeError: It takes something else than it could be given.
    """
    parameters = [
        each
        for each in inspect.signature(call).parameters.values()
        if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        and each.default is each.empty
    ]
    most = 3 if str(type_) == ANY else 2
    least = most if most == 3 or raw else 1
    if not least <= len(parameters) <= most:
        wanted = "client, type, message" if most == 3 else "client, message"
        raise TypeError(f"{call.__qualname__} listens and must take ({wanted})")
    if shape is None and len(parameters) == 2 and not raw:
        hints = get_type_hints(call, include_extras=True)
        wanted = hints.get(parameters[1].name, Any)
        shape = None if wanted is Any else shape_of(wanted)
    return Listener(str(type_), raw, call, shape, len(parameters))


@define(eq=False)
class Routes:
    """All that one Room listens for."""

    _messages: dict[str, list[Listener]] = field(factory=dict, init=False)
    _bytes: dict[str, list[Listener]] = field(factory=dict, init=False)
    #: By the bytes of a short name, as they stand in a frame.
    by_name: dict[bytes, list[Listener]] = field(factory=dict, init=False)

    def add(self, listener: Listener) -> Callable[[], None]:
        """Let somebody listen; the first for a type answers requests.

        Returns:
            What ends it.
        """
        table = self._bytes if listener.raw else self._messages
        found = table.setdefault(listener.type, [])
        found.append(listener)
        if not listener.raw and listener.type != ANY:
            self.by_name[listener.type.encode()] = found

        def end() -> None:
            if listener in found:
                found.remove(listener)
            if not found:
                table.pop(listener.type, None)
                if not listener.raw:
                    self.by_name.pop(listener.type.encode(), None)

        return end

    def drop(self, listener: Listener) -> None:
        """Let nobody listen for the type of a listener."""
        table = self._bytes if listener.raw else self._messages
        table.pop(listener.type, None)
        if not listener.raw:
            self.by_name.pop(listener.type.encode(), None)

    def listens(self, type_: str | int, *, raw: bool) -> bool:
        """Say whether somebody listens for just this type."""
        return str(type_) in (self._bytes if raw else self._messages)

    def find(self, type_: str | int, *, raw: bool = False) -> list[Listener]:
        """Return who listens for a type, not counting those for everything."""
        table = self._bytes if raw else self._messages
        return table.get(str(type_), []) if type_ != ANY else []

    def rest(self) -> list[Listener]:
        """Return who listens for everything else."""
        return self._messages.get(ANY, [])


def unheard(type_: str | int) -> PeerError:
    """Return the error for a message that nobody listens for."""
    return PeerError(f'room onMessage for "{type_}" not registered.')
