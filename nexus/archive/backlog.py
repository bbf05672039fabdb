"""What was taken from Rooms and is not written yet, in order."""

from __future__ import annotations

from collections import deque
from typing import Final

from attrs import define, field

from nexus.archive.port import Source
from nexus.journal.entry import Entry, Stored

__all__ = ["Backlog", "Lane"]

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
    """

    source: Source
    entries: deque[Entry] = field(factory=deque, init=False)
    size: int = field(default=0, init=False)
    since: float = field(default=0.0, init=False)
    is_live: bool = field(default=True, init=False)
    is_lost: bool = field(default=False, init=False)
    stored: Stored | None = field(default=None, init=False)
    refusals: int = field(default=0, init=False)

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
        size: Bytes of memory that all of it takes.
    """

    lanes: dict[str, Lane] = field(factory=dict, init=False)
    ready: dict[str, Lane] = field(factory=dict, init=False)
    wholes: dict[str, Lane] = field(factory=dict, init=False)
    size: int = field(default=0, init=False)

    def __bool__(self) -> bool:
        """Say whether anything waits."""
        return bool(self.ready or self.wholes)

    @property
    def since(self) -> float | None:
        """When the oldest of all that waits was marked; None: nothing waits."""
        oldest = [next(iter(self.ready.values())).since] if self.ready else []
        return min(
            [*oldest, *(lane.since for lane in self.wholes.values())], default=None
        )

    def waits(self, room_id: str) -> bool:
        """Say whether anything of a Room waits."""
        return room_id in self.ready or room_id in self.wholes

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
        self.ready.pop(lane.room_id, None)
        self.wholes.pop(lane.room_id, None)
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

    def batch(self, most: int) -> list[Entry]:
        """Return the entries to be written next, in order for each Room.

        Args:
            most: How many bytes; one entry is always returned.
        """
        chosen: list[Entry] = []
        size = 0
        for lane in self.ready.values():
            for entry in lane.entries:
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
        live = [lane for lane in self.ready.values() if lane.is_live]
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
        self.ready.pop(lane.room_id, None)
        self.wholes[lane.room_id] = lane

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
        del self.wholes[lane.room_id]
        if lane.entries:
            self.ready[lane.room_id] = lane
        elif not lane.is_live:
            self.drop(lane)

    def _empty(self, lane: Lane) -> None:
        lane.entries.clear()
        lane.stored = None
        self._grow(lane, -lane.size)

    def _grow(self, lane: Lane, size: int) -> None:
        lane.size += size
        self.size += size


def _size(lane: Lane) -> int:
    return lane.size
