"""Refilling: the rows that are kept of a Room go into the Tables of its new State."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from attrs import define, field

from nexus.archive.folding import Folding
from nexus.archive.port import Archive, Found
from nexus.archive.thread import InThread
from nexus.journal.kept import Kept
from nexus.room.keeping.rowlog import RowLog
from nexus.state import Table
from nexus.state.table.filling import Filling
from nexus.wire.native.store import Restored

__all__ = ["Refilling"]

#: So many blocks are taken in one go.
_FEW: Final = 4


@define(eq=False)
class Refilling:
    """Fills the Tables of one Room that goes on.

    Attributes:
        size: How many bytes its chunks of rows are.
    """

    _archive: Archive
    _in_thread: InThread
    size: int = field(default=0, init=False)
    _filled: dict[int, tuple[Table[Any], Filling]] = field(factory=dict, init=False)

    async def fill(self, found: Found, kept: Kept, restored: Restored | None) -> None:
        """Fill all Tables that there are still; other Rooms go on meanwhile.

        Raises:
            DamagedJournal: The rows are not what was written.
            FieldError: A field cannot take what was saved; it is named.
            StoreError: The archive did not answer.
        """
        if restored is None or not kept.tables:
            return
        folding = Folding(self._archive, self._in_thread)
        rows, self.size = await folding.rows(found, kept)
        for key, kept_table in kept.tables.items():
            place = kept_table.owner, kept_table.field
            table = restored.tables.get(place)
            if table is None or not table.is_kept:
                continue
            await self._fill(key, table, rows[key], restored)

    async def _fill(
        self, key: int, table: Table[Any], blocks: Any, restored: Restored
    ) -> None:
        filling = Filling(table.row_class, restored.tree.version)
        for start in range(0, len(blocks), _FEW):
            some = blocks[start : start + _FEW]
            await self._in_thread(partial(filling.add, some))
        for step in filling.ends():
            await self._in_thread(step)
        table.fill(filling)
        self._filled[key] = table, filling
        restored.dropped += filling.dropped
        restored.defaulted += filling.defaulted

    def adopt(self, rows: RowLog) -> None:
        """Let the Tables be saved from now on, where they were before."""
        for key, (table, filling) in self._filled.items():
            rows.adopt(table, key, is_recast=filling.is_recast)
