"""Catalog: the kinds of Room that an app has, and what is said of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, get_args

from attrs import define, field, frozen

from nexus.errors import Code, Refused
from nexus.room import Room
from nexus.room.declare import check_room

__all__ = ["Catalog", "Kind"]

#: What a kind may be called: it stands in paths.
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")

#: Fields of a listing, which options of the same name cannot filter by.
_RESERVED: Final = frozenset(
    ("clients", "locked", "private", "metadata", "name", "processId", "roomId")
)

#: How long what Rooms are filtered by may be, as it is written in Python.
_LONGEST: Final = 512

_Order = Literal[1, -1, "asc", "desc"]


@frozen
class Kind:
    """One kind of Room.

    Attributes:
        name: What clients ask for.
        room: The class.
        options: Options that stand above those of the client who creates a Room.
        filter_by: Join options that a Room must have been created with, if given.
        unique_by: Options of which there is at most one Room for the same values.
        sort_by: Which Room is joined first, by fields of listing or metadata.
        listed: Whether lobbies show its Rooms.
        codes: Whether its Rooms get a code of four letters, as good as their id.
    """

    name: str
    room: type[Room[Any]]
    options: Mapping[str, Any] = field(factory=dict)
    filter_by: tuple[str, ...] = ()
    unique_by: tuple[str, ...] = ()
    sort_by: tuple[tuple[str, bool], ...] = ()
    listed: bool = False
    codes: bool = False

    def filters(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a Room must have been created with to be joined.

        Raises:
            Refused: An option is too long: it would stand in each card of the Room.
        """
        names = (*self.filter_by, *self.unique_by)
        found = {name: options[name] for name in names if name in options}
        for name, value in found.items():
            if name not in self.options and len(repr(value)) > _LONGEST:
                raise Refused(f"{name} is too long to filter by", Code.NO_MATCH)
        return found


@define(eq=False)
class Catalog:
    """All kinds of Room of one app."""

    _kinds: dict[str, Kind] = field(factory=dict, init=False)

    def define(
        self,
        name: str,
        room: type[Room[Any]],
        *,
        options: Mapping[str, Any] | None = None,
        filter_by: Iterable[str] = (),
        unique_by: Iterable[str] = (),
        sort_by: Mapping[str, _Order] | None = None,
        listed: bool = False,
        codes: bool = False,
    ) -> Kind:
        """Let clients ask for Rooms of a class by a name.

        Args:
            name: What they ask for.
            room: A subclass of `Room`.
            options: Options that override those of the client who creates a Room.
            filter_by: Join options that must be equal to those of a Room's creator.
            unique_by: Options of which there is at most one Room for the same values.
            sort_by: By field of the listing or metadata: `"asc"` or `"desc"`.
            listed: Whether lobbies show its Rooms.
            codes: Whether its Rooms get a code that people can type.

        Raises:
            TypeError: `room` is no class of Rooms, or one that could not work: a hook,
                a listener or a plugin of it is wrong.
            ValueError: The name is taken, or none that fits into a path; or a setting
                of the class, or an order to sort by, is none that there is.
        """
        if not (isinstance(room, type) and issubclass(room, Room)):
            raise TypeError(f'kind "{name}" needs a subclass of Room, not {room!r}')
        self._check_name(name)
        check_room(room)
        kind = Kind(
            name,
            room,
            dict(options or {}),
            self._checked(name, filter_by),
            self._checked(name, unique_by),
            self._order(name, sort_by or {}),
            listed,
            codes,
        )
        self._kinds[name] = kind
        return kind

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a kind: use letters, digits, . _ -")
        if name in self._kinds:
            raise ValueError(f'there is a kind "{name}" already')

    def _checked(self, name: str, words: Iterable[str]) -> tuple[str, ...]:
        if isinstance(words, str):
            raise TypeError(f"{words!r} must be a tuple of names, not one name")
        names = tuple(words)
        wrong = _RESERVED.intersection(names)
        if wrong:
            raise ValueError(f'kind "{name}" cannot filter by {sorted(wrong)}')
        return names

    def _order(
        self, name: str, sort_by: Mapping[str, _Order]
    ) -> tuple[tuple[str, bool], ...]:
        if not isinstance(sort_by, Mapping):
            raise TypeError(
                f'kind "{name}" sorts by a dict, such as {{"clients": "desc"}}, not '
                f"{sort_by!r}"
            )
        for by, order in sort_by.items():
            # True equals 1, but whoever writes it means something else.
            if isinstance(order, bool) or order not in get_args(_Order):
                raise ValueError(
                    f'kind "{name}" sorts by {by}: say "asc" or "desc", not {order!r}'
                )
        return tuple((by, order in (-1, "desc")) for by, order in sort_by.items())

    def get(self, name: str) -> Kind:
        """Return a kind.

        Raises:
            Refused: There is none of this name.
        """
        kind = self._kinds.get(name)
        if kind is None:
            raise Refused(f'provided room name "{name}" not defined', Code.NO_KIND)
        return kind

    def remove(self, name: str) -> None:
        """Let nobody ask for a kind any more; its Rooms live on."""
        self._kinds.pop(name, None)

    def __iter__(self) -> Any:
        return iter(self._kinds.values())

    def __len__(self) -> int:
        return len(self._kinds)
