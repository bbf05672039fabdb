"""How a payload's values that hold others are read: lists, objects, and unions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nexus.room.payload.scalar import MISSING, Reader, UnfitError, choice, given, unfit
from nexus.state.kind import shorten

__all__ = ["DICT", "by_tag", "either", "mapping", "row", "sequence", "step"]

DICT: Final = frozenset({dict})
_LIST: Final = frozenset({list})


def sequence(made: type, item: Reader) -> Reader:
    """Return the Reader of a list, tuple, set or frozenset of one type.

    Raises:
        TypeError: A set cannot hold what the item's Reader returns.
    """
    if made in (set, frozenset) and not item.hashable:
        raise TypeError(f"a {made.__name__} cannot hold {item.wanted}")

    def read(value: Any) -> Any:
        if type(value) is not list:
            raise unfit("a list", value)
        items = _items(value, item.read)
        return items if made is list else made(items)

    hashable = made is frozenset or (made is tuple and item.hashable)
    return Reader(read, "a list", _LIST, hashable=hashable)


def _items(values: list[Any], read: Callable[[Any], Any]) -> list[Any]:
    made: list[Any] = []
    try:
        # One try around the loop: the length says which item failed.
        for value in values:
            made.append(read(value))  # noqa: PERF401  # a comprehension forgets it
    except UnfitError as error:
        error.path.append(f"[{len(made)}]")
        raise
    return made


def row(readers: list[Reader]) -> Reader:
    """Return the Reader of a tuple with a type for each place."""
    wanted = f"a list of {len(readers)}"

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise unfit(wanted, value)
        if len(value) != len(readers):
            raise UnfitError(f"must be {wanted}, not of {len(value)}")
        each = iter(readers)
        return tuple(_items(value, lambda item: next(each).read(item)))

    return Reader(read, wanted, _LIST, hashable=all(one.hashable for one in readers))


def mapping(item: Reader) -> Reader:
    """Return the Reader of a dict with text as keys."""

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise unfit("an object", value)
        made = {}
        for key, one in value.items():
            if type(key) is not str:
                raise UnfitError(f"must have text as keys, not {given(key)}")
            try:
                made[key] = item.read(one)
            except UnfitError as error:
                error.path.append(step(key))
                raise
        return made

    return Reader(read, "an object", DICT, hashable=False)


def step(key: str) -> str:
    """Name one step of a path."""
    plain = len(key) <= 60 and key.isidentifier()
    return f".{key}" if plain else f"[{shorten(key)}]"


def either(readers: list[Reader]) -> Reader:
    """Return the Reader that goes by the type of the value.

    Where several take the same type they are tried in order, so only those that hold no
    others may: each level of a hostile payload would double the tries.
    """
    table: dict[type, list[Reader]] = {}
    for reader in readers:
        for kind in reader.takes:
            table.setdefault(kind, []).append(reader)
    for reader in readers:
        for kind in reader.bends:
            if not any(kind in other.takes for other in readers):
                table.setdefault(kind, []).append(reader)
    wanted = " or ".join(dict.fromkeys(one.wanted for one in readers))

    def read(value: Any) -> Any:
        fitting = table.get(type(value))
        if fitting is None:
            raise unfit(wanted, value)
        for reader in fitting[:-1]:
            try:
                return reader.read(value)
            except UnfitError:
                continue
        return fitting[-1].read(value)

    guard = ""
    if all(reader.guard and not reader.finish for reader in readers):
        guard = " and ".join(f"({reader.guard})" for reader in readers)
    return Reader(
        read,
        wanted,
        frozenset().union(*(one.takes for one in readers)),
        frozenset(table).difference(*(one.takes for one in readers)),
        guard,
        all(reader.hashable for reader in readers),
    )


def by_tag(key: str, readers: dict[tuple[bool, Any], Reader]) -> Reader:
    """Return the Reader that goes by the value of one key of an object."""
    tags = choice((tag, reader) for (_, tag), reader in readers.items())

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise unfit("an object", value)
        try:
            reader = tags.read(value.get(key, MISSING))
        except UnfitError as error:
            error.path.append(step(key))
            raise
        return reader.read(value)

    hashable = all(reader.hashable for reader in readers.values())
    return Reader(read, "an object", DICT, hashable=hashable)
