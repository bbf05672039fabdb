"""Append: how entries get into the journal, behind those that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from nexus.archive.port import Gap
from nexus.archive.table import ROWS, marks, parts
from nexus.journal.entry import Entry
from nexus.store.port import Transaction, Value

__all__ = ["check_before", "write"]

# ruff: noqa: S608  -- what is put into SQL here are marks, never values

#: No statement carries more bytes than this, if it has several rows.
_BYTES: Final = 2**20


async def write(
    transaction: Transaction, entries: Sequence[Entry], now: datetime
) -> set[str]:
    """Write entries into the journal, but for those that are there already.

    Returns:
        The Rooms in whose journal there are other ones in their place: nothing of
        them was written.
    """
    new: set[tuple[str, int]] = set()
    for some in _batches(entries):
        rows = await transaction.query(
            "INSERT INTO journal "
            "(room_id, number, epoch, version, chain, payload, created_at) "
            f"VALUES {marks(len(some), 7)} "
            "ON CONFLICT DO NOTHING RETURNING room_id, number",
            *chain.from_iterable(_journal_row(one, now) for one in some),
        )
        new.update((row["room_id"], row["number"]) for row in rows)
    old = [one for one in entries if (one.room_id, one.number) not in new]
    foreign = await _foreign(transaction, old)
    await transaction.execute_many(
        "DELETE FROM journal WHERE room_id = ? AND number = ?",
        [key for key in sorted(new) if key[0] in foreign],
    )
    return foreign


async def check_before(transaction: Transaction, entries: Sequence[Entry]) -> None:
    """Check that nothing is missing between what is there and some entries.

    A server that was replaced by a copy of it may lack what it had committed.

    Raises:
        Gap: Something is.
    """
    first: dict[str, int] = {}
    for one in entries:
        first.setdefault(one.room_id, one.number - 1)
    for some in parts(first.items()):
        rows = await transaction.query(
            f"SELECT v.column1 AS room_id FROM (VALUES {marks(len(some), 2)}) AS v "
            "WHERE NOT EXISTS (SELECT 1 FROM journal j "
            "WHERE j.room_id = v.column1 AND j.number = v.column2) "
            "AND NOT EXISTS (SELECT 1 FROM snapshots s "
            "WHERE s.room_id = v.column1 AND s.number >= v.column2)",
            *(value for name, number in some for value in (name, number)),
        )
        if rows:
            names = ", ".join(row["room_id"] for row in rows)
            raise Gap(f"the database lost what was committed of {names}")


async def _foreign(transaction: Transaction, entries: Sequence[Entry]) -> set[str]:
    """Find the Rooms in whose journal are other entries than these."""
    same: set[tuple[str, int, int, bytes]] = set()
    for some in parts(entries):
        rows = await transaction.query(
            "SELECT j.room_id, j.number, j.epoch, j.chain "
            f"FROM (VALUES {marks(len(some), 2)}) AS v "
            "JOIN journal j ON j.room_id = v.column1 AND j.number = v.column2",
            *(value for one in some for value in (one.room_id, one.number)),
        )
        same.update(
            (row["room_id"], row["number"], row["epoch"], row["chain"]) for row in rows
        )
    return {
        one.room_id
        for one in entries
        if (one.room_id, one.number, one.epoch, one.chain) not in same
    }


def _journal_row(one: Entry, now: datetime) -> tuple[Value, ...]:
    return (
        *(one.room_id, one.number, one.epoch, one.version),
        *(one.chain, one.payload, now),
    )


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Part entries into what one statement may carry, by their bytes as well."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == ROWS or size + len(entry.payload) > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += len(entry.payload)
    if batch:
        yield batch
