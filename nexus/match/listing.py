"""Listing: a Room's public card, and how cards are found and ordered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any, Final

from attrs import frozen

from nexus.room import RoomActor

__all__ = ["Listing", "foremost", "matches", "ordered", "same"]


@frozen
class Listing:
    """What others than its clients know of a Room at one moment.

    Attributes:
        clients: Seats that are promised, taken or kept for somebody who was lost.
        max_clients: None: as many as the Node allows.
        locked: Whether nobody new gets in.
        private: Whether it is found by its id only.
        unlisted: Whether listings leave it out.
    """

    room_id: str
    name: str
    process_id: str
    clients: int
    max_clients: int | None
    locked: bool
    private: bool
    unlisted: bool
    metadata: Mapping[str, Any] | None
    created_at: datetime

    @classmethod
    def of(cls, actor: RoomActor, process_id: str) -> Listing:
        """Make the card of a Room as it is now."""
        return cls(
            actor.room_id,
            actor.kind,
            process_id,
            len(actor.seats),
            actor.room.max_clients,
            actor.is_locked,
            actor.sign.private,
            actor.sign.unlisted,
            actor.sign.metadata,
            datetime.fromtimestamp(actor.created_at, UTC),
        )

    def plain(self) -> dict[str, Any]:
        """Return what Colyseus' clients read in a lobby."""
        card: dict[str, Any] = {
            "clients": self.clients,
            "maxClients": inf if self.max_clients is None else self.max_clients,
            "locked": self.locked,
            "private": self.private,
        }
        if self.metadata is not None:
            card["metadata"] = dict(self.metadata)
        return card | {
            "createdAt": self.created_at,
            "unlisted": self.unlisted,
            "name": self.name,
            "processId": self.process_id,
            "roomId": self.room_id,
        }

    def value(self, field: str) -> Any:
        """Return a field of the card, by either spelling, or else of its metadata."""
        plain = self.plain()
        if field in plain:
            return plain[field]
        return getattr(self, field, None) if field in _OWN else self._extra(field)

    def _extra(self, field: str) -> Any:
        return None if self.metadata is None else self.metadata.get(field)


_OWN = frozenset(("room_id", "process_id", "max_clients", "created_at"))


def matches(listing: Listing, conditions: Mapping[str, Any]) -> bool:
    """Say whether fields of a card, or of its metadata, have these values."""
    return all(same(listing.value(name), value) for name, value in conditions.items())


def same(one: Any, other: Any) -> bool:
    """Say whether two values are equal, where True is no number."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def ordered(
    listings: Iterable[Listing], sort_by: Iterable[tuple[str, bool]]
) -> list[Listing]:
    """Sort cards by fields, each ascending or descending; else the oldest is first."""
    found = sorted(listings, key=lambda listing: listing.created_at)
    for name, descending in reversed(list(sort_by)):
        found.sort(key=lambda listing: _rank(listing.value(name)), reverse=descending)
    return found


def foremost(
    actors: Sequence[RoomActor], sort_by: Iterable[tuple[str, bool]]
) -> RoomActor:
    """Return the Room whose card would be first in an order, without any card.

    Args:
        actors: Some Rooms, at least one; among equals the first is taken.
        sort_by: The fields, and whether the highest of each is first.
    """
    found = list(actors)
    for name, descending in sort_by:
        read = _READ.get(name)
        values = [_extra(each, name) if read is None else read(each) for each in found]
        ranks = [_rank(value) for value in values]
        best = max(ranks) if descending else min(ranks)
        found = [each for each, rank in zip(found, ranks, strict=True) if rank == best]
    return found[0]


def _extra(actor: RoomActor, name: str) -> Any:
    metadata = actor.sign.metadata
    return None if metadata is None else metadata.get(name)


def _most(actor: RoomActor) -> float:
    most = actor.room.max_clients
    return inf if most is None else most


#: How fields of a card are read off a Room, by either spelling.
_READ: Final[dict[str, Callable[[RoomActor], Any]]] = {
    "clients": lambda actor: len(actor.seats),
    "maxClients": _most,
    "max_clients": lambda actor: actor.room.max_clients,
    "locked": lambda actor: actor.is_locked,
    "private": lambda actor: actor.sign.private,
    "unlisted": lambda actor: actor.sign.unlisted,
    "name": lambda actor: actor.kind,
    "roomId": lambda actor: actor.room_id,
    "room_id": lambda actor: actor.room_id,
    "createdAt": lambda actor: actor.created_at,
    "created_at": lambda actor: actor.created_at,
    # All Rooms here are of one Node.
    "processId": lambda _: None,
    "process_id": lambda _: None,
}


def _rank(value: Any) -> tuple[int, Any]:
    """Make values of any type comparable."""
    if isinstance(value, bool | int | float):
        return 1, value
    if isinstance(value, str):
        return 2, value
    return (3, value.timestamp()) if isinstance(value, datetime) else (0, 0)
