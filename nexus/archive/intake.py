"""Intake: which Rooms did something, and how they are asked for it."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from nexus.archive.backlog import Backlog, Lane
from nexus.archive.delivery import Delivery
from nexus.archive.source import Source

__all__ = ["Intake"]


@define(eq=False)
class Intake:
    """Takes entries from Rooms that were marked, and puts them into a backlog.

    Attributes:
        since: When the first of the marked ones was marked.
        taken_at: When all marked ones were asked last.
    """

    _backlog: Backlog
    _delivery: Delivery
    _clock: IReactorTime
    _most_bytes: int
    since: float = field(default=0.0, init=False)
    taken_at: float = field(default=0.0, init=False)
    _marked: dict[str, Source] = field(factory=dict, init=False)

    _log = Logger()

    def __bool__(self) -> bool:
        """Say whether any Room is marked."""
        return bool(self._marked)

    @property
    def lag(self) -> float:
        """Seconds since the oldest mark of what is not written; 0 if all is."""
        since = self._backlog.since
        if since is None:
            since = self.since if self._marked else None
        return 0.0 if since is None else max(0.0, self._clock.seconds() - since)

    def add(self, source: Source) -> None:
        """Know a Room.

        Raises:
            ValueError: Something of a Room with its id still waits.
        """
        self._backlog.add(source)

    def remove(self, source: Source) -> None:
        """Ask a Room for what it has, and for nothing more."""
        lane = self._lane(source)
        if lane is None:
            return
        if self._marked.pop(source.room_id, None):
            self._ask(lane)
        if lane.is_live:
            self._delivery.cover(lane)
        if lane.is_live:
            self._backlog.retire(lane)

    def mark(self, source: Source) -> bool:
        """Take note that a Room did something; say whether no other had done so."""
        is_first = not self._marked
        if is_first:
            self.since = self._clock.seconds()
        self._marked[source.room_id] = source
        return is_first

    def source(self, room_id: str) -> Source | None:
        """Return the Room with an id of which something is, or will be, written."""
        lane = self._backlog.lanes.get(room_id)
        return None if lane is None else lane.source

    def holds(self, source: Source | None) -> bool:
        """Say whether something of a Room, or of any, is not written yet."""
        if source is None:
            return bool(self._marked or self._backlog)
        return source.room_id in self._marked or self._backlog.waits(source.room_id)

    def live(self, source: Source | None) -> list[Source]:
        """Return a Room if it can be asked for entries, or all that can."""
        if source is None:
            lanes = self._backlog.lanes.values()
            return [lane.source for lane in lanes if lane.is_live]
        lane = self._lane(source)
        return [source] if lane is not None and lane.is_live else []

    def take(self) -> bool:
        """Ask all marked Rooms; say whether what waits still finds room here."""
        marked, self._marked = self._marked, {}
        self.taken_at = self._clock.seconds()
        for source in marked.values():
            lane = self._lane(source)
            if lane is not None and lane.is_live:
                self._ask(lane)
        if self._backlog.size <= self._most_bytes:
            return True
        thrown = self._backlog.throw(self._most_bytes // 2)
        if thrown:
            self._log.warn(
                "too much waits for the database: {count} Rooms will be written whole",
                count=len(thrown),
            )
        return False

    def _lane(self, source: Source) -> Lane | None:
        lane = self._backlog.lanes.get(source.room_id)
        return lane if lane is not None and lane.source is source else None

    def _ask(self, lane: Lane) -> None:
        try:
            entry = lane.source.take()
        except Exception as error:  # noqa: BLE001 - the code of a Room, not ours
            self._backlog.retire(lane)
            self._delivery.fail(lane, error)
            return
        if entry is not None:
            self._backlog.hold(lane, entry, self.since)
