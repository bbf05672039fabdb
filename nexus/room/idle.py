"""Idle: when a Room is empty, and ends for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nexus.errors import Close
from nexus.room.phase import Rest

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Idle"]

#: A Room that cannot be saved now tries to sleep again after so many seconds.
_LATER: Final = 10.0


class Idle:
    """Ends one Room when nobody is in it, or will be.

    Whoever made the Room has as long to come as a seat waits for its client.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        #: Whether the first guests had their time.
        self._may_end = False
        #: Whether it is there for the sake of a guest alone, and nobody has come yet.
        self.awaits_maker = False
        #: Whether it was woken, and nobody has come yet.
        self.was_woken = False
        #: How many take over what may be the last seat.
        self._expected = 0
        #: When a seat became free the last time.
        self._freed_at = 0.0
        self._cancel: Callable[[], None] | None = None
        #: Takes back that the Room is to go to sleep; None: it is not.
        self._cancel_sleep: Callable[[], None] | None = None

    def start(self) -> None:
        """Give the first guests their time: the Room is open."""
        actor = self._actor
        self._freed_at = actor.around.clock.seconds()
        self._cancel = actor.later(actor.room.seat_seconds, self._late)

    def entered(self) -> None:
        """Take note that somebody is in the Room."""
        self.awaits_maker = self.was_woken = False

    def stop(self) -> None:
        """Look no more: the Room has ended."""
        for cancel in (self._cancel, self._cancel_sleep):
            if cancel is not None:
                cancel()

    def seat_freed(self) -> None:
        """Take note that a seat is free again."""
        self._freed_at = self._actor.around.clock.seconds()
        self._late()

    def _late(self) -> None:
        """Take note that the first guests had their time."""
        self._may_end = True
        self.check()

    def check(self) -> None:
        """End the Room if it is empty, and is to end then; one that is kept sleeps.

        One that a guest asked for who never came has nothing that is worth to be kept.
        """
        actor = self._actor
        if not self._is_over():
            return
        if actor.journal is None or self.awaits_maker:
            actor.faults.spawn(actor.close(Close.CONSENTED), "close")
        elif self._cancel_sleep is None and actor.room.hibernate_seconds is not None:
            self._sleep_in(max(0.0, self._left(actor.room.hibernate_seconds)))

    def _is_over(self) -> bool:
        """Say whether nobody is in the Room, nor will be, and it ends for that."""
        actor = self._actor
        return (
            self._may_end
            and not self._expected
            and actor.is_open
            and actor.room.auto_dispose
            and not len(actor.seats)
        )

    def _left(self, seconds: float) -> float:
        """Return what is left of some seconds in which the Room has been empty.

        Whoever woke it and did not come keeps it awake no longer than its seat.
        """
        if self.was_woken:
            return 0.0
        return self._freed_at + seconds - self._actor.around.clock.seconds()

    def _sleep_in(self, seconds: float) -> None:
        self._cancel_sleep = self._actor.later(seconds, self._sleep)

    def _sleep(self) -> None:
        """Let the Room sleep if it has been empty for all its time."""
        self._cancel_sleep = None
        actor, seconds = self._actor, self._actor.room.hibernate_seconds
        if not self._is_over() or seconds is None:
            return
        left = self._left(seconds)
        journal = actor.journal
        if journal is None or journal.refuses is not None:
            left = max(left, _LATER)
        if left > 0:
            self._sleep_in(left)
        else:
            rests = actor.suspend(Close.MAY_REJOIN, Rest.HIBERNATING)
            actor.faults.spawn(rests, "rest")

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Keep the Room open for somebody who takes over what may be its last seat."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self.check()
