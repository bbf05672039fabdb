"""Databases for one figure, each thrown away after it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from tests.support.postgres import Cluster

__all__ = ["STORES", "Store", "a_sync", "opened"]


@frozen
class Store:
    """One sort of database.

    Attributes:
        name: What the report calls it.
        server: Whether it is PostgreSQL, not SQLite.
        fsync: Whether a commit waits for the disk.
    """

    name: str
    server: bool
    fsync: bool


STORES: Final = (
    Store("SQLite", server=False, fsync=True),
    Store("SQLite, no fsync", server=False, fsync=False),
    Store("PostgreSQL", server=True, fsync=True),
    Store("PostgreSQL, no fsync", server=True, fsync=False),
)


@contextmanager
def opened(store: Store) -> Iterator[str]:
    """Make an empty database, and return its URL."""
    if store.server:
        cluster = Cluster(fsync=store.fsync)
        cluster.create()
        try:
            yield str(cluster.database())
        finally:
            cluster.destroy()
    else:
        folder = tempfile.mkdtemp(prefix="nexus-bench-", dir="/tmp")
        try:
            yield f"sqlite:///{folder}/bench.db"
        finally:
            shutil.rmtree(folder)


def a_sync() -> float:
    """Return the median of the seconds that this disk takes for an fsync."""
    times = []
    with tempfile.NamedTemporaryFile(dir="/tmp") as file:
        for _ in range(50):
            _ = file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
        assert Path(file.name).stat().st_size == 50 * 4096
    return sorted(times)[len(times) // 2]
