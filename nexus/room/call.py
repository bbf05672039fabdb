"""What other code of the server may call of a Room, wherever the Room lives.

It marks a method with `@on_call`, and others `await matchmaker.call(room_id, "name")`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from nexus.errors import Code, Refused
from nexus.room.room import OWN, Room

__all__ = ["answer", "is_called", "on_call"]

_F = TypeVar("_F", bound=Callable[..., Any])

#: Where a decorated function keeps that it may be called.
_MARK: Final = "__nexus_called__"


def on_call(function: _F) -> _F:
    """Let `matchmaker.call` call a method of a Room; clients never reach it.

    The method is plain or `async def`. What it takes and returns are values that Rooms
    share: None, bool, int, float, str, bytes, and lists and dicts of these.
    """
    setattr(function, _MARK, True)
    return function


def is_called(function: object) -> bool:
    """Say whether what stands in a class was decorated to be called."""
    return hasattr(function, _MARK)


def answer(room: Room[Any], name: str, arguments: list[Any]) -> Any:
    """Call a method of a Room, or read an attribute of its author's.

    Raises:
        Refused: There is nothing of this name, or it is not for others.
    """
    kind = type(room)
    where = f"{kind.__name__}.{name}"
    if name.startswith("_") or name in OWN or hasattr(Room, name):
        raise Refused(f"{where} is not for others", Code.UNHANDLED)
    found = getattr(kind, name, None)
    if is_called(found):
        return getattr(room, name)(*arguments)
    if found is None and name not in vars(room):
        raise Refused(f"{where} is not there", Code.UNHANDLED)
    value = getattr(room, name)
    if callable(value):
        raise Refused(f"{where} is not marked with @on_call", Code.UNHANDLED)
    if arguments:
        raise Refused(f"{where} is no method and takes nothing", Code.UNHANDLED)
    return value
