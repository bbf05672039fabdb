"""Starts a Node with the Rooms of this bench, also where a real one would refuse to.

python -m bench.durable.node PORT URL fsync|unsafe
"""

from __future__ import annotations

import sys
from functools import partial

import nexus.database
from nexus.store.postgres import PostgresDatabase
from nexus.store.sqlite import SqliteDatabase

__all__ = ["let_be_unsafe"]


def let_be_unsafe() -> None:
    """Let Nodes of this process trust databases that may lose what they committed.

    There is no such setting: somebody would use it.
    """
    unsafe_file = partial(SqliteDatabase, full=False)
    unsafe_server = partial(PostgresDatabase, unsafe=True)
    vars(nexus.database).update(
        SqliteDatabase=unsafe_file, PostgresDatabase=unsafe_server
    )


def main() -> None:
    """Serve until somebody ends us."""
    port, url, how = sys.argv[1:]
    if how == "unsafe":
        let_be_unsafe()
    from twisted.scripts.twistd import run  # noqa: PLC0415  # installs a reactor

    sys.argv = [
        *("twistd", "-n", "--pidfile=", "nexus", f"--port={port}"),
        *("--log-level=warn", "--app=bench.durable.game", f"--database={url}"),
    ]
    run()


if __name__ == "__main__":
    main()
