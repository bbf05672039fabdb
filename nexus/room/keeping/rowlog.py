"""Row logs: what a kept Room tells its journal of the rows of its Tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from nexus.journal.record import jump_record
from nexus.journal.rows import KeptTable, rows_record, tables_record
from nexus.state.table.saving import Saving

if TYPE_CHECKING:
    from nexus.state import Table
    from nexus.state.tree import Tree

__all__ = ["RowLog"]

#: A record has about so many bytes; what is copied for it in one go is no more.
_SLICE: Final = 1 << 18
#: Seconds between two slices, in which others have their turn.
_PAUSE: Final = 0.01
#: So many bytes are told before the journal has to be asked for them.
_MOST: Final = 3 << 18
#: While so many bytes wait for the database, rows wait where they are.
_BACKLOG: Final = 8 << 20
_PATIENCE: Final = 0.25
#: Ids that no record tells of are told of when there are so many.
_FAR: Final = 250_000


@define(eq=False)
class RowLog:
    """Tells a journal what became of rows: merged, a slice at a time, every so often.

    What differs waits in the Tables themselves, so that it takes no more memory however
    long the database is away.

    Args:
        later: Calls something after some seconds; returns what cancels that.
        seconds: Tells the time.
        note: Takes a record.
        waits: Tells how many bytes wait for the database.
    """

    _later: Callable[[float, Callable[[], None]], Callable[[], None]]
    _seconds: Callable[[], float]
    _note: Callable[[bytes], None]
    _waits: Callable[[], int]
    _savings: dict[int, Saving] = field(factory=dict, init=False)
    _tree: Tree | None = field(default=None, init=False)
    #: When a round of each is due, and when the one before began.
    _due: dict[Saving, float] = field(factory=dict, init=False)
    _began: dict[Saving, float] = field(factory=dict, init=False)
    #: Bytes that were told since the journal was asked.
    _told: int = field(default=0, init=False)
    _told_id: int = field(default=0, init=False)
    _is_listed: bool = field(default=True, init=False)
    _cancel: Callable[[], None] | None = field(default=None, init=False)

    def adopt(self, table: Table[Any], key: int, *, is_recast: bool) -> None:
        """Go on with a Table as it was restored.

        Args:
            table: The Table.
            key: What it is called in the journal.
            is_recast: Whether its rows have to be told anew, as their class changed.
        """
        saving = self._savings[key] = table.keep(key, self._wake, is_saved=True)
        self._is_listed = False
        if is_recast:
            saving.begin_again()

    def look(self, tree: Tree) -> list[bytes]:
        """Look which Tables there are; return records of what nobody knows of them."""
        if self._tree is not tree:
            self._tree = tree
            self._told_id = tree.next_id
        records = []
        if tree.tables or self._savings:
            there = [
                each
                for each in sorted(tree.tables, key=lambda each: each._id)
                if each._holder._bucket.tree is tree and each.is_kept
            ]
            for table in there:
                # Rows that something else stores are no matter of ours.
                if table.saving is None:
                    key = tree.take_row_ids(1)
                    self._savings[key] = table.keep(key, self._wake)
                    self._is_listed = False
            for saving in [*self._savings.values()]:
                if saving.table not in there or saving.table.saving is not saving:
                    self._forget(saving)
        if not self._is_listed:
            self._is_listed = True
            records.append(tables_record(self.listed()))
        if tree.next_id > self._told_id + _FAR:
            self._told_id = tree.next_id
            records.append(jump_record(tree.version, tree.next_id, ""))
        return records

    def _forget(self, saving: Saving) -> None:
        del self._savings[saving.key]
        self._due.pop(saving, None)
        self._began.pop(saving, None)
        self._is_listed = False

    def listed(self) -> list[KeptTable]:
        """Return all Tables whose rows are kept."""
        return [
            KeptTable(key, saving.table._holder._id, saving.table._field.name)
            for key, saving in self._savings.items()
        ]

    def begin_again(self) -> None:
        """Tell of all rows anew: what was told of them was thrown away."""
        for saving in self._savings.values():
            saving.begin_again()
            self._due[saving] = self._seconds()
        self._plan()

    def taken(self) -> None:
        """Take note that the journal was asked for all that it was told."""
        if self._told:
            self._told = 0
            self._plan()

    def rewind(self) -> None:
        """Begin the last round of all Tables."""
        self.stop()
        for saving in self._savings.values():
            saving.rewind()
        self._due = dict.fromkeys(self._savings.values(), 0.0)

    def drain(self) -> bool:
        """Tell of as much as may be at once; return whether the last round is over."""
        while self._due and self._told < _MOST:
            saving = next(iter(self._due))
            if self._tell(saving):
                self._due.pop(saving, None)
        self.stop()
        return not self._due

    def stop(self) -> None:
        """Tell nothing more by itself."""
        cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()

    def _wake(self, saving: Saving) -> None:
        """Tell of a Table when its time has come."""
        if self._savings.get(saving.key, saving) is saving:
            now = self._seconds()
            # The first write after a while waits for others as well.
            began = self._began.pop(saving, now)
            self._due[saving] = max(now, began + saving.every)
            self._plan()

    def _plan(self) -> None:
        self.stop()
        if self._due and self._told < _MOST:
            delay = min(self._due.values()) - self._seconds()
            self._cancel = self._later(max(_PAUSE, delay), self._pump)

    def _pump(self) -> None:
        self._cancel = None
        if self._waits() > _BACKLOG:
            self._cancel = self._later(_PATIENCE, self._pump)
            return
        now = self._seconds()
        ready = [each for each, due in self._due.items() if due <= now]
        if ready:
            saving = min(ready, key=lambda each: self._due[each])
            began = self._began.setdefault(saving, now)
            del self._due[saving]
            if not self._tell(saving):
                self._began[saving] = began
                self._due[saving] = now
        self._plan()

    def _tell(self, saving: Saving) -> bool:
        """Tell of the next slice of a Table; return whether its round is over."""
        tree = saving.table._holder._bucket.tree
        if tree is None or saving.table.saving is not saving:
            # It left its place; the next look finds that.
            return True
        part, is_over = saving.take(_SLICE)
        if part.blocks or part.gone.size or part.low <= part.high:
            made = rows_record(saving.key, tree.next_id, part)
            self._told += len(made)
            self._note(made)
        return is_over
