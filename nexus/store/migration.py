"""Migrations: numbered files that make the tables, and bring older ones up to date.

`migrations/NNNN_name.DIALECT.sql` leads a database from version NNNN - 1 to NNNN; both
dialects have the same numbers and names. What a database went through is written in
its table `schema_version`. A file that was released never changes: another one follows.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final

from attrs import frozen
from twisted.logger import Logger

from nexus.store.port import (
    Database,
    Dialect,
    NewerDatabase,
    Row,
    StoreError,
    Transaction,
)

__all__ = ["VERSION_TABLE", "Migration", "known", "migrate", "statements"]

#: Where a database keeps what it went through; the same in all dialects.
VERSION_TABLE: Final = """\
CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
)"""

#: They part at how the time is spelt.
_INSERT: Final = {
    Dialect.SQLITE: (
        "INSERT INTO schema_version (version, name, applied_at) "
        "VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))"
    ),
    Dialect.POSTGRESQL: (
        "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, now())"
    ),
}
#: Any number will do that nothing else takes: "nexus" in ASCII.
_LOCK: Final = 0x6E65787573

_FILE: Final = re.compile(r"(\d{4})_(\w+)\.(sqlite|postgresql)\.sql")

#: What SQL is made of, as far as it matters for where a statement ends.
_TOKEN: Final = re.compile(
    r"""
    --[^\n]*                            # a comment
    | /\*.*?\*/                         # another
    | '(?:[^']|'')*'                    # text
    | "(?:[^"]|"")*"                    # a name
    | (?P<tag>\$\w*\$).*?(?P=tag)       # the body of a function
    | ;
    | .
    """,
    re.DOTALL | re.VERBOSE,
)
_COMMENT: Final = ("--", "/*")

_LOG: Final = Logger()


@frozen
class Migration:
    """One step.

    Attributes:
        version: The version that it leads to.
        name: What it does, in a word or two.
        sql: How.
    """

    version: int
    name: str
    sql: str


def known(dialect: Dialect) -> list[Migration]:
    """Return the migrations of a dialect, in order, one for each version from 1."""
    found = []
    for file in files("nexus.store").joinpath("migrations").iterdir():
        match = _FILE.fullmatch(file.name)
        if match is not None and match[3] == dialect.value:
            found.append(Migration(int(match[1]), match[2], file.read_text("utf-8")))
    found.sort(key=lambda one: one.version)
    if [one.version for one in found] != list(range(1, len(found) + 1)) or not found:
        raise StoreError(
            f"the migrations for {dialect.value} are not all there: is the "
            "installation whole?"
        )
    return found


async def migrate(
    database: Database, migrations: Sequence[Migration] | None = None
) -> int:
    """Bring a database up to date, whatever it went through; returns its version.

    Several Nodes may do that at once: they wait for each other.

    Args:
        database: An open one.
        migrations: The steps; those of Nexus by default.

    Raises:
        NewerDatabase: It went through more than these.
        StoreError: It went through other ones, or a step failed and left nothing.
    """
    steps = known(database.dialect) if migrations is None else migrations

    async def step(transaction: Transaction) -> int:
        return await _step(database.dialect, transaction, steps)

    version = -1
    while version < len(steps):
        version = await database.transact(step)
    return version


async def _step(
    dialect: Dialect, transaction: Transaction, steps: Sequence[Migration]
) -> int:
    """Apply the next migration, if there is one; returns the version then."""
    if dialect is Dialect.POSTGRESQL:
        await transaction.query("SELECT pg_advisory_xact_lock(?)", _LOCK)
    await transaction.execute(VERSION_TABLE)
    rows = await transaction.query(
        "SELECT version, name FROM schema_version ORDER BY version"
    )
    version = _check(rows, steps)
    if version == len(steps):
        return version
    migration = steps[version]
    for statement in statements(migration.sql, dialect):
        await transaction.execute(statement)
    await transaction.execute(
        _INSERT[dialect],
        migration.version,
        migration.name,
    )
    _LOG.info(
        "the database is at version {version} ({name}) now",
        version=migration.version,
        name=migration.name,
    )
    return migration.version


def _check(rows: Sequence[Row], steps: Sequence[Migration]) -> int:
    """Return the version of a database that went through the first of our steps."""
    if rows and rows[-1]["version"] > len(steps):
        raise NewerDatabase(
            f"the database has version {rows[-1]['version']}, and this Nexus knows "
            f"versions up to {len(steps)}: update Nexus, or use another database"
        )
    went = [(row["version"], row["name"]) for row in rows]
    for (version, name), step in zip(went, steps, strict=False):
        if (version, name) != (step.version, step.name):
            raise StoreError(
                f"the database went through {version} ({name}) where Nexus has "
                f"{step.version} ({step.name}): something else made it"
            )
    return len(went)


def statements(sql: str, dialect: Dialect) -> Iterator[str]:
    """Part SQL into its statements, without comments around them."""
    statement = ""
    for token in _TOKEN.finditer(sql):
        text = token[0]
        if text.startswith(_COMMENT):
            continue
        if text != ";":
            statement += text
        elif dialect is Dialect.SQLITE and not sqlite3.complete_statement(
            statement + ";"
        ):
            # Within a trigger, which ends with END.
            statement += text
        elif statement.strip():
            yield statement.strip()
            statement = ""
    if statement.strip():
        raise ValueError(f"a semicolon is missing after {statement.strip()[:80]!r}")
