"""Layer: one Table of a Space, and the bytes that tell of its Cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from itertools import accumulate, islice
from typing import Any, Final

from nexus.sim.crowd import Arrears, Crowd, Written
from nexus.sim.interest import Glance
from nexus.sim.run import Roll
from nexus.sim.tiling import Tiling
from nexus.sim.vista import Vista
from nexus.sim.whereabouts import Stir, Whereabouts
from nexus.state import Table
from nexus.state.change import TableEdit
from nexus.wire.colyseus import Outcome
from nexus.wire.native.cells import CellWriter
from nexus.wire.native.sheaf import Draft, lay

__all__ = ["Layer"]

#: What a client lacks is written for so many Cells at once, for which so many times as
#: many rows are looked at as it has room for.
_AT_ONCE: Final = 256
_LOOKED_AT: Final = 4


class Layer:
    """One Table of a Space.

    Args:
        table: The Table; from now on each client gets of it what it watches.
        where: Its name on the wire.
        crowd: Who watches which Cell.
        tiling: The Cells.
        x: The field that has the first number of a position.
        y: The field that has the second.
    """

    def __init__(
        self,
        table: Table[Any],
        where: bytes,
        crowd: Crowd,
        tiling: Tiling,
        x: str,
        y: str,
    ) -> None:
        self._crowd = crowd
        self.whereabouts = Whereabouts(table, tiling, x, y)
        table.is_watched = True
        self.where = where
        self._writer = CellWriter(where, table)
        self._arrears = Arrears(len(table.fields))
        #: About how many bytes a row takes with its id.
        self._row_size = 2 + sum(
            table.outgoing(each.name, table.rows[:0]).itemsize
            for each in table.sent_fields
        )
        self._version = 0
        #: What the last flush did, and of which of them the bytes below tell.
        self.outcome: Outcome | None = None
        self._told: Outcome | None = None
        #: All of it: for each rate a space of Cells, and one for who left them.
        self._sheaf = lay([])
        self._roll = Roll((), tiling.count)
        #: What was written, by how often it is heard of.
        self._writes: dict[int, list[Draft]] = {}
        #: What is the same for all who begin to watch a Cell at this version.
        self._wholes: dict[int, bytes] = {}
        #: How many rows there are in Cells that somebody comes to see at this version.
        self._counts: dict[int, int] = {}
        #: What those lack at this version who know a Cell up to the same change, and
        #: may see the same fields.
        self._rests: dict[tuple[int, tuple[int, int], int], bytes] = {}

    @property
    def owes(self) -> bool:
        """Whether somebody has yet to hear of something."""
        return bool(self._arrears)

    def count(self, cells: Sequence[int]) -> list[int]:
        """Return how many rows there are in each of some Cells."""
        known = self._counts
        try:
            return [known[cell] for cell in cells]
        except KeyError:
            counts: list[int] = self.whereabouts.placement.counts[cells].tolist()
            return counts

    def rows_in(self, cell: int) -> Any:
        """Return the rows in a Cell."""
        return self.whereabouts.placement.rows_in(cell)

    def mask(self, roles: Set[str]) -> int:
        """Return the fields that clients with some roles are told of."""
        table = self.whereabouts.table
        return table.open_mask | table.limited(roles)

    def advance(self, edit: TableEdit | None, version: int) -> None:
        """Follow a flush: find what became of each Cell that somebody watches."""
        self._version = version
        self._wholes, self._rests, self._counts = {}, {}, {}
        stir, fresh = None, 0
        if edit is not None:
            if edit.moved is not None:
                self._arrears.move(edit.moved.old, edit.moved.new)
            stir, fresh = self.whereabouts.advance(edit, version), len(edit.came)
            self._arrears.forgive(stir.came)
        written = {every: self._due(every, stir) for every in self._crowd.rates}
        self.outcome = Outcome(stir, fresh, self._crowd.anybody(), written)

    def _due(self, every: int, stir: Stir | None) -> tuple[Written, Any | None]:
        """Return what those hear now who hear of every so manieth version."""
        wanted = self._crowd.wants(every)
        written = [] if stir is None else stir.written
        if every == 1:
            return written, wanted
        extent = self.whereabouts.table.extent
        self._arrears.note(every, written, wanted, extent)
        cell_of = self.whereabouts.placement.cell_of
        # Who hears of a Cell more often from now on hears of this, too.
        return self._arrears.due(every, self._version, cell_of), None

    def _write(self) -> None:
        """Write what the last flush did, when the first client is to hear of it."""
        outcome, writer = self.outcome, self._writer
        if outcome is self._told or outcome is None:
            return
        self._told = outcome
        self._writes = {
            every: writer.writes(*written) for every, written in outcome.written.items()
        }
        rates = tuple(self._writes)
        stir, stride = outcome.stir, self.whereabouts.tiling.count
        if rates != self._roll.rates:
            self._roll = Roll(rates, stride)
        drafts: list[Draft] = []
        if stir is not None:
            news = writer.news(stir, outcome.wanted)
            for at in range(len(rates)):
                drafts += [each.moved(at * stride) for each in news]
            behind = len(rates) * stride
            partings = writer.partings(stir, outcome.wanted)
            drafts += [each.moved(behind) for each in partings]
        for at, writes in enumerate(self._writes.values()):
            drafts += [each.moved(at * stride) for each in writes]
        self._sheaf = lay(drafts)

    def tell(self, vistas: Sequence[Vista]) -> list[bytes]:
        """Return what those are told of the Cells they saw so far who have some Vistas.

        For each two things: what became of them, and behind what is told of all Cells
        of all Layers, who left them.
        """
        self._write()
        return self._sheaf.parts(*self._roll.runs(vistas))

    def came(self, step: Glance) -> bytes:
        """Return what else a watcher is told that sees more, or hears otherwise."""
        found = [self.whole(cell) for cell in step.entered]
        for cell, every in self.shifted(step):
            found += [lay(self._writes[every]).of(cell), self._owed(cell, every)]
        return b"".join(found)

    def shifted(self, step: Glance) -> list[tuple[int, int]]:
        """Return the Cells of which a watcher has not heard all that it was to hear.

        At its new rate, be it higher or lower, nobody would tell it.
        """
        changed, version = self.whereabouts.changed, self._version
        return [
            (cell, every)
            for cell, every in step.shifted
            if changed[cell] > version - every
        ]

    def expect(self, cells: Iterable[int]) -> None:
        """Write at once what `whole` is going to be asked for."""
        new = [cell for cell in cells if cell not in self._wholes]
        if not new:
            return
        placement = self.whereabouts.placement
        counts, rows = placement.counts[new], placement.rows_in_all(new)
        self._counts.update(zip(new, counts.tolist(), strict=True))
        self._wholes.update(dict.fromkeys(new, b""))
        self._wholes.update(lay(self._writer.wholes(new, rows, counts)).items())

    def whole(self, cell: int) -> bytes:
        """Return all that is in a Cell."""
        if cell not in self._wholes:
            self.expect([cell])
        return self._wholes[cell]

    def stirred(
        self, cells: Sequence[int], entered: Sequence[int], mask: int
    ) -> list[tuple[int, Any]]:
        """Return of which rows some fields are to be told that few may see.

        Args:
            cells: The Cells that are seen.
            entered: Those of them that were not seen before.
            mask: The fields.
        """
        stir: Any = None if self.outcome is None else self.outcome.stir
        return self.whereabouts.stirred(stir, cells, entered, mask)

    def beside(self, veiled: int, written: list[tuple[int, Any]]) -> bytes:
        """Return what somebody with roles is told behind what all are.

        Args:
            veiled: Fields that it may see no longer.
            written: Fields, and rows of which it is told these.
        """
        return self._writer.beside(veiled, written)

    def changed(self, cell: int, since: int, mask: int) -> bytes:
        """Return what a watcher of a Cell lacks who heard of it up to a version.

        Args:
            cell: The Cell.
            since: That version.
            mask: The fields that the watcher may see.
        """
        whereabouts = self.whereabouts
        if whereabouts.changed[cell] <= since:
            return b""
        rows = whereabouts.placement.rows_in(cell)
        body = self._writer.changed(cell, mask, rows, since)
        if whereabouts.lost[cell] > since:
            body += self._writer.keep(cell, rows)
        return body

    def some(
        self, cell: int, since: tuple[int, int], size: int, mask: int
    ) -> tuple[bytes, tuple[int, int] | None]:
        """Return some of what changed in a Cell, as far as so many bytes may go.

        Args:
            cell: The Cell.
            since: Up to which version, and in that up to which id, changes are known.
            size: About how many bytes.
            mask: The fields that whoever asks may see.

        Returns:
            The bytes, and the new `since`; None: that was all.
        """
        whereabouts = self.whereabouts
        if whereabouts.changed[cell] < since[0]:
            return b"", None
        known = self._rests.get((cell, since, mask))
        if known is not None and len(known) <= size:
            return known, None
        rows = whereabouts.placement.rows_in(cell)
        body, ends = self._writer.some(cell, mask, rows, since, self._most(size))
        body += self._partings(cell, since)
        if ends is None:
            self._rests[cell, since, mask] = body
        return body, ends

    def expect_some(
        self, wants: Iterable[tuple[int, tuple[int, int]]], size: int, mask: int
    ) -> None:
        """Write at once what `some` is going to be asked for, one by one.

        Args:
            wants: Cells, each once, and up to where changes in them are known.
            size: About how many bytes are going to be wanted of all of them.
            mask: The fields that whoever asks may see.
        """
        changed, most = self.whereabouts.changed, self._most(size)
        lacking = (
            want
            for want in wants
            if (*want, mask) not in self._rests and changed[want[0]] >= want[1][0]
        )
        new = list(islice(lacking, _AT_ONCE))
        counts = self.count([cell for cell, _ in new])
        # Not all of them may have changed, but who looks at many more looks in vain.
        here = sum(total <= most * _LOOKED_AT for total in accumulate(counts))
        new, counts = new[:here], counts[:here]
        if not new:
            return
        rows = self.whereabouts.placement.rows_in_all([cell for cell, _ in new])
        for want, body in self._writer.rests(new, mask, rows, counts, most):
            self._rests[(*want, mask)] = body + self._partings(*want)

    def _partings(self, cell: int, since: tuple[int, int]) -> bytes:
        """Return that rows left a Cell, or where that is not known who is there."""
        if since[1] < 0:
            # Of no version any id is known: who asks holds nothing of the Cell.
            return b""
        whereabouts, writer = self.whereabouts, self._writer
        gone = whereabouts.departed(cell, since[0] - 1)
        if gone is None:
            return writer.keep(cell, whereabouts.placement.rows_in(cell))
        return writer.parted(cell, gone) if len(gone) else b""

    def _most(self, size: int) -> int:
        """Return how many rows so many bytes tell of, about."""
        return max(1, size // self._row_size)

    def drop(self, cells: list[int]) -> bytes:
        """Return that some Cells are watched no longer."""
        return self._writer.drop(cells)

    def _owed(self, cell: int, every: int) -> bytes:
        """Return what those have not heard of a Cell who hear of it so often."""
        written = self.arrears_of(cell, every)
        return lay(self._writer.writes(written, None)).content

    def arrears_of(self, cell: int, every: int) -> Written:
        """Return what those have not heard, unwritten."""
        placement = self.whereabouts.placement
        rows = placement.rows_in(cell)
        return self._arrears.of(every, rows, placement.cell_of)
