"""Faces: what a class of Rooms shows of itself, its State and what it listens for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ForwardRef, get_args, get_origin, get_type_hints

from nexus.room.message.message import Listener, listeners_of
from nexus.room.plugin import required
from nexus.room.room import Room
from nexus.state import State

__all__ = ["evaluated", "heard_by", "state_of"]


def heard_by(room: type[Room[Any]]) -> list[Listener]:
    """Return who answers to each type; those of a Room stand above its Plugins'."""
    found: dict[tuple[str, bool], Listener] = {}
    for owner in (room, *required(room.plugins)):
        for each in listeners_of(owner):
            found.setdefault((each.type, each.raw), each)
    return list(found.values())


def state_of(room: type[Room[Any]]) -> type[State] | None:
    """Return the State that a class of Rooms names: World, for one of `Room[World]`."""
    found = next(_arguments(room, ()), None)
    if isinstance(found, type) and issubclass(found, State):
        return found
    return None


def _arguments(cls: Any, given: tuple[Any, ...]) -> Iterator[Any]:
    """Find what stands in the brackets of Room, through the classes between."""
    known = dict(zip(getattr(cls, "__parameters__", ()), given, strict=False))
    names = vars(sys.modules[cls.__module__])
    for base in vars(cls).get("__orig_bases__", cls.__bases__):
        origin = get_origin(base) or base
        if not (isinstance(origin, type) and issubclass(origin, Room)):
            continue
        arguments = [known.get(each, each) for each in get_args(base)]
        if origin is not Room:
            yield from _arguments(origin, tuple(arguments))
            continue
        for each in arguments:
            is_late = isinstance(each, ForwardRef)
            yield evaluated(each.__forward_arg__, names) if is_late else each


def evaluated(hint: Any, names: dict[str, Any]) -> Any:
    """Return what an annotation stands for; Any if it names what only checkers see."""
    alone = SimpleNamespace(__annotations__={"hint": hint})
    try:
        return get_type_hints(alone, globalns=names, include_extras=True)["hint"]
    except (AttributeError, NameError, SyntaxError, TypeError):
        return Any
