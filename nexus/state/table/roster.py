"""Roster: which rows of a Table are there, and which of them changed.

Rows ascend by id and keep their index from one flush to the next: new ones come at the
end, removed ones stay as dead rows until a flush finds so many that the gaps are to be
closed. That goes from the first gap to the end, a stretch with each flush, and what is
dead by then lies behind it. So an id is found by bisection, without any index of its
own; a dead row counts for the one before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from nexus.compiled import parts
from nexus.state.rule import Lane
from nexus.state.table.bundling import Bundles
from nexus.state.table.column import Values, grown
from nexus.state.table.ids import NO_IDS

if TYPE_CHECKING:
    from nexus.state.state import State

__all__ = ["FIRST_CAPACITY", "Moved", "Roster"]

FIRST_CAPACITY = 64
#: Dead rows are tolerated up to so many, or a quarter of all.
_DEAD = 1024
#: Gaps are closed among so many rows with one flush.
_STRETCH = 1 << 15
#: What there is of each row, beside whether it is there.
_BY_ROW = "ids", "mask", "_dirty", "stamps", "few_stamps", "unsaved"


@frozen(eq=False)
class Moved:
    """Rows that have other indices than before, both ascending.

    Attributes:
        old: The indices that they had.
        new: Those that they have; where none of `old` stood before, nobody did.
    """

    old: Values
    new: Values


class Roster:
    """Which rows of a Table are there, and which of them changed.

    Args:
        fields: How many fields a row has.
    """

    __slots__ = (
        "_closed",
        "_dead",
        "_dirty",
        "_gone",
        "_is_asked",
        "_live",
        "_looked",
        "alive",
        "capacity",
        "extent",
        "few_stamps",
        "ids",
        "is_saved",
        "known",
        "lost",
        "mask",
        "stamps",
        "unsaved",
    )

    def __init__(self, cls: type[State]) -> None:
        fields, few = len(cls.__layout__.fields), cls.__layout__.by_lane[Lane.GROUP]
        room = self.capacity = FIRST_CAPACITY
        self.ids: Values = np.zeros(room, np.int64)
        self.alive: Values = np.zeros(room, np.bool_)
        width = next(bits for bits in (8, 16, 32, 64) if fields <= bits)
        #: Which fields of a row were written since the last flush.
        self.mask: Values = np.zeros(room, f"u{width // 8}")
        self._dirty: Values = np.zeros(room, np.bool_)
        #: The version in which what all are told of a row last changed, or it came.
        self.stamps: Values = np.zeros(room, np.int64)
        #: The same of what is told to few clients only; None: there is no such field.
        self.few_stamps: Values | None = np.zeros(room, np.int64) if few else None
        #: Whether a store is told of rows.
        self.is_saved = False
        #: Which rows differ from what a store was told of them.
        self.unsaved: Values = np.zeros(room, np.bool_)
        #: Ids that were removed since a store was told of such.
        self.lost: list[Values] = []
        #: How many rows there are, dead ones included.
        self.extent = 0
        self._dead = 0
        #: Up to here there are no more gaps that are to be closed, and behind it all
        #: rows are dead up to where it was looked; None: no gaps are being closed.
        self._closed: int | None = None
        self._looked = 0
        #: How many of them clients were told of.
        self.known = 0
        #: Rows that clients know and that were removed since the last flush.
        self._gone: list[Values] = []
        self._live: Values | None = None
        #: Whether somebody asked for those since the last flush.
        self._is_asked = False

    def __len__(self) -> int:
        return self.extent - self._dead

    @property
    def rows(self) -> Values:
        """The indices of those that are there."""
        self._is_asked = True
        if self._live is None:
            self._live = np.flatnonzero(self.alive[: self.extent])
            self._live.flags.writeable = False
        return self._live

    @property
    def first_id(self) -> int | None:
        """The id of the first row, if each has the next one; None: they do not."""
        if self._dead or not self.extent:
            return None
        first, last = int(self.ids[0]), int(self.ids[self.extent - 1])
        return first if last - first == self.extent - 1 else None

    def known_rows(self) -> Values:
        """Return the indices of those that clients know, be they there or not."""
        known = self.alive[: self.known].copy()
        for rows in self._gone:
            known[rows] = True
        return np.flatnonzero(known)

    def index(self, id_: int) -> int:
        """Return the index of an id; -1 if it is not there."""
        at = int(np.searchsorted(self.ids[: self.extent], id_))
        if at < self.extent and self.ids[at] == id_ and self.alive[at]:
            return at
        return -1

    def indices(self, ids: Values) -> Values:
        """Return the indices of ids.

        Raises:
            KeyError: One of them is not there.
        """
        found = np.searchsorted(self.ids[: self.extent], ids)
        if self.extent == 0:
            right = np.zeros(len(ids), np.bool_)
        else:
            found[found == self.extent] = 0
            right = self.alive[found] & (self.ids[found] == ids)
        if not right.all():
            raise KeyError(int(ids[~right][0]))
        return found

    def has(self, rows: Values) -> bool:
        """Tell whether all of some rows are there, given their indices."""
        return not self._dead or bool(self.alive[rows].all())

    def append(self, first: int, count: int) -> slice:
        """Let rows come, with ids from `first` on; return where they stand."""
        start, end = self.extent, self.extent + count
        if end > self.capacity:
            self.capacity = max(end, self.capacity * 2)
            for name in ("alive", *_BY_ROW):
                if getattr(self, name) is not None:
                    setattr(self, name, grown(getattr(self, name), self.capacity))
        self.ids[start:end] = np.arange(first, first + count)
        self.alive[start:end] = True
        self.mask[start:end] = 0
        self._dirty[start:end] = False
        self.unsaved[start:end] = True
        self.extent, self._live = end, None
        return slice(start, end)

    def truncate(self, extent: int) -> None:
        """Undo `append`: nothing was removed since."""
        self.extent, self._live = extent, None

    def kill(self, rows: Values) -> None:
        """Remove rows, each named once."""
        self.alive[rows] = False
        self._dead += len(rows)
        self._live = None
        self._gone.append(rows[rows < self.known])
        if self.is_saved:
            self.lost.append(self.ids[rows])

    def revive(self, rows: Values) -> None:
        """Undo the latest `kill`."""
        self.alive[rows] = True
        self._dead -= len(rows)
        self._live = None
        self._gone.pop()
        if self.is_saved:
            self.lost.pop()

    def mark(self, rows: Values, bits: Values) -> None:
        """Note that fields of rows were written: the same of all, or those of each."""
        self.mask[rows] |= bits
        self._dirty[rows] = True

    def mark_alive(self, rows: Values, bit: int) -> bool:
        """Note a written field of those rows that are there; return if any is."""
        there = rows[self.alive[rows]]
        self.mark(there, self.mask.dtype.type(bit))
        return bool(there.size)

    def mark_some(self, rows: Values, bits: Values) -> bool:
        """Note rows of which any field was written; return whether there are any."""
        if parts is not None:
            index = np.ascontiguousarray(rows, np.intp)
            return parts.mark(self._dirty, self.mask, index, bits)
        some = np.flatnonzero(bits != 0)
        self.mark(rows[some], bits[some])
        return bool(some.size)

    def take_written(self, bundles: Bundles | None) -> list[tuple[int, Values]]:
        """Return the rows that clients know and that were written, by their fields.

        Args:
            bundles: Says which other fields may be named beside those; None: no other.
        """
        if not self._is_asked:
            # Eight bytes a row, which nobody seems to need.
            self._live = None
        self._is_asked = False
        rows, masks = self._take_dirty()
        if not rows.size:
            return []
        if bundles is not None:
            masks, several = bundles.of(masks)
        else:
            several = np.unique(masks).tolist()
        if len(several) == 1:
            return [(several[0], rows)]
        return [(mask, rows[np.flatnonzero(masks == mask)]) for mask in several]

    def _take_dirty(self) -> tuple[Values, Values]:
        """Return the rows that clients know and that were written, and their masks."""
        dirty, extent = self._dirty, self.extent
        if parts is not None:
            taken = parts.written(
                dirty[:extent], self.alive[:extent], self.mask[:extent], self.known
            )
            dtypes = np.dtype(np.intp), self.mask.dtype
            rows, masks = map(np.frombuffer, taken, dtypes)
            return rows, masks
        rows = np.flatnonzero(dirty[: self.known])
        dirty[:extent] = False
        if self._dead:
            rows = rows[self.alive[rows]]
        masks = self.mask[rows]
        self.mask[rows] = 0
        return rows, masks

    def take_gone(self) -> Values:
        """Return the rows that clients know and that were removed."""
        gone, self._gone = self._gone, []
        return np.sort(np.concatenate(gone)) if gone else np.zeros(0, np.intp)

    def compact(self) -> Moved | None:
        """Close gaps, if there are many; return which rows have other indices now."""
        if self._closed is None:
            if self._dead <= max(_DEAD, self.extent // 4):
                return None
            self._closed = self._looked = int(self.alive[: self.extent].argmin())
        start, looked = self._closed, self._looked
        end = min(looked + _STRETCH, self.extent)
        old = np.flatnonzero(self.alive[looked:end]) + looked
        closed = start + len(old)
        for array in [getattr(self, name) for name in _BY_ROW]:
            if array is not None:
                array[start:closed] = array[old]
        self.alive[start:closed], self.alive[closed:end] = True, False
        # Who looks for an id finds the first of those that have it.
        self.ids[closed:end] = self.ids[closed - 1] if closed else 0
        for flags in (self.mask, self._dirty, self.unsaved):
            flags[closed:end] = 0
        if looked <= self.known < end:
            self.known = start + int(np.searchsorted(old, self.known))
        self._closed, self._looked, self._live = closed, end, None
        if end == self.extent:
            self._dead -= end - closed
            self.known = min(self.known, closed)
            self.extent, self._closed = closed, None
        return Moved(old, np.arange(start, closed))

    def forget(self) -> None:
        """Note that nobody was told of anything yet."""
        self.mask[: self.extent] = 0
        self._dirty[: self.extent] = False
        self._gone = []
        self.known = 0

    def renumber(self, first: int) -> None:
        """Give those that are there other ids, from `first` on."""
        there = self.alive[: self.extent]
        self.ids[: self.extent] = first + np.cumsum(there) - 1

    # What a store is told.

    def waits(self, rows: Values) -> Values:
        """Return for each row whether clients are still to be told what it holds."""
        return self._dirty[rows]

    def take_lost(self, most: int) -> Values:
        """Return ids that were removed, ascending, and at most so many of them."""
        if not self.lost:
            return NO_IDS
        lost = np.sort(np.concatenate(self.lost))
        self.lost = [lost[most:]] if len(lost) > most else []
        return lost[:most]

    def fill(self, ids: Values, version: int) -> None:
        """Let just these rows be there, as clients and the store know them."""
        count = self.extent = self.known = len(ids)
        self.capacity = max(count, FIRST_CAPACITY)
        self.ids = ids if count == self.capacity else grown(ids, self.capacity)
        self.alive = np.ones(self.capacity, np.bool_)
        self.mask = np.zeros(self.capacity, self.mask.dtype)
        self._dirty = np.zeros(self.capacity, np.bool_)
        self.unsaved = np.zeros(self.capacity, np.bool_)
        self.stamps = np.full(self.capacity, version, np.int64)
        self.few_stamps = None if self.few_stamps is None else self.stamps.copy()
        self._dead, self._live, self._gone, self.lost = 0, None, [], []
        self._closed, self._is_asked = None, False

    def copy(self) -> Roster:
        """Return another one that says the same."""
        made = Roster.__new__(Roster)
        for name in Roster.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value = value.copy()
            setattr(made, name, list(value) if type(value) is list else value)
        return made

    def become(self, other: Roster) -> None:
        """Say what another one says, which is of no use from then on."""
        for name in Roster.__slots__:
            setattr(self, name, getattr(other, name))
