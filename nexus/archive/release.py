"""Release: lets a Room sleep that was set aside, once it can be read."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import frozen

from nexus.archive import append, table
from nexus.archive.port import Found
from nexus.journal.chain import DamagedJournal, link
from nexus.journal.entry import Entry
from nexus.journal.kept import Kept, recover
from nexus.journal.record import jump_record
from nexus.store.port import Database, Transaction

__all__ = ["JUMP", "Sound", "release", "sound"]

#: How far versions and ids jump where it is not known which of them clients have seen:
#: that is not to be taken for something that comes later.
JUMP: Final = 1_000_000

_RELEASE: Final = """
    UPDATE rooms SET
        status = 'hibernating', owner = '', reason = '', epoch = epoch + 1,
        active_at = ?
    WHERE room_id = ? AND epoch = ? AND status = 'quarantined'"""

_CUT: Final = "DELETE FROM journal WHERE room_id = ? AND number > ?"


@frozen
class Sound:
    """What can be read of a Room.

    Attributes:
        found: The snapshot, and the entries that can be read.
        kept: What they make.
        lost: How many entries come behind them.
        damage: What is wrong with the first of these; None: all can be read.
    """

    found: Found
    kept: Kept
    lost: int = 0
    damage: DamagedJournal | None = None


def sound(found: Found) -> Sound:
    """Return what can be read of a Room.

    Raises:
        DamagedJournal: Not even its snapshot can be.
    """
    entries, damage = list(found.entries), None
    while True:
        try:
            kept = recover(found.stored, entries)
        except DamagedJournal as error:
            left = [each for each in entries if each.number < error.number]
            if len(left) == len(entries):
                raise
            entries, damage = left, error
        else:
            lost = len(found.entries) - len(entries)
            readable = Found(found.card, found.stored, entries)
            return Sound(readable, kept, lost, damage)


async def release(database: Database, sound: Sound, now: datetime) -> bool:
    """Let a Room sleep that is set aside; what cannot be read of it is deleted.

    Returns:
        False: It is not set aside any more, and nothing was written.
    """
    card, kept = sound.found.card, sound.kept
    version, next_id = kept.version + JUMP, kept.next_id + JUMP
    payload = jump_record(version, next_id, "release")
    number = kept.number + 1
    chain = link(kept.chain, card.room_id, number, version, payload)
    jump = Entry(card.room_id, card.epoch + 1, number, version, chain, payload)

    async def work(transaction: Transaction) -> bool:
        await table.lock(transaction, database.dialect, [card.room_id])
        if not await transaction.execute(_RELEASE, now, card.room_id, card.epoch):
            return False
        await transaction.execute(_CUT, card.room_id, kept.number)
        await append.check_before(transaction, [jump])
        return not await append.write(transaction, [jump], now)

    return await database.transact(work)
