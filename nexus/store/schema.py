"""The schema: all of the tables as one file, for people and for fresh databases.

    python -m nexus.store.schema > schema.sql

What `psql -f schema.sql` makes of an empty database, a Node would have made of it.
"""

from __future__ import annotations

import sys

from nexus.store.migration import VERSION_TABLE, known
from nexus.store.port import Dialect

__all__ = ["schema"]

_HEAD = """\
-- The tables of Nexus in PostgreSQL 15 or newer.
-- Made from nexus/store/migrations by: python -m nexus.store.schema > schema.sql
-- A Node makes them by itself when it starts with an empty database.

BEGIN;

"""


def schema() -> str:
    """Return the SQL that makes a fresh PostgreSQL database."""
    parts = [
        f"\n-- Version {one.version}: {one.name}\n\n{one.sql.strip()}\n\n"
        "INSERT INTO schema_version (version, name, applied_at)\n"
        f"VALUES ({one.version}, '{one.name}', now());\n"
        for one in known(Dialect.POSTGRESQL)
    ]
    return f"{_HEAD}{VERSION_TABLE};\n{''.join(parts)}\nCOMMIT;\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
