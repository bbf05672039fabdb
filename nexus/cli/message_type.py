"""What messages carry, as TypeScript has it: payloads in, answers out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Hashable
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
from attrs import define, field
from twisted.internet.defer import Deferred

from nexus.cli.text import (
    Names,
    attributes_of,
    comment,
    key,
    literal,
    noted,
    optional,
    summary_of,
    union,
)
from nexus.room import Length, Range
from nexus.room.payload.member import fields_of, is_made_of_members, plain_hints
from nexus.room.payload.scalar import span
from nexus.state.kind import Bool, Bytes, Choice, Kind, Moment, Text
from nexus.state.number import Integer, Quantized

__all__ = ["MessageTypes"]

#: What a client may send where a type is asked for.
_SENT: Final[dict[Any, str]] = {
    bool: "boolean",
    int: "number | bigint",
    float: "number",
    str: "string",
    bytes: "Uint8Array",
    datetime: "Date",
    NoneType: "null | undefined",
    None: "null | undefined",
}
#: What a client gets where a type is answered.
_GOT: Final = {**_SENT, int: "number", NoneType: "null", None: "null"}

_KINDS: Final[tuple[tuple[type[Kind], type], ...]] = (
    (Bool, bool),
    (Text, str),
    (Bytes, bytes),
    (Moment, datetime),
)
_LISTS: Final = (list, set, frozenset)
_LATER: Final = (Awaitable, Coroutine, Deferred)
_UNIT: Final = {str: "characters", bytes: "bytes", dict: "keys"}


@define(eq=False)
class MessageTypes:
    """Writes the types of payloads and answers; declares the classes that they name.

    Attributes:
        blocks: What was declared, in order.
    """

    _names: Names
    blocks: list[str] = field(factory=list, init=False)
    _declared: set[type] = field(factory=set, init=False)

    # What clients send.

    def payload(self, hint: Any) -> str:
        """Write what a client may send for an annotation that was found right."""
        hint = getattr(hint, "__supertype__", hint)
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self._annotated(hint)
        if origin is not None:
            return _composed(origin, arguments, self.payload, "readonly ")
        if hint in _SENT:
            return _SENT[hint]
        if isinstance(hint, type) and issubclass(hint, Enum):
            return self._enum(hint)
        if isinstance(hint, type) and is_made_of_members(hint):
            return self._class(hint)
        return "unknown"

    def _annotated(self, hint: Any) -> str:
        extras = hint.__metadata__
        kinds = [extra for extra in extras if isinstance(extra, Kind)]
        kind = self._kind(kinds[0]) if kinds else self.payload(hint.__origin__)
        held = get_origin(hint.__origin__) or hint.__origin__
        for extra in extras:
            if isinstance(extra, Range):
                kind = noted(kind, span(extra.low, extra.high))
            elif isinstance(extra, Length):
                unit = _UNIT.get(held, "items")
                said = span(extra.low, extra.high).replace("from ", "")
                kind = noted(kind, f"{said} {unit}")
        return kind

    def _kind(self, kind: Kind) -> str:
        if isinstance(kind, Choice):
            return self._enum(kind.enum)
        if isinstance(kind, Quantized):
            return noted("number", f"{kind.low:g} to {kind.high:g}")
        for ours, plain in _KINDS:
            if isinstance(kind, ours):
                return _SENT[plain]
        is_wide = isinstance(kind, Integer) and kind.bits == 64
        return noted("number | bigint" if is_wide else "number", kind.name)

    def _enum(self, enum: type[Enum]) -> str:
        """Declare what a member is sent as: its value, or its name."""
        name = self._names.of((enum, "sent"), f"{enum.__name__}Value")
        if enum not in self._declared:
            self._declared.add(enum)
            values = [literal(member.value) for member in enum]
            names = [literal(each) for each in enum.__members__]
            known = [one for one in (*values, *names) if one != "unknown"]
            text = f"A member of `{enum.__name__}`, by its value or its name."
            declared = [*comment(text), f"export type {name} = {union(known)};"]
            self.blocks.append("\n".join(declared))
        return name

    def _class(self, cls: type) -> str:
        name = self._names.of((cls, "sent"), cls.__name__)
        if cls in self._declared:
            return name
        self._declared.add(cls)
        place = len(self.blocks)
        hints = get_type_hints(cls, localns={cls.__name__: cls}, include_extras=True)
        said = attributes_of(cls)
        text = "" if _is_made_up(cls) else summary_of(cls)
        lines = [*comment(text), f"export interface {name} {{"]
        plain = plain_hints(hints)
        for each in fields_of(cls, hints):
            kind = self.payload(plain[each.name])
            lines += comment(said.get(each.name, ""), "  ")
            is_free = each.default is not attrs.NOTHING
            label = key(each.alias) + ("?" if is_free else "")
            lines.append(f"  readonly {label}: {optional(kind) if is_free else kind};")
        self.blocks.insert(place, "\n".join([*lines, "}"]))
        return name

    # What clients get.

    def answer(self, hint: Any) -> str:
        """Write what a client gets from a method that returns this."""
        if get_origin(hint) in _LATER and get_args(hint):
            return self.answer(get_args(hint)[-1])
        if hint is None or hint is NoneType:
            return "undefined"
        return self._got(hint)

    def _got(self, hint: Any) -> str:
        hint = getattr(hint, "__supertype__", hint)
        origin, arguments = get_origin(hint), get_args(hint)
        if hint is Any or hint is object:
            return "any"
        if origin is Annotated:
            return self._got(hint.__origin__)
        if origin is not None:
            return _composed(origin, arguments, self._got, "")
        # What Python takes for an annotation may be a list as well.
        if isinstance(hint, Hashable) and hint in _GOT:
            return _GOT[hint]
        if isinstance(hint, type) and issubclass(hint, Enum):
            return union(literal(member.value) for member in hint)
        return "unknown"


def _composed(
    origin: Any, arguments: tuple[Any, ...], write: Callable[[Any], str], mark: str
) -> str:
    """Write a type that is made of others.

    Args:
        origin: What stands before the brackets of an annotation.
        arguments: What stands in them; an old `typing.List` may have none.
        write: Writes a type that it is made of.
        mark: What stands before a type that holds others.
    """
    if not arguments and origin is not tuple:
        return "unknown"
    if origin is Literal:
        values = (one.value if isinstance(one, Enum) else one for one in arguments)
        return union(map(literal, values))
    if origin is Union or origin is UnionType:
        return union(map(write, arguments))
    if origin in _LISTS or (origin is tuple and arguments[1:] == (Ellipsis,)):
        return f"{mark}{_several(write(arguments[0]))}[]"
    if origin is tuple:
        return f"{mark}[{', '.join(map(write, arguments))}]"
    if origin is dict:
        return f"{{ {mark}[key: string]: {write(arguments[1])} }}"
    return "unknown"


def _several(kind: str) -> str:
    """Put a type into brackets where `[]` would take a part of it only."""
    is_simple = kind.replace("_", "").replace("$", "").isalnum()
    return kind if is_simple else f"({kind})"


def _is_made_up(cls: type) -> bool:
    """Say whether nobody wrote the docstring of a class."""
    text = vars(cls).get("__doc__") or ""
    # A dataclass that says nothing shows how it is called.
    shown = (f"{cls.__name__}(", "Method generated by attrs")
    return not text or text.startswith(shown)
