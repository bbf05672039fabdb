"""Entities of worlds in a database: the SQL.

What every entity has is in columns, the rest is JSON under the names of the fields: all
of it can be read and searched in SQL.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from attrs import define, frozen

from nexus.state.table.mirror import Differing
from nexus.store.port import Conflict, Database, Dialect, Transaction
from nexus.store.writeback.spelling import Spelling, as_json

__all__ = ["Claim", "Npcs", "TakenOver"]

# ruff: noqa: S608  -- what is put into SQL here are names, never values

_CLAIM: Final = """
    INSERT INTO npc_worlds (world, epoch, next_id) VALUES (?, 1, 1)
    ON CONFLICT (world) DO UPDATE SET epoch = npc_worlds.epoch + 1
    RETURNING epoch, next_id"""

_LAST: Final = "SELECT COALESCE(MAX(id), 0) AS id FROM npcs WHERE world = ?"

_CHECK: Final = "SELECT 1 FROM npc_worlds WHERE world = ? AND epoch = ?"

#: It keeps the world for this transaction, too.
_KEEP: Final = "UPDATE npc_worlds SET next_id = ? WHERE world = ? AND epoch = ?"

_READ: Final = """
    SELECT id, x, y, kind, attributes FROM npcs
    WHERE world = ? AND region = ? AND id > ? ORDER BY id LIMIT ?"""

_COLUMNS: Final = "world, id, region, x, y, kind, attributes, updated_at"
_REPLACE: Final = """
    ON CONFLICT (world, id) DO UPDATE SET
        region = excluded.region, x = excluded.x, y = excluded.y,
        kind = excluded.kind, attributes = excluded.attributes,
        updated_at = excluded.updated_at"""
_PUT: Final = {
    Dialect.SQLITE: f"INSERT INTO npcs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    f"{_REPLACE}",
    # One statement with all of them is several times quicker than one each.
    Dialect.POSTGRESQL: f"""
    INSERT INTO npcs ({_COLUMNS})
    SELECT ?, (r->>0)::bigint, (r->>1)::bigint, (r->>2)::float8, (r->>3)::float8,
        r->>4, r->5, ?
    FROM jsonb_array_elements(?::jsonb) AS r{_REPLACE}""",
}
_DELETE: Final = {
    Dialect.SQLITE: """
    DELETE FROM npcs WHERE world = ? AND id IN (SELECT value FROM json_each(?))""",
    Dialect.POSTGRESQL: """
    DELETE FROM npcs WHERE world = ?
    AND id IN (SELECT e::bigint FROM jsonb_array_elements_text(?::jsonb) AS e)""",
}


class TakenOver(Conflict):
    """Somebody else writes a world now: nothing was written."""


@frozen
class Claim:
    """The right to write a world.

    Attributes:
        epoch: How often it was claimed so far; the newest alone writes.
        next_id: From here on ids were free when it was claimed.
    """

    epoch: int
    next_id: int


@define(eq=False)
class Npcs:
    """The entities of one world in a database.

    Args:
        database: The database.
        world: What the world is called.
        spelling: How their fields are spelt.
    """

    _database: Database
    world: str
    _spelling: Spelling

    async def claim(self) -> Claim:
        """Be who writes this world; whoever was it writes nothing from now on."""

        async def work(transaction: Transaction) -> Claim:
            [row] = await transaction.query(_CLAIM, self.world)
            # Who looks after the database by hand may add some.
            [last] = await transaction.query(_LAST, self.world)
            return Claim(row["epoch"], max(row["next_id"], last["id"] + 1))

        return await self._database.transact(work)

    async def check(self, claim: Claim) -> None:
        """Check that nobody else has claimed the world.

        Raises:
            TakenOver: Somebody has.
        """
        if not await self._database.query(_CHECK, self.world, claim.epoch):
            raise self._taken_over()

    async def write(self, claim: Claim, some: Differing, now: datetime) -> None:
        """Write entities in one transaction, and delete those that are gone.

        Raises:
            TakenOver: Somebody else has claimed the world.
        """
        dialect, world = self._database.dialect, self.world
        rows = self._spelling.written(some)

        async def work(transaction: Transaction) -> None:
            if not await transaction.execute(_KEEP, some.next_id, world, claim.epoch):
                raise self._taken_over()
            if rows and dialect is Dialect.POSTGRESQL:
                text = ",".join(map(as_json, rows))
                await transaction.execute(_PUT[dialect], world, now, f"[{text}]")
            elif rows:
                await transaction.execute_many(
                    _PUT[dialect], [(world, *row, now) for row in rows]
                )
            if len(some.gone):
                gone = json.dumps(some.gone.tolist())
                await transaction.execute(_DELETE[dialect], world, gone)

        await self._database.transact(work)

    async def read(
        self, region: int, behind: int, most: int
    ) -> tuple[list[int], dict[str, list[Any]]]:
        """Return the next entities of a Region: their ids, ascending, and values.

        Args:
            region: The Region.
            behind: The id after which to begin.
            most: How many, at most.

        Raises:
            Damaged: One of them cannot be read.
        """
        rows = await self._database.query(_READ, self.world, region, behind, most)
        return [row["id"] for row in rows], self._spelling.read(rows)

    def _taken_over(self) -> TakenOver:
        return TakenOver(f"somebody else writes the world {self.world!r} now")
