"""Messages: what an author listens for, and the check of what comes.

    @on_message("move")
    def move(self, client: Client, message: Move) -> None: ...

The annotation of `message` is what its payload is checked against.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from types import FunctionType
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from attrs import evolve, frozen

from nexus.room.keeping.durability import DURABILITIES, Durability
from nexus.room.payload.parameter import hint_of, parameters_of
from nexus.room.payload.payload import Shape, shape_of
from nexus.wire.ours import OURS
from nexus.wire.plain import UNDEFINED

__all__ = [
    "ANY",
    "Listener",
    "OptionalShape",
    "bound",
    "is_listener",
    "listener",
    "listeners_of",
    "on_bytes",
    "on_message",
    "payload_hint",
]

_F = TypeVar("_F", bound=Callable[..., Any])

#: The type that stands for all that nobody else listens for.
ANY: Final = "*"

#: Where a decorated function keeps what it listens for.
_MARK: Final = "__nexus_listens__"

#: Stands for the Room or Plugin where only its class is looked at.
_NOBODY: Final = object()


@frozen(eq=False)
class OptionalShape:
    """What a payload has to be that may be left out.

    Attributes:
        shape: What it is checked against if it is there; None: anything will do.
        default: What stands for it if it is not.
    """

    shape: Shape | None
    default: Any

    def read(self, value: object, name: str = "payload") -> Any:
        """Return what a decoded payload stands for.

        Raises:
            PayloadError: It is there, and something else.
        """
        if value is UNDEFINED:
            return self.default
        return value if self.shape is None else self.shape.read(value, name)


@frozen
class Listener:
    """One function that listens for one type of message.

    Attributes:
        type: The type; numbers and their digits are the same.
        raw: Whether it listens for bytes rather than for messages.
        call: Takes the client, and then what the function asks for.
        shape: What the payload is checked against; None: it is taken as it comes.
        takes: How many arguments the function takes.
        durability: What survives of what it does; None: what its Room says.
    """

    type: str
    raw: bool
    call: Callable[..., Any]
    shape: Shape | OptionalShape | None
    takes: int
    durability: Durability | None = None


#: What payloads are checked against, how many arguments are taken, and the durability,
#: by method: a Room opens in a third of the time when that is not worked out again.
_KNOWN: WeakKeyDictionary[
    Callable[..., Any], tuple[Shape | OptionalShape | None, int, Durability | None]
] = WeakKeyDictionary()


@frozen
class _Mark:
    """What one decorator said."""

    type: str
    raw: bool
    durability: Durability | None


def on_message(
    type_: str | int, *, durability: Durability | None = None
) -> Callable[[_F], _F]:
    """Let a method of a Room, or of a Plugin, listen for messages.

    The method takes the client and, if it wants, the payload, which may be left out
    where that parameter has a default; `"*"` listens for what nobody else does, and its
    method takes the client, the type and the payload. What it returns answers a
    request; of several methods for one type, the first in the source answers.

    Args:
        type_: What it listens for.
        durability: In a Room that is kept: `"confirmed"` answers when all that the
            message did is safe, `"saved"` at once; both take everything back when the
            method raises. `"memory"` makes it a plain message. None: what the Room
            says, or a plain message where the method is an `async def`.
    """
    return _decorator(type_, raw=False, durability=durability)


def on_bytes(type_: str | int) -> Callable[[_F], _F]:
    """Let a method listen for messages of raw bytes."""
    return _decorator(type_, raw=True, durability=None)


def _decorator(
    type_: str | int, *, raw: bool, durability: Durability | None
) -> Callable[[_F], _F]:
    _check_type(type_)
    if durability not in (None, *DURABILITIES):
        raise TypeError(
            f"durability is one of {', '.join(DURABILITIES)}, not {durability!r}"
        )

    def mark(function: _F) -> _F:
        if durability not in (None, "memory") and iscoroutinefunction(function):
            raise TypeError(
                f"{function.__qualname__}: a {durability} message is handled by plain"
                " code, so that it can be taken back; await what it needs beforehand"
            )
        marks = [
            *getattr(function, _MARK, ()),
            _Mark(str(type_), raw, durability),
        ]
        setattr(function, _MARK, marks)
        return function

    return mark


def _check_type(type_: str | int) -> None:
    """Check that one can listen for a type of message.

    Raises:
        TypeError: It is none, or one that is kept for Nexus itself.
    """
    if isinstance(type_, bool) or not isinstance(type_, str | int) or type_ == "":
        raise TypeError(f"a message's type is a name or a number, not {type_!r}")
    if isinstance(type_, str) and type_.startswith(OURS):
        raise TypeError(
            f'nobody would be told of "{type_}": types that begin with "{OURS}" are'
            " between Nexus and its clients"
        )


def listeners_of(owner: object) -> Iterator[Listener]:
    """Find what the methods of an object listen for, in the order of the source.

    What a class inherits comes before what it writes itself.

    Args:
        owner: A Room or a Plugin; or a class of these, only to see whether its
            listeners are right, as nobody is there to be called.

    Raises:
        TypeError: A method takes something else than it could be given.
    """
    kind = owner if isinstance(owner, type) else type(owner)
    held = _NOBODY if kind is owner else owner
    for place in reversed(kind.__mro__):
        for name, function in vars(place).items():
            marks = getattr(function, _MARK, ())
            # What is overridden, listens where it was written last, or not at all.
            if not marks or inspect.getattr_static(kind, name) is not function:
                continue
            call = bound(function, held, kind)
            for mark in marks:
                yield _listener_of(function, mark, call, f"{place.__name__}.{name}")


def _listener_of(
    function: Callable[..., Any], mark: _Mark, call: Callable[..., Any], name: str
) -> Listener:
    """Make the Listener of a method; what its parameters say is read once a class."""
    is_plain = isinstance(function, FunctionType) and mark.type != ANY and not mark.raw
    known = _KNOWN.get(function) if is_plain else None
    if known is not None:
        shape, takes, durability = known
        said = mark.durability or durability
        return Listener(mark.type, mark.raw, call, shape, takes, said)
    made = listener(mark.type, call, raw=mark.raw, name=name)
    if is_plain:
        _KNOWN[function] = made.shape, made.takes, made.durability
    return evolve(made, durability=mark.durability or made.durability)


def is_listener(function: object) -> bool:
    """Say whether what stands in a class was decorated to listen."""
    return hasattr(function, _MARK)


def payload_hint(heard: Listener) -> Any:
    """Return the annotation of the payload that a method takes; Any if it says none.

    Args:
        heard: What `listeners_of` found; one for raw bytes, or for `"*"`, says none.
    """
    if heard.raw or heard.type == ANY or heard.takes < 2:
        return Any
    parameters = parameters_of(heard.call, heard.type, is_rest=False, raw=False)
    return hint_of(heard.call, parameters[1], heard.type)


def bound(function: Any, owner: object, kind: type) -> Any:
    """Return what stands in a class as its owner sees it: without `self`."""
    bind = getattr(type(function), "__get__", None)
    return function if bind is None else bind(function, owner, kind)


def listener(
    type_: str | int,
    call: Callable[..., Any],
    *,
    raw: bool = False,
    shape: Shape | None = None,
    name: str = "",
) -> Listener:
    """Make a Listener of a bound function, as its parameters say.

    A parameter for the payload that has a default makes the payload optional.

    Args:
        type_: What it listens for.
        call: The function.
        raw: Whether it listens for bytes.
        shape: What the payload is checked against, whatever the annotation says.
        name: What errors call the function.

    Raises:
        TypeError: It takes something else than it could be given, or listens for what
            nobody can be told of.
    """
    _check_type(type_)
    name = name or getattr(call, "__qualname__", repr(call)).split("<locals>.")[-1]
    is_rest = str(type_) == ANY
    if is_rest and raw:
        raise TypeError(f'{name}: on_message("*") hears the rest of bytes, too')
    parameters = parameters_of(call, name, is_rest=is_rest, raw=raw)
    checked: Shape | OptionalShape | None = shape
    if is_rest:
        _check_rest(call, parameters[2], name, shape)
        call = _with_default(call, parameters[2])
    elif not raw and len(parameters) == 2:
        payload = parameters[1]
        if shape is None:
            where = f"{name}, parameter {payload.name}"
            hint = hint_of(call, payload, where)
            checked = shape = None if hint is Any else shape_of(hint, where)
        if payload.default is not payload.empty:
            checked = OptionalShape(shape, payload.default)
    # What may wait in between cannot be taken back; nor is a name for "*" known.
    is_command = not (raw or is_rest or iscoroutinefunction(call))
    durability: Durability | None = None if is_command else "memory"
    return Listener(str(type_), raw, call, checked, len(parameters), durability)


def _check_rest(
    call: Callable[..., Any],
    payload: inspect.Parameter,
    name: str,
    shape: Shape | None,
) -> None:
    """Check that nobody relies on a check of what comes for `"*"`: there is none.

    Raises:
        TypeError: Somebody does.
    """
    where = f"{name}, parameter {payload.name}"
    if shape is not None or hint_of(call, payload, where) not in (Any, object):
        raise TypeError(f'{where}: say Any, as what "*" hears is not checked')


def _with_default(
    call: Callable[..., Any], payload: inspect.Parameter
) -> Callable[..., Any]:
    """Return what listens for the rest, with its default for an absent payload."""
    default = payload.default
    if default is payload.empty:
        return call

    def with_default(client: Any, type_: str | int, message: Any) -> Any:
        return call(client, type_, default if message is UNDEFINED else message)

    return with_default
