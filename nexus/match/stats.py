"""Stats: how much there is to do on a Node, at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import define, frozen

from nexus.room import RoomActor

__all__ = ["KindStats", "Stats"]


@define
class KindStats:
    """How many Rooms of one kind there are, and clients in them."""

    rooms: int = 0
    clients: int = 0


@frozen
class Stats:
    """How many Rooms there are, and clients in them.

    Attributes:
        rooms: Rooms that are open.
        clients: Clients that are in a Room now, not those that are joining or away.
        kinds: The same by kind, of those kinds that have a Room.
    """

    rooms: int
    clients: int
    kinds: Mapping[str, KindStats]

    @classmethod
    def of(cls, actors: Iterable[RoomActor]) -> Stats:
        """Count some Rooms, and those in them."""
        kinds: dict[str, KindStats] = {}
        for actor in actors:
            if actor.is_open:
                counted = kinds.setdefault(actor.kind, KindStats())
                counted.rooms += 1
                counted.clients += len(actor.clients)
        return cls(
            sum(each.rooms for each in kinds.values()),
            sum(each.clients for each in kinds.values()),
            kinds,
        )
