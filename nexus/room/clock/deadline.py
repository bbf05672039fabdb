"""Deadlines: the timers of a kept Room that outlive the process.

Those are kept that call a method of the Room, with arguments that are plain data: a
closure lives in one process only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import Logger

from nexus.journal.record import Timer as Kept
from nexus.journal.record import timers_record
from nexus.journal.timer import timers_since
from nexus.room.clock.timer import Timer
from nexus.wire.codec import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nexus.room.actor import RoomActor

__all__ = ["Deadlines"]


class Deadlines:
    """Writes the timers of one Room as times of day, and makes timers of these."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._known: dict[int, Kept] = {}
        #: By serial, when each timer is due, whether it pauses, and how it is written.
        self._written: dict[int, tuple[int, bool, Kept | None]] = {}
        self._revision = -1
        #: What there was when that was asked for last; None: something of others.
        self._told: dict[int, Kept] | None = None

    def begin_again(self) -> None:
        """Take note that what is stored are the timers of an earlier life."""
        self._told = None

    def changed(self) -> list[bytes]:
        """Return records of what became of the timers since this was called last."""
        before, self._told = self._told, self.kept()
        if before is None:
            return [timers_record(self._told.values())]
        if before is self._told or before == self._told:
            return []
        return [timers_since(before, self._told)]

    def kept(self) -> dict[int, Kept]:
        """Return the timers that outlive the process, each by its serial."""
        time = self._actor.rhythm.time
        if time.revision != self._revision:
            self._revision = time.revision
            before, self._written = self._written, {}
            for timer in time.all():
                known = before.get(timer.serial)
                if known is None or known[:2] != (timer.due, timer.paused):
                    known = timer.due, timer.paused, self._write(timer)
                self._written[timer.serial] = known
            self._known = {
                serial: each
                for serial, (_, _, each) in self._written.items()
                if each is not None
            }
        return self._known

    def restore(self, timers: Iterable[Kept]) -> None:
        """Start timers of before; one whose time is over fires with the next beat."""
        time, now = self._actor.rhythm.time, self._actor.around.clock.seconds()
        for each in timers:
            call = self._method(each.name)
            if call is None:
                self._log.warn(
                    "{room_id}: a timer called {name}, and there is no such method now",
                    room_id=self._actor.room_id,
                    name=each.name,
                    act="restore",
                )
                continue
            left = max(0.0, each.deadline - now)
            time.start(left, each.period, call, unpack(each.arguments))

    def _method(self, name: str) -> Callable[..., object] | None:
        """Return a method of the Room; None: nothing else is ever written."""
        if name.startswith("__"):
            return None
        room = self._actor.room
        if isinstance(getattr(type(room), name, None), property):
            return None
        call = getattr(room, name, None)
        is_method = callable(call) and getattr(call, "__self__", None) is room
        return call if is_method else None

    def _write(self, timer: Timer) -> Kept | None:
        """Write a timer; None: it lives in this process only."""
        room, call = self._actor.room, timer.callback
        name = getattr(call, "__name__", "")
        if timer.paused or getattr(call, "__self__", None) is not room or not name:
            return None
        try:
            arguments = pack(list(timer.arguments))
        except (OverflowError, TypeError, ValueError):
            return None
        # Nobody asks for more than milliseconds.
        deadline = round(self._actor.around.clock.seconds() + timer.left, 3)
        return Kept(name, arguments, deadline, timer.period)
