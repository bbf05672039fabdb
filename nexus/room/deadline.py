"""Deadlines: the timers of a kept Room that outlive the process.

Those are kept that call a method of the Room, with arguments that are plain data: a
closure lives in one process only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import Logger

from nexus.journal.record import Timer as Kept
from nexus.room.timer import Timer
from nexus.wire.codec import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nexus.room.actor import RoomActor

__all__ = ["Deadlines"]


class Deadlines:
    """Writes the timers of one Room as times of day, and makes timers of these."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._known: list[Kept] = []
        self._revision = -1

    def kept(self) -> list[Kept]:
        """Return the timers that outlive the process."""
        time = self._actor.rhythm.time
        if time.revision != self._revision:
            self._revision = time.revision
            found = (self._written(timer) for timer in time.all())
            self._known = [each for each in found if each is not None]
        return self._known

    def restore(self, timers: Iterable[Kept]) -> None:
        """Start timers of before; one whose time is over fires with the next beat."""
        time, now = self._actor.rhythm.time, self._actor.around.clock.seconds()
        for each in timers:
            is_ours = each.name.startswith("__")
            call = None if is_ours else getattr(self._actor.room, each.name, None)
            if not callable(call):
                self._log.warn(
                    "{room_id}: a timer called {name}, and there is no such method now",
                    room_id=self._actor.room_id,
                    name=each.name,
                    act="restore",
                )
                continue
            left = max(0.0, each.deadline - now)
            time.start(left, each.period, call, unpack(each.arguments))

    def _written(self, timer: Timer) -> Kept | None:
        """Write a timer; None: it lives in this process only."""
        room, call = self._actor.room, timer.callback
        name = getattr(call, "__name__", "")
        if timer.paused or getattr(call, "__self__", None) is not room or not name:
            return None
        try:
            arguments = pack(list(timer.arguments))
        except (OverflowError, TypeError, ValueError):
            return None
        # To the millisecond, so that it is the same however often it is asked for.
        deadline = round(self._actor.around.clock.seconds() + timer.left, 3)
        return Kept(name, arguments, deadline, timer.period)
