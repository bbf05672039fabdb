"""Quota: how much of the disk one Room may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, field
from twisted.logger import Logger

from nexus.journal.kept import TooLarge
from nexus.journal.record import MAX_PAYLOAD

__all__ = ["Quota"]

#: From this share of it on, people are warned.
_WARNED: Final = 0.8


@define(eq=False)
class Quota:
    """Counts what is stored of each Room, snapshot and journal.

    Journals are folded long before they are large, so what counts is mostly the State.
    A Room is warned of once; beyond, it is told of as too large, to be set aside. What
    is no rows of Tables has a bound of its own, beyond which nobody could read it: that
    is warned of here, and whoever folds the journal finds that it is reached.

    Args:
        most: How many bytes a Room may take.
        beyond: Told of a Room that takes more, and of that.
    """

    _most: int
    _beyond: Callable[[str, TooLarge], object]
    #: By Room, the bytes of its snapshot and of its journal.
    _sizes: dict[str, tuple[int, int]] = field(factory=dict, init=False)
    _warned: set[str] = field(factory=set, init=False)
    #: Of which Rooms it was said that they have much that is no rows.
    _full: set[str] = field(factory=set, init=False)

    _log = Logger()

    def wrote(self, room_id: str, size: int) -> None:
        """Take note that a Room's journal has grown."""
        snapshot, journal = self._sizes.get(room_id, (0, 0))
        self._look(room_id, snapshot, journal + size)

    def replaced(self, room_id: str, size: int) -> None:
        """Take note that a snapshot took the place of a Room's journal."""
        self._look(room_id, size, 0)

    def folded(self, room_id: str, size: int) -> None:
        """Take note of how long a snapshot is, without the rows of Tables."""
        is_counted = room_id in self._sizes
        if is_counted and size > MAX_PAYLOAD * _WARNED and room_id not in self._full:
            self._full.add(room_id)
            self._log.warn(
                "{room_id} has {size} bytes that are no rows of Tables, and may have"
                " {most}: beyond, it is set aside; keep what is much in a Table",
                room_id=room_id,
                size=size,
                most=MAX_PAYLOAD,
                act="quota",
            )

    def forget(self, room_id: str) -> None:
        """Count a Room no more: it ended, sleeps, or belongs to somebody else."""
        self._sizes.pop(room_id, None)
        self._warned.discard(room_id)
        self._full.discard(room_id)

    def _look(self, room_id: str, snapshot: int, journal: int) -> None:
        total = snapshot + journal
        self._sizes[room_id] = snapshot, journal
        if total > self._most:
            self.forget(room_id)
            self._beyond(
                room_id,
                TooLarge(
                    f"{total} bytes are stored of it, and {self._most} are allowed:"
                    " LIMITS=stored_bytes=... allows more"
                ),
            )
        elif total > self._most * _WARNED and room_id not in self._warned:
            self._warned.add(room_id)
            self._log.warn(
                "{room_id} takes {total} bytes of the {most} that it may: beyond, it"
                " is set aside; LIMITS=stored_bytes=... allows more",
                room_id=room_id,
                total=total,
                most=self._most,
                act="quota",
            )
