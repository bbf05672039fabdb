"""What was taken from Rooms and is not written yet, in order."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import Final

from attrs import define, field

from nexus.archive.source import Source
from nexus.journal.entry import Entry, Stored

__all__ = ["BATCH", "Backlog", "Lane"]

#: Bytes of one transaction: what waited through an outage is written in several.
BATCH: Final = 4 * 2**20

#: What an Entry takes in memory beside its payload, roughly.
_OVERHEAD: Final = 256


@define(eq=False)
class Lane:
    """What waits of one Room.

    Attributes:
        source: The Room.
        entries: What was taken of it, oldest first.
        size: Bytes of memory that this takes.
        since: When the oldest of it was marked.
        is_live: Whether the Room still is asked for more.
        is_lost: Whether entries were thrown away, so that it has to be written whole.
        stored: All of it, to be written before the entries.
        refusals: How often the database refused it, one after the other.
        writes: How much had been written of all Rooms when it was refused last.
    """

    source: Source
    entries: deque[Entry] = field(factory=deque, init=False)
    size: int = field(default=0, init=False)
    since: float = field(default=0.0, init=False)
    is_live: bool = field(default=True, init=False)
    is_lost: bool = field(default=False, init=False)
    stored: Stored | None = field(default=None, init=False)
    refusals: int = field(default=0, init=False)
    writes: int = field(default=0, init=False)

    @property
    def is_whole(self) -> bool:
        """Whether all of it is to be written before any entry."""
        return self.is_lost or self.stored is not None

    @property
    def room_id(self) -> str:
        """The Room's id."""
        return self.source.room_id


@define(eq=False)
class Backlog:
    """The lanes of all Rooms.

    Attributes:
        lanes: All of them, by the Room's id.
        ready: Those with entries that can be written, oldest first.
        wholes: Those that have to be written whole before anything else.
        aside: Those that were refused, in the order in which they are tried again; they
            are in none of the two above.
        size: Bytes of memory that all of it takes.
    """

    lanes: dict[str, Lane] = field(factory=dict, init=False)
    ready: dict[str, Lane] = field(factory=dict, init=False)
    wholes: dict[str, Lane] = field(factory=dict, init=False)
    aside: dict[str, Lane] = field(factory=dict, init=False)
    size: int = field(default=0, init=False)

    def __bool__(self) -> bool:
        """Say whether anything waits."""
        return bool(self.ready or self.wholes or self.aside)

    @property
    def is_due(self) -> bool:
        """Whether anything waits that was not set aside."""
        return bool(self.ready or self.wholes)

    @property
    def since(self) -> float | None:
        """When the oldest of all that waits was marked; None: nothing waits."""
        oldest = [next(iter(self.ready.values())).since] if self.ready else []
        others = chain(self.wholes.values(), self.aside.values())
        return min([*oldest, *(lane.since for lane in others)], default=None)

    def waits_beside(self, lane: Lane) -> bool:
        """Say whether anything of any other Room waits."""
        places = (self.ready, self.wholes, self.aside)
        return sum(map(len, places)) > self.waits(lane.room_id)

    def waits(self, room_id: str) -> bool:
        """Say whether anything of a Room waits."""
        places = (self.ready, self.wholes, self.aside)
        return any(room_id in place for place in places)

    def add(self, source: Source) -> None:
        """Give a Room its lane.

        Raises:
            ValueError: There is one for a Room of this id.
        """
        if source.room_id in self.lanes:
            raise ValueError(f"{source.room_id} is written already; settle it first")
        self.lanes[source.room_id] = Lane(source)

    def retire(self, lane: Lane) -> None:
        """Ask a Room for no more; its lane is forgotten when all of it is written."""
        lane.is_live = False
        if not self.waits(lane.room_id):
            self.drop(lane)

    def drop(self, lane: Lane) -> None:
        """Forget a Room and all that waits of it."""
        lane.is_live = False
        self._empty(lane)
        self._move(lane, None)
        self.lanes.pop(lane.room_id, None)

    def hold(self, lane: Lane, entry: Entry, since: float) -> None:
        """Keep an entry that was taken; of a Room that is lost, none is needed."""
        if lane.is_lost:
            return
        if not self.waits(lane.room_id):
            lane.since = since
            self.ready[lane.room_id] = lane
        lane.entries.append(entry)
        self._grow(lane, len(entry.payload) + _OVERHEAD)

    def batch(self, most: int, lane: Lane | None = None) -> list[Entry]:
        """Return the entries to be written next, in order for each Room.

        Args:
            most: How many bytes; one entry is always returned.
            lane: Whose they are; None: of all that were not set aside.
        """
        chosen: list[Entry] = []
        size = 0
        for each in self.ready.values() if lane is None else [lane]:
            for entry in each.entries:
                size += len(entry.payload) + _OVERHEAD
                if size > most and chosen:
                    return chosen
                chosen.append(entry)
        return chosen

    def written(self, lane: Lane, number: int) -> None:
        """Let go of the entries of a Room up to this one."""
        entries = lane.entries
        while entries and entries[0].number <= number:
            self._grow(lane, -len(entries.popleft().payload) - _OVERHEAD)
        self.take_back(lane)
        if not entries and lane.room_id in self.ready:
            del self.ready[lane.room_id]
            if not lane.is_live:
                self.drop(lane)

    def throw(self, most: int) -> list[Lane]:
        """Throw entries away, the largest lanes first, until no more bytes wait.

        A Room that is not live is spared: it cannot be asked for all of it any more.

        Returns:
            The lanes that have to be written whole.
        """
        waiting = chain(self.ready.values(), self.aside.values())
        live = [lane for lane in waiting if lane.is_live and not lane.is_whole]
        thrown: list[Lane] = []
        for lane in sorted(live, key=_size, reverse=True):
            if self.size <= most:
                break
            self.lose(lane)
            thrown.append(lane)
        return thrown

    def lose(self, lane: Lane) -> None:
        """Throw away what waits of a Room; all of it will be asked for."""
        self._empty(lane)
        lane.is_lost = True
        if lane.room_id not in self.aside:
            self._move(lane, self.wholes)

    def set_aside(self, lane: Lane) -> None:
        """Let others be written without a Room, behind those that were set aside."""
        if self.waits(lane.room_id):
            self._move(lane, self.aside)

    def take_back(self, lane: Lane) -> None:
        """Let a Room that was set aside be written with the others, and first."""
        if lane.room_id not in self.aside:
            return
        self._move(lane, self.wholes if lane.is_whole else None)
        if not lane.is_whole:
            self.ready = {lane.room_id: lane, **self.ready}

    def cover(self, lane: Lane, stored: Stored) -> None:
        """Put all of a Room in the place of what was thrown away."""
        lane.is_lost = False
        lane.stored = stored
        self._grow(lane, len(stored.payload) + _OVERHEAD)

    def replaced(self, lane: Lane) -> None:
        """Let go of all of a Room: it is written, and its entries can follow."""
        stored, lane.stored = lane.stored, None
        if stored is not None:
            self._grow(lane, -len(stored.payload) - _OVERHEAD)
        self._move(lane, self.ready if lane.entries else None)
        if not lane.entries and not lane.is_live:
            self.drop(lane)

    def _move(self, lane: Lane, place: dict[str, Lane] | None) -> None:
        for each in (self.ready, self.wholes, self.aside):
            each.pop(lane.room_id, None)
        if place is not None:
            place[lane.room_id] = lane

    def _empty(self, lane: Lane) -> None:
        lane.entries.clear()
        lane.stored = None
        self._grow(lane, -lane.size)

    def _grow(self, lane: Lane, size: int) -> None:
        lane.size += size
        self.size += size


def _size(lane: Lane) -> int:
    return lane.size
