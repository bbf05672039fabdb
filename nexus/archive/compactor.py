"""The compactor: puts a snapshot in the place of a journal that grew long or old."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.archive.folding import Folded
from nexus.archive.outage import delay_of
from nexus.archive.port import Archive, Found
from nexus.background import Background
from nexus.journal.kept import TooLarge
from nexus.store.port import Damaged, DatabaseAway, StoreError

__all__ = ["Compactor"]

#: How often Rooms are looked through for old journals, in the time that one may have.
_LOOKS: Final = 16


#: So many bytes of a journal are folded at a time; the rest of it follows.
_STRETCH: Final = 8 << 20


@define(eq=False)
class _Growth:
    """What was written of a Room since its snapshot.

    Attributes:
        epoch: Whose that was.
        due: When its journal is old.
        most_bytes: When it is long.
        size: How long it is.
        attempts: How often it could not be compacted.
    """

    epoch: int
    due: float
    most_bytes: float
    size: int = 0
    attempts: int = 0


@define(eq=False, kw_only=True)
class Compactor:
    """Folds journals into snapshots, one Room after the other, in the background.

    It reads what is stored, and never asks the Room; no commit waits for it. A Room is
    due some time around `most_bytes` or `most_seconds`, each at its own, so that Rooms
    that were made together are not folded together. One with many rows is due when its
    journal has half as many bytes as they. What cannot be read or written is tried
    again later. No Room is folded twice at the same time.

    Args:
        archive: Where Rooms are kept.
        clock: Finds old journals.
        random: Spreads the work.
        background: Where it runs; to be stopped after this.
        fold: Makes a snapshot of what was found, and asks before it writes whether that
            is wanted still; None: it is not, or the Room belongs to somebody else.
            Whatever it raises is taken for damage, but for what a database says.
        replaced: Told the Room, and how many bytes its snapshot has now, with its rows.
        on_damaged: Told the Room, its epoch and what is wrong with what is stored:
            damage, or that it is too large.
        most_bytes: How long a journal may become.
        most_seconds: How old.
    """

    _archive: Archive = field(alias="archive")
    _clock: IReactorTime = field(alias="clock")
    _random: Random = field(alias="random")
    _background: Background = field(alias="background")
    _fold: Callable[[Found, Callable[[], bool]], Awaitable[Folded | None]] = field(
        alias="fold"
    )
    _on_damaged: Callable[[str, int, Exception], Any] = field(alias="on_damaged")
    _replaced: Callable[[str, int], Any] = field(
        default=lambda *_: None, alias="replaced"
    )
    _most_bytes: int = field(default=262_144, alias="most_bytes")
    _most_seconds: float = field(default=300.0, alias="most_seconds")
    _grown: dict[str, _Growth] = field(factory=dict, init=False)
    _queue: dict[str, _Growth] = field(factory=dict, init=False)
    #: How many bytes of rows Rooms have.
    _rows: dict[str, int] = field(factory=dict, init=False)
    _current: str = field(default="", init=False)
    #: Who waits until a Room is not folded any more, by its id.
    _folding: dict[str, list[Deferred[None]]] = field(factory=dict, init=False)
    _is_working: bool = field(default=False, init=False)
    _call: IDelayedCall | None = field(default=None, init=False)
    _is_stopped: bool = field(default=False, init=False)
    #: How many snapshots were put in the place of journals.
    count: int = field(default=0, init=False)

    _log = Logger()

    def __len__(self) -> int:
        """Count the Rooms that are due, and the one that is at work."""
        return len(self._queue) + bool(self._current)

    def wrote(self, room_id: str, epoch: int, size: int) -> None:
        """Take note that so many bytes were written of a Room."""
        growth = self._grown.get(room_id)
        if growth is None or growth.epoch != epoch:
            growth = self._grown[room_id] = self._growth(room_id, epoch)
            self._look_later()
        growth.size += size
        # One that could not be compacted waits for its time, however long it is.
        if growth.size >= growth.most_bytes and not growth.attempts:
            self._enqueue(room_id)

    def holds(self, room_id: str, size: int) -> None:
        """Take note that so many bytes of rows are stored of a Room."""
        self._rows[room_id] = size

    async def finish(self, room_id: str, epoch: int) -> None:
        """Fold a Room that goes to sleep; what goes wrong there is not its end.

        If it is folded just now, that is ended first.
        """
        self.forget(room_id)
        try:
            await self._fold_all(room_id, epoch, lambda: True, is_told=False)
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - its journal is there
            self._log.warn(
                "{room_id} is not compacted: {error}", room_id=room_id, error=error
            )

    def forget(self, room_id: str) -> None:
        """Leave a Room alone: it ended, sleeps, or belongs to somebody else."""
        self._grown.pop(room_id, None)
        self._queue.pop(room_id, None)
        self._rows.pop(room_id, None)
        if self._current == room_id:
            self._current = ""

    def stop(self) -> None:
        """Begin nothing more."""
        self._is_stopped = True
        self._current = ""
        self._grown.clear()
        self._queue.clear()
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    def _growth(self, room_id: str, epoch: int) -> _Growth:
        spread = 0.75 + 0.5 * self._random.random()
        due = self._clock.seconds() + self._most_seconds * spread
        most = max(self._most_bytes, self._rows.get(room_id, 0) / 2)
        return _Growth(epoch, due, most * spread)

    def _look_later(self) -> None:
        if self._call is None and not self._is_stopped:
            self._call = self._clock.callLater(self._most_seconds / _LOOKS, self._look)

    def _look(self) -> None:
        self._call = None
        now = self._clock.seconds()
        for room_id, growth in list(self._grown.items()):
            if growth.due <= now:
                self._enqueue(room_id)
        if self._grown:
            self._look_later()

    def _enqueue(self, room_id: str) -> None:
        growth = self._grown.pop(room_id)
        self._queue.setdefault(room_id, growth).epoch = growth.epoch
        if not self._is_working and not self._is_stopped:
            self._is_working = True
            self._background.spawn(self._work(), "compaction")

    async def _work(self) -> None:
        try:
            while self._queue:
                room_id = next(iter(self._queue))
                growth = self._queue.pop(room_id)
                self._current = room_id
                await self._try(room_id, growth)
        finally:
            self._current = ""
            self._is_working = False

    async def _try(self, room_id: str, growth: _Growth) -> None:
        try:
            await self._compact(room_id, growth.epoch)
        except Damaged as error:
            self._damaged(room_id, growth.epoch, error)
        except Exception as error:  # noqa: BLE001 - one Room, and there are others
            self._log.warn(
                "{room_id} is not compacted: {error}", room_id=room_id, error=error
            )
            if self._current == room_id:
                self._try_later(room_id, growth)
            if isinstance(error, DatabaseAway):
                waiting, self._queue = self._queue, {}
                for other, its_growth in waiting.items():
                    self._try_later(other, its_growth)

    async def _compact(self, room_id: str, epoch: int) -> None:
        try:
            await self._fold_all(room_id, epoch, lambda: self._current == room_id)
        except (CancelledError, StoreError):
            raise
        except TooLarge as error:
            self._tell(room_id, epoch, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is in the rows
            self._damaged(room_id, epoch, error)

    async def _fold_all(
        self,
        room_id: str,
        epoch: int,
        is_wanted: Callable[[], bool],
        *,
        is_told: bool = True,
    ) -> None:
        """Fold a journal when nobody else does, a stretch at a time."""
        while room_id in self._folding:
            over: Deferred[None] = Deferred()
            self._folding[room_id].append(over)
            await over
        self._folding[room_id] = []
        try:
            await self._fold_stretches(room_id, epoch, is_wanted, is_told=is_told)
        finally:
            for waiter in self._folding.pop(room_id):
                waiter.callback(None)

    async def _fold_stretches(
        self, room_id: str, epoch: int, is_wanted: Callable[[], bool], *, is_told: bool
    ) -> None:
        is_whole = False
        while not is_whole and is_wanted():
            found = await self._archive.read(room_id, _STRETCH)
            if found is None or found.card.epoch != epoch or not found.entries:
                return
            folded = await self._fold(found, is_wanted)
            if folded is None or not is_wanted():
                return
            at = datetime.fromtimestamp(self._clock.seconds(), UTC)
            stored = folded.stored
            if not await self._archive.replace(epoch, stored, folded.readable, at):
                return
            self.count += 1
            if is_told and is_wanted():
                self._rows[room_id] = folded.size
                self._replaced(room_id, len(stored.payload) + folded.size)
            is_whole = found.is_whole

    def _try_later(self, room_id: str, growth: _Growth) -> None:
        if self._is_stopped:
            return
        since = self._grown.get(room_id)
        if since is not None:
            growth.epoch = since.epoch
            growth.size += since.size
        delay = delay_of(
            growth.attempts,
            self._most_seconds / _LOOKS,
            self._most_seconds,
            self._random.random(),
        )
        growth.attempts += 1
        growth.due = self._clock.seconds() + delay
        self._grown[room_id] = growth
        self._look_later()

    def _damaged(self, room_id: str, epoch: int, error: Exception) -> None:
        self._log.failure("{room_id} is damaged", Failure(error), room_id=room_id)
        self._tell(room_id, epoch, error)

    def _tell(self, room_id: str, epoch: int, error: Exception) -> None:
        try:
            self._on_damaged(room_id, epoch, error)
        except Exception:  # noqa: BLE001 - nobody else is to suffer
            self._log.failure("{room_id}: nobody was told of damage", room_id=room_id)
