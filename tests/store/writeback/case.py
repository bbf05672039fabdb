"""What tests of write-backs begin with: a database, and a life of a world."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.store.inline import InlineDatabase
from tests.store.writeback.life import Life

__all__ = ["WriteBackCase", "noting"]

T = TypeVar("T")


def noting(clock: Clock, noted: list[float]) -> Any:
    """Return what notes how long is waited for, each time."""
    later = clock.callLater

    def call(seconds: float, *arguments: Any) -> Any:
        noted.append(seconds)
        return later(seconds, *arguments)

    return call


class WriteBackCase(SynchronousTestCase):
    def setUp(self) -> None:
        """Start a database."""
        self.database = InlineDatabase()
        self.wait(self.database.start())
        self.clock = Clock()
        self.life = self.lives()

    def lives(self, **more: Any) -> Life:
        """Begin another life of the same world."""
        return Life(self.database, self.clock, **more)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what something returns that does not wait."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def done(self, work: Deferred[T], steps: int = 200) -> T:
        """Let time pass until something is done."""
        self.clock.pump([0.01] * steps)
        return self.successResultOf(work)

    def stored(self, columns: str = "id, region, x, kind, attributes") -> list[Any]:
        """Return what is written."""
        rows = self.wait(
            self.database.query(f"SELECT {columns} FROM npcs ORDER BY id")  # noqa: S608  # ours
        )
        return [tuple(row.values()) for row in rows]

    def foods(self) -> dict[float, float]:
        """Return the food that is written, by x."""
        return {x: json.loads(text)["food"] for x, text in self.stored("x, attributes")}

    def insert(self, id_: int, kind: str, attributes: str) -> None:
        """Put an entity there by hand, at x = 1.5."""
        sql = "INSERT OR REPLACE INTO npcs VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        values = ("town", id_, 0, 1.5, 1.0, kind, attributes, datetime.now(UTC))
        self.wait(self.database.execute(sql, *values))

    def add(self, *xs: float, life: Life | None = None, food: float = 1.0) -> Any:
        """Add entities at some x, and return their ids."""
        return (life or self.life).npcs.add(x=[*xs], y=0.5, food=food)

    def put(self, id_: int, **values: Any) -> None:
        """Write one entity."""
        self.life.npcs.put(self.life.npcs.find(int(id_)), **values)
