"""Idle: when a Room is empty, and ends for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nexus.errors import Close

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Idle"]


class Idle:
    """Ends one Room when nobody is in it, or will be.

    Whoever made the Room has as long to come as a seat waits for its client.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        #: Whether the first guests had their time.
        self._may_end = False
        #: How many take over what may be the last seat.
        self._expected = 0
        self._cancel: Callable[[], None] | None = None

    def start(self) -> None:
        """Give the first guests their time: the Room is open."""
        actor = self._actor
        self._cancel = actor.later(actor.room.seat_seconds, self.seat_freed)

    def stop(self) -> None:
        """Look no more: the Room has ended."""
        if self._cancel is not None:
            self._cancel()

    def seat_freed(self) -> None:
        """Take note that a seat is free again, or that the first guests are late."""
        self._may_end = True
        self.check()

    def check(self) -> None:
        """End the Room if it is empty, and is to end then."""
        actor = self._actor
        if (
            self._may_end
            and not self._expected
            and actor.is_open
            and actor.room.auto_dispose
            and not len(actor.seats)
        ):
            actor.faults.spawn(actor.close(Close.CONSENTED), "close")

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Keep the Room open for somebody who takes over what may be its last seat."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self.check()
