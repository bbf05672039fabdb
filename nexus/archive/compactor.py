"""The compactor: puts a snapshot in the place of a journal that grew long or old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, Final, Protocol, TypeVar

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.archive.outage import delay_of
from nexus.archive.port import Archive, Found
from nexus.background import Background
from nexus.journal.entry import Stored
from nexus.store.port import Damaged, DatabaseAway

__all__ = ["Compactor", "InThread"]

T = TypeVar("T")

#: How often Rooms are looked through for old journals, in the time that one may have.
_LOOKS: Final = 16


class InThread(Protocol):
    """Calls something in a thread."""

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]:
        """Return what it returns, or fail as it fails."""
        ...


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
    that were made together are not folded together. What cannot be read or written is
    tried again later.

    Args:
        archive: Where Rooms are kept.
        clock: Finds old journals.
        random: Spreads the work.
        background: Where it runs; to be stopped after this.
        in_thread: Calls something in a thread.
        fold: Makes a snapshot of what was found, and its State readable for people;
            called in a thread. Whatever it raises is taken for damage.
        replaced: Told the Room, and how many bytes its snapshot has now.
        on_damaged: Told the Room, its epoch and what is wrong with what is stored.
        most_bytes: How long a journal may become.
        most_seconds: How old.
    """

    _archive: Archive = field(alias="archive")
    _clock: IReactorTime = field(alias="clock")
    _random: Random = field(alias="random")
    _background: Background = field(alias="background")
    _in_thread: InThread = field(alias="in_thread")
    _fold: Callable[[Found], tuple[Stored, str]] = field(alias="fold")
    _on_damaged: Callable[[str, int, Exception], Any] = field(alias="on_damaged")
    _replaced: Callable[[str, int], Any] = field(
        default=lambda *_: None, alias="replaced"
    )
    _most_bytes: int = field(default=262_144, alias="most_bytes")
    _most_seconds: float = field(default=300.0, alias="most_seconds")
    _grown: dict[str, _Growth] = field(factory=dict, init=False)
    _queue: dict[str, _Growth] = field(factory=dict, init=False)
    _current: str = field(default="", init=False)
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
            growth = self._grown[room_id] = self._growth(epoch)
            self._look_later()
        growth.size += size
        # One that could not be compacted waits for its time, however long it is.
        if growth.size >= growth.most_bytes and not growth.attempts:
            self._enqueue(room_id)

    async def finish(self, room_id: str, epoch: int) -> None:
        """Fold a Room that goes to sleep; what goes wrong there is not its end."""
        self.forget(room_id)
        try:
            found = await self._archive.read(room_id)
            if found is not None and found.card.epoch == epoch:
                stored, readable = await self._in_thread(lambda: self._fold(found))
                at = datetime.fromtimestamp(self._clock.seconds(), UTC)
                self.count += await self._archive.replace(epoch, stored, readable, at)
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

    def _growth(self, epoch: int) -> _Growth:
        spread = 0.75 + 0.5 * self._random.random()
        due = self._clock.seconds() + self._most_seconds * spread
        return _Growth(epoch, due, self._most_bytes * spread)

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
        found = await self._archive.read(room_id)
        if found is None or found.card.epoch != epoch or not found.entries:
            return
        try:
            stored, readable = await self._in_thread(lambda: self._fold(found))
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is in the rows
            self._damaged(room_id, epoch, error)
            return
        if self._current != room_id:
            return
        at = datetime.fromtimestamp(self._clock.seconds(), UTC)
        if await self._archive.replace(epoch, stored, readable, at):
            self.count += 1
            self._replaced(room_id, len(stored.payload))

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
        try:
            self._on_damaged(room_id, epoch, error)
        except Exception:  # noqa: BLE001 - nobody else is to suffer
            self._log.failure("{room_id}: nobody was told of damage", room_id=room_id)
