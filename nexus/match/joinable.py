"""Joinable: the Rooms that take people in, by the values that joins filter by."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterator
from typing import Final

from attrs import Factory, define, frozen

from nexus.room import RoomActor

__all__ = ["ANY", "Fit", "Joinable"]

Values = frozenset[tuple[str, Hashable]]


@frozen
class Fit:
    """Which Rooms a wish means.

    Attributes:
        values: What a Room must have, by the names of options.
        whole: Whether that is all that its kind filters by.
    """

    values: Values = frozenset()
    whole: bool = False


#: Means every Room of a kind.
ANY: Final = Fit()


@define(eq=False)
class _Group:
    """Rooms of the same values, in the order of their making."""

    rooms: dict[int, RoomActor] = Factory(dict)
    serials: list[int] = Factory(list)

    def put(self, serial: int, actor: RoomActor) -> None:
        if serial not in self.rooms:
            self.rooms[serial] = actor
            insort(self.serials, serial)

    def drop(self, serial: int) -> None:
        if self.rooms.pop(serial, None) is not None:
            del self.serials[bisect_left(self.serials, serial)]

    def joinable(self) -> Iterator[tuple[int, RoomActor]]:
        """Pass over what became full a moment ago, and was not noted yet."""
        for serial in self.serials:
            actor = self.rooms[serial]
            if not actor.is_locked and not actor.sign.private:
                yield serial, actor


@define(eq=False)
class Joinable:
    """Finds Rooms by kind and values; however many others there are costs nothing."""

    _kinds: dict[str, dict[Values, _Group]] = Factory(dict)

    def __len__(self) -> int:
        groups = (group for kind in self._kinds.values() for group in kind.values())
        return sum(len(group.rooms) for group in groups)

    def put(self, actor: RoomActor, serial: int, values: Values) -> None:
        """Take note of a Room that takes people in."""
        groups = self._kinds.setdefault(actor.kind, {})
        groups.setdefault(values, _Group()).put(serial, actor)

    def drop(self, actor: RoomActor, serial: int, values: Values) -> None:
        """Take note of a Room that takes nobody in any more."""
        groups = self._kinds.get(actor.kind, {})
        group = groups.get(values)
        if group is None:
            return
        group.drop(serial)
        if not group.rooms:
            del groups[values]
            if not groups:
                del self._kinds[actor.kind]

    def oldest(self, kind: str, fit: Fit) -> RoomActor | None:
        """Return the Room that was made first of those that fit."""
        firsts = (next(group.joinable(), None) for group in self._groups(kind, fit))
        found = [first for first in firsts if first is not None]
        return min(found, key=lambda first: first[0])[1] if found else None

    def all(self, kind: str, fit: Fit) -> list[RoomActor]:
        """Return the Rooms that fit, those first that were made first."""
        found: dict[int, RoomActor] = {}
        for group in self._groups(kind, fit):
            found.update(group.joinable())
        return [found[serial] for serial in sorted(found)]

    def _groups(self, kind: str, fit: Fit) -> list[_Group]:
        groups = self._kinds.get(kind, {})
        if fit.whole:
            group = groups.get(fit.values)
            return [] if group is None else [group]
        return [group for values, group in groups.items() if fit.values <= values]
