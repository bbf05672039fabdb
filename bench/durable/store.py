"""Databases for one figure, each thrown away after it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final, Self

from attrs import frozen

from tests.support.postgres import Cluster

__all__ = ["STORES", "Disk", "Store", "opened"]

#: How often the disk is tried, in seconds.
_EVERY: Final = 0.05


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


class Disk:
    """Writes a little all the time, to see how long the disk itself takes for it."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._over = Event()
        self._thread = Thread(target=self._write, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _write(self) -> None:
        with tempfile.NamedTemporaryFile(dir="/tmp") as file:
            while not self._over.wait(_EVERY):
                _ = file.write(bytes(4096))
                file.flush()
                began = time.perf_counter()
                os.fsync(file.fileno())
                self._times.append(time.perf_counter() - began)

    def __str__(self) -> str:
        times = sorted(self._times)
        p50, p99 = times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3
        return f"p50 {p50:.1f} ms, p99 {p99:.0f}, most {times[-1] * 1e3:.0f}"
