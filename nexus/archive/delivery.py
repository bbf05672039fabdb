"""Delivery: how what waits is written, and how each Room learns what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.archive.backlog import BATCH, Backlog, Lane
from nexus.archive.port import Archive, Gap
from nexus.journal.entry import Entry, Stored
from nexus.store.port import (
    Conflict,
    Contended,
    Damaged,
    DatabaseAway,
    DatabaseFull,
    StoreError,
)

__all__ = ["Delivery", "Tally"]

#: So often a Room is tried that the database refuses.
_TRIES: Final = 4
#: Into so many parts a batch is split that is refused where that may pass. It may have
#: taken as long as a statement can: others are not to wait for many of these.
_PIECES: Final = 32


@define(eq=False)
class Tally:
    """What was written so far.

    Attributes:
        commits: How many transactions.
        entries: How many entries in them.
        bytes: How many bytes their payloads had.
        wholes: How many Rooms were written whole.
        failures: How many Rooms could not be written.
    """

    commits: int = 0
    entries: int = 0
    bytes: int = 0
    wholes: int = 0
    failures: int = 0


@define(eq=False)
class Delivery:
    """Writes what waits in a backlog.

    All of it raises `DatabaseAway`, `DatabaseFull` or `CancelledError` when nothing was
    written, or nobody knows; then all of that still waits. Any other error is a matter
    of single Rooms: they are told, and forgotten.

    Attributes:
        tally: What was written so far.
    """

    _archive: Archive
    _backlog: Backlog
    _clock: IReactorTime
    _readable: Callable[[Stored], str]
    _wrote: Callable[[str, int, int], object]
    _observe: Callable[[float], object]
    tally: Tally = field(factory=Tally, init=False)

    _log = Logger()

    async def append(self, batch: Sequence[Entry]) -> None:
        """Write some entries in one transaction.

        If it is refused, it is written in parts, until the Rooms are found that it is
        about.
        """
        parts: dict[str, list[Entry]] = {}
        for entry in batch:
            parts.setdefault(entry.room_id, []).append(entry)
        refused: dict[str, Exception] = {}
        await self._append(list(parts.values()), refused)
        if len(refused) == len(parts) > 1:
            for error in refused.values():
                if not _is_final(error):
                    # That is not about Rooms: a right that was taken away, for example.
                    raise DatabaseAway(f"it refuses everything: {error}") from error
        for room_id, error in refused.items():
            if lane := self._backlog.lanes.get(room_id):
                if isinstance(error, Gap) and lane.is_live:
                    self._log.error("{error}: it is written whole", error=error)
                    self._backlog.lose(lane)
                    self._backlog.take_back(lane)
                else:
                    self._refused(lane, error)

    async def retry(self, lane: Lane) -> None:
        """Write what waits of a Room that was set aside, alone."""
        if lane.is_whole:
            await self.replace(lane)
        else:
            await self.append(self._backlog.batch(BATCH, lane))

    def _refused(self, lane: Lane, error: Exception) -> None:
        """Set a Room aside that the database refuses, or give it up.

        The database may be slow, or others be in the way: then some tries are made. One
        counts only if anything of others was written since the one before, or none
        waits: else it may be the database that takes nothing.
        """
        writes = self.tally.commits + self.tally.wholes
        is_first = not lane.refusals
        if is_first or lane.writes != writes or not self._backlog.waits_beside(lane):
            lane.refusals += 1
        lane.writes = writes
        may_pass = isinstance(error, StoreError) and not _is_final(error)
        if not may_pass or lane.refusals >= _TRIES:
            self.give_up(lane, error)
            return
        self._log.warn(
            "{room_id} is refused, and tried again: {error}",
            room_id=lane.room_id,
            error=error,
        )
        if lane.is_whole and lane.is_live:
            # It goes on changing: what is written next time covers more.
            self._backlog.lose(lane)
        self._backlog.set_aside(lane)

    async def replace(self, lane: Lane) -> None:
        """Write a whole Room in the place of entries that were thrown away."""
        stored = lane.stored or self._whole(lane)
        if stored is None:
            return
        at = datetime.fromtimestamp(self._clock.seconds(), UTC)
        try:
            readable = self._readable(stored)
            is_ours = await self._archive.replace(
                lane.source.epoch, stored, readable, at
            )
        except (DatabaseAway, DatabaseFull, CancelledError):
            if lane.is_live:
                # It goes on changing: what is written next time covers more.
                self._backlog.lose(lane)
            raise
        except Exception as error:  # noqa: BLE001 - one Room, whatever is wrong with it
            self._refused(lane, error)
            return
        if not is_ours:
            self._supersede(lane)
            return
        self.tally.wholes += 1
        lane.refusals = 0
        self._backlog.replaced(lane)
        self._tell(lane, lane.source.committed, stored.number)

    def cover(self, lane: Lane) -> None:
        """Ask a Room for all of it while it is there, if it has to be written whole."""
        if lane.is_lost:
            self._whole(lane)

    def give_up(self, lane: Lane, error: Exception) -> None:
        """Tell a Room that it cannot be written, and forget what waits of it."""
        self._backlog.drop(lane)
        self.fail(lane, error)

    def fail(self, lane: Lane, error: Exception) -> None:
        """Tell a Room that something of it cannot be written."""
        self.tally.failures += 1
        if isinstance(error, StoreError):
            self._log.error(
                "{room_id} is not written: {error}", room_id=lane.room_id, error=error
            )
        else:
            self._log.failure(
                "{room_id} is not written", Failure(error), room_id=lane.room_id
            )
        self._tell(lane, lane.source.failed, error)

    async def _append(
        self, parts: list[list[Entry]], refused: dict[str, Exception]
    ) -> None:
        batch = [entry for part in parts for entry in part]
        began = self._clock.seconds()
        try:
            stale = await self._archive.append(batch)
        except (DatabaseAway, DatabaseFull, CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, others must live
            if len(parts) == 1:
                refused[batch[0].room_id] = error
                return
            pieces = 2 if _is_final(error) else _PIECES
            step = -(-len(parts) // pieces)
            for start in range(0, len(parts), step):
                await self._append(parts[start : start + step], refused)
            return
        self._observe(max(0.0, self._clock.seconds() - began))
        self.tally.commits += 1
        for part in parts:
            self._written(part, stale)

    def _written(self, part: list[Entry], stale: frozenset[str]) -> None:
        last = part[-1]
        lane = self._backlog.lanes.get(last.room_id)
        if lane is None:
            return
        if last.room_id in stale:
            self._supersede(lane)
            return
        size = sum(len(entry.payload) for entry in part)
        self.tally.entries += len(part)
        self.tally.bytes += size
        lane.refusals = 0
        self._backlog.written(lane, last.number)
        self._wrote(last.room_id, last.epoch, size)
        self._tell(lane, lane.source.committed, last.number)

    def _whole(self, lane: Lane) -> Stored | None:
        source = lane.source
        try:
            if lane.is_live:
                # What the Room did since is in all of it: no entry may say it again.
                _ = source.take()
            stored = source.whole()
        except Exception as error:  # noqa: BLE001 - the code of a Room, not ours
            self.give_up(lane, error)
            return None
        if stored is None:
            self.give_up(lane, StoreError("it is gone, and so is what it did"))
            return None
        self._backlog.cover(lane, stored)
        return stored

    def _supersede(self, lane: Lane) -> None:
        self._backlog.drop(lane)
        self._log.warn("{room_id} belongs to somebody else", room_id=lane.room_id)
        self._tell(lane, lane.source.superseded)

    def _tell(self, lane: Lane, tell: Callable[..., None], *what: Any) -> None:
        try:
            tell(*what)
        except Exception:  # noqa: BLE001 - the code of a Room, not ours
            self._log.failure("{room_id} did not listen", room_id=lane.room_id)


def _is_final(error: Exception) -> bool:
    """Say whether an error is about one Room, and the same whenever it is tried."""
    is_about = isinstance(error, Conflict | Damaged)
    return is_about and not isinstance(error, Contended)
