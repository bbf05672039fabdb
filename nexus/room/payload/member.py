"""Members: what a class of payloads is made of, whichever library it is written with.

Attrs classes, dataclasses and TypedDicts look alike from here: as attrs shows its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any, Final, NotRequired, Required, get_args, get_origin

import attrs
from typing_extensions import is_typeddict

__all__ = ["Member", "fields_of", "is_made_of_members", "plain_hints"]

#: A default that is none: the argument is left out.
_ABSENT: Final = attrs.Factory(lambda _: None, takes_self=True)


@attrs.frozen(eq=False)
class Member:
    """One argument that a class is made with, by the names that attrs has for it."""

    name: str
    alias: str
    default: Any


def is_made_of_members(kind: type) -> bool:
    """Say whether a payload can be an object of this class."""
    return attrs.has(kind) or dataclasses.is_dataclass(kind) or is_typeddict(kind)


def fields_of(cls: Any, hints: Mapping[str, Any]) -> list[Member]:
    """Return what a class is made with.

    Args:
        cls: The class.
        hints: Its annotations, with what they stand for.

    Raises:
        TypeError: A key of a TypedDict is no name.
    """
    if is_typeddict(cls):
        return [_key(cls, key, hint) for key, hint in hints.items()]
    if attrs.has(cls):
        return [
            Member(each.name, str(each.alias), each.default)
            for each in attrs.fields(cls)
            if each.init
        ]
    return [
        Member(each.name, each.name, _default(each))
        for each in dataclasses.fields(cls)
        if each.init
    ]


def plain_hints(hints: Mapping[str, Any]) -> dict[str, Any]:
    """Return annotations without what says of a key whether it has to be there."""
    return {
        name: get_args(hint)[0] if get_origin(hint) in (Required, NotRequired) else hint
        for name, hint in hints.items()
    }


def _key(cls: Any, key: str, hint: Any) -> Member:
    if not key.isidentifier() or iskeyword(key):
        raise TypeError(f"the key {key!r} is no name: use dict[str, ...]")
    said = get_origin(hint)
    # What the class knows of it misses what stands in annotations that are text.
    absent = key in cls.__optional_keys__ and said is not Required
    absent = absent or said is NotRequired
    return Member(key, key, _ABSENT if absent else attrs.NOTHING)


def _default(each: dataclasses.Field[Any]) -> Any:
    if each.default_factory is not dataclasses.MISSING:
        return attrs.Factory(each.default_factory)
    return attrs.NOTHING if each.default is dataclasses.MISSING else each.default
