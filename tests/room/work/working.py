"""A Room with long work to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nexus.room import Room
from tests.support.room import scripted
from tests.support.table import TableTestCase, begin

__all__ = ["MS", "ChoreTestCase"]

#: A thousandth of a second, more or less: one that adds up.
MS = 1 / 1024


class ChoreTestCase(TableTestCase):
    def seated(self, **said: Any) -> Room[Any]:
        """Sit in a Room."""
        self.table.define(scripted(**said))
        return self.table.sit().actor.room

    def work(self, done: list[Any], slices: int, each: float = MS) -> Any:
        """Return work of some slices, each of which takes a while."""

        def count() -> Iterator[None]:
            for number in range(slices):
                self.table.clock.rightNow += each
                done.append(number)
                yield
            return "done"

        return count()

    def waiting(self, chore: Any) -> list[Any]:
        """Await a Chore; return where what comes of it arrives."""
        got: list[Any] = []

        async def wait() -> None:
            try:
                got.append(await chore)
            except Exception as error:  # noqa: BLE001  # it is looked at
                got.append(error)

        begin(wait())
        return got
