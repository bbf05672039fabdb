"""Fields: what a State class declares, read from its annotations."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
    Set,
)
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs
from attrs import NOTHING, frozen

from nexus.errors import FieldError
from nexus.state.kind import Bool, Bytes, Choice, Kind, Moment, Text, shorten
from nexus.state.number import Float, Integer, Number, Quantized
from nexus.state.rows import Rows
from nexus.state.rule import EVERYONE, Lane, Rule

__all__ = [
    "PLAIN_KINDS",
    "Declared",
    "Field",
    "Shape",
    "field",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "number",
    "quantized",
    "read",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

int8 = Annotated[int, Integer(8, signed=True)]
int16 = Annotated[int, Integer(16, signed=True)]
int32 = Annotated[int, Integer(32, signed=True)]
int64 = Annotated[int, Integer(64, signed=True)]
uint8 = Annotated[int, Integer(8, signed=False)]
uint16 = Annotated[int, Integer(16, signed=False)]
uint32 = Annotated[int, Integer(32, signed=False)]
uint64 = Annotated[int, Integer(64, signed=False)]
float32 = Annotated[float, Float(32)]
float64 = Annotated[float, Float(64)]
number = Annotated[int | float, Number()]
#: What stands in `Annotated[float, quantized(0, 100)]`.
quantized = Quantized

_PLAIN: dict[Any, Kind] = {
    bool: Bool(),
    str: Text(),
    bytes: Bytes(),
    datetime: Moment(),
    float: Float(64),
}
_BITS = (8, 16, 32, 64)
#: The kinds that a name alone describes.
PLAIN_KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *_PLAIN.values(),
        Number(),
        Float(32),
        *(Integer(bits, signed=signed) for bits in _BITS for signed in (True, False)),
    )
}

Shape = Literal["one", "map", "list", "set", "table"]

#: What an author means who writes one of Python's own.
_OURS: dict[Any, str] = {
    dict: "Map",
    Mapping: "Map",
    MutableMapping: "Map",
    list: "List",
    tuple: "List",
    Sequence: "List",
    MutableSequence: "List",
    set: "Set",
    frozenset: "Set",
    Set: "Set",
}


@frozen
class Declared:
    """What an author says of a field beside its type; made by `field`."""

    default: Any = NOTHING
    factory: Callable[[], Any] | None = None
    visible: Rule = EVERYONE
    transient: bool = False
    server_only: bool = False
    special: bool = False
    convert: Mapping[str, Callable[[Any], Any]] | None = None
    saved_every: float | None = None


def field(
    *,
    default: Any = NOTHING,
    factory: Callable[[], Any] | None = None,
    visible: Rule = EVERYONE,
    transient: bool = False,
    server_only: bool = False,
    special: bool = False,
    convert: Mapping[str, Callable[[Any], Any]] | None = None,
    saved_every: float | None = None,
) -> Any:
    """Declare a field of a State class.

    Args:
        default: What the field holds when nothing is given.
        factory: Makes the default anew for each State.
        visible: Who may see it: EVERYONE, OWNER, SHOWN, `Shown(tag)` or `Role(tag)`.
        transient: It is sent to clients but not stored.
        server_only: It is stored but never sent.
        special: A float field takes NaN and the infinities.
        convert: From the name of an older type ("int32", "str", ...) to a function that
            makes the new value of an old one, for snapshots of an older class.
        saved_every: A Table's rows are stored so often, in seconds; every second when
            nothing is said.
    """
    return Declared(
        *(default, factory, visible, transient, server_only, special, convert),
        saved_every,
    )


@frozen(eq=False)
class Field:
    """One declared field of one State class."""

    name: str
    index: int
    shape: Shape
    #: The kind of the value, or of each value of a container; None: States stand there.
    kind: Kind | None
    #: The class of the State, or of each State of a container.
    state: type[Any] | None
    optional: bool
    said: Declared
    #: The field's bit in a mask.
    bit: int = attrs.field(init=False)
    #: The widest lane whose bytes may carry it.
    lane: Lane = attrs.field(init=False)

    @bit.default
    def _bit(self) -> int:
        return 1 << self.index

    @lane.default
    def _lane(self) -> Lane:
        return Lane.NEVER if self.said.server_only else self.said.visible.lane

    @property
    def rule(self) -> Rule:
        """Who may see it."""
        return self.said.visible

    @property
    def is_fixed(self) -> bool:
        """Whether it always holds a bool or a number of fixed width."""
        numbers = Bool | Integer | Float | Quantized
        return (
            self.shape == "one" and not self.optional and isinstance(self.kind, numbers)
        )


def read(owner: str, name: str, index: int, hint: Any, said: Declared) -> Field:
    """Read one annotation.

    Raises:
        FieldError: It is none that a State can hold.
    """

    def fail(why: str) -> FieldError:
        return FieldError(f"{owner}.{name}: {why}")

    _check_said(said, fail)
    optional = False
    shape: Shape = "one"
    hint = _without_none(hint)
    if isinstance(hint, _Optional):
        optional, hint = True, hint.hint
    shape = getattr(get_origin(hint), "__shape__", "one")
    if shape != "one":
        if optional:
            raise fail("a container cannot be optional; leave it empty instead")
        arguments = get_args(hint)
        if shape == "map" and (len(arguments) != 2 or arguments[0] is not str):
            raise fail("a Map has str keys: write Map[str, ...]")
        if shape != "map" and len(arguments) != 1:
            raise fail(f"a {shape} holds values of one type")
        hint = _without_none(arguments[-1])
        if isinstance(hint, _Optional):
            raise fail("a container cannot hold None; leave the entry out instead")
        if getattr(get_origin(hint) or hint, "__shape__", "one") != "one":
            raise fail(
                "a container cannot hold containers directly; put a State between"
            )
    elif getattr(hint, "__shape__", "one") != "one":
        raise fail(f"say what it holds: {hint.__name__}[...]")
    kind, state = _held(hint, fail)
    if said.saved_every is not None:
        _check_saved(said, shape, fail)
    if shape == "table":
        if state is None:
            raise fail("a Table holds rows of a State class: write Table[Npc]")
        if said.visible is not EVERYONE and said.visible.lane is Lane.PRIVATE:
            raise fail("a Table has no owner; show it to everybody or to a Role")
        try:
            kind, state = Rows(state), None
        except ValueError as error:
            raise fail(str(error)) from None
    if state is not None and shape == "set":
        raise fail("a Set holds values; use a Map or a List for States")
    if said.special:
        if not isinstance(kind, Float):
            raise fail("special=True is for float fields")
        kind = Float(kind.bits, special=True)
        if shape == "set":
            raise fail("a Set takes no NaN; leave special out")
    return Field(name, index, shape, kind, state, optional, said)


def _check_said(said: Declared, fail: Callable[[str], FieldError]) -> None:
    """Refuse what cannot be said of any field."""
    if not isinstance(said.visible, Rule):
        raise fail(
            f'visible is a rule, such as OWNER or Role("gm"), not {said.visible!r}'
        )
    if said.factory is not None and not callable(said.factory):
        raise fail(
            "a factory is called to make each default anew, such as list or a lambda; "
            f"{shorten(said.factory)} cannot be called"
        )
    if said.transient and said.server_only:
        raise fail("transient and server_only together would keep it nowhere")


def _check_saved(
    said: Declared, shape: Shape, fail: Callable[[str], FieldError]
) -> None:
    """Refuse another pace than that of its State for what is no Table."""
    every = said.saved_every
    if shape != "table":
        raise fail(
            "saved_every is for Tables; all else is stored as the Room's durability"
            " says"
        )
    if said.transient:
        raise fail("transient rows are never stored; leave saved_every out")
    if not isinstance(every, int | float) or every is True or not 0.05 <= every <= 3600:
        raise fail(f"saved_every is 0.05 to 3600 seconds, not {shorten(every)}")


@frozen
class _Optional:
    hint: Any


def _without_none(hint: Any) -> Any:
    """Tell `X | None` from X."""
    origin = get_origin(hint)
    if origin is Union or origin is UnionType:
        rest = [argument for argument in get_args(hint) if argument is not NoneType]
        if len(rest) == 1 and len(get_args(hint)) == 2:
            return _Optional(rest[0])
    return hint


def _held(
    hint: Any, fail: Callable[[str], FieldError]
) -> tuple[Kind | None, type[Any] | None]:
    """Return the kind or the State class that a hint names."""
    if get_origin(hint) is Annotated:
        for extra in hint.__metadata__:
            if isinstance(extra, Kind):
                return extra, None
    try:
        kind = _PLAIN.get(hint)
    except TypeError:
        kind = None
    if kind is not None:
        return kind, None
    if hint is int:
        raise fail("say how wide it is: int8 to int64, uint8 to uint64, or number")
    if isinstance(hint, type):
        if issubclass(hint, Enum):
            try:
                return Choice(hint), None
            except ValueError as error:
                raise fail(str(error)) from None
        if hasattr(hint, "__layout__"):
            return None, hint
    ours = _OURS.get(get_origin(hint) or hint)
    if ours is not None:
        held = ", ".join(
            getattr(each, "__name__", repr(each)) for each in get_args(hint)
        )
        raise fail(f"a State cannot hold {hint!r}; write {ours}[{held or '...'}]")
    raise fail(f"a State cannot hold {hint!r}; see docs/state.md for the types")
