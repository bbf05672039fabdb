"""Traps inside the Node of the kill test: they kill it -9 at a moment of our choice.

A file says which trap is armed, and another what was passed. Both are of the folder
that the Node runs in.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any, Final

from attrs import define, field
from twisted.python.monkey import MonkeyPatcher

from nexus import storage
from nexus.archive import append as journal
from nexus.archive import table
from nexus.archive.compactor import Compactor
from nexus.archive.port import Card, Found
from nexus.archive.repository import RoomRepository
from nexus.journal.entry import Entry

__all__ = ["COMMITS", "RESTORES", "Mark", "Trap", "arm", "disarm", "marks"]

#: The moments of a commit: all is written and nothing is committed; it is committed,
#: and nobody was told; somewhere behind its begin. And those of a compaction: the
#: snapshot is written, or was committed.
COMMITS: Final = ("written", "put", "committed", "replaced", "begun")

#: Those of the restore of a Room: it is ours; it was read; it is there again. Of small
#: ones many are ours at once, and nothing of that is committed before all were read.
RESTORES: Final = ("claimed", "read", "restored")

#: So long may a journal become, in bytes, that there are compactions in a short story.
_LONGEST: Final = 6_000

_ARMED: Final = "trap-armed"
_PASSED: Final = "trap-passed"


@define(frozen=True)
class Mark:
    """Something that the Node passed.

    Attributes:
        name: What.
        at: When, in seconds since 1970.
    """

    name: str
    at: float


def arm(folder: Path, point: str, number: int, delay: float = 0.0) -> None:
    """Kill the Node of a folder when it passes a point.

    Args:
        folder: Where it runs.
        point: One of those above.
        number: When it passes there for which time, from now on.
        delay: How long after that, in seconds; for `begun`.
    """
    new = folder / f"{_ARMED}.new"
    new.write_text(f"{point} {number} {delay}", "utf-8")
    new.rename(folder / _ARMED)


def disarm(folder: Path) -> None:
    """Let the Node of a folder live."""
    (folder / _ARMED).unlink(missing_ok=True)


def marks(folder: Path) -> list[Mark]:
    """Return what the Nodes of a folder passed since it was asked the last time."""
    path = folder / _PASSED
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()
    path.unlink()
    return [Mark(name, float(at)) for name, at in map(str.split, lines)]


@define(eq=False)
class Trap:
    """The traps of one Node.

    Args:
        folder: Where it runs.
    """

    _folder: Path
    _passed: dict[str, int] = field(factory=dict, init=False)
    _plan: str = field(default="", init=False)

    def set(self) -> None:
        """Lie in wait at all points."""
        self._set_restores()
        self._set_commits()

    def _set_commits(self) -> None:
        append, replace = RoomRepository.append, RoomRepository.replace
        write, put = journal.write, table.put

        async def trapped_append(
            self_: RoomRepository, entries: Sequence[Entry]
        ) -> frozenset[str]:
            self.mark("commit-begins")
            self.spring("begun")
            stale = await append(self_, entries)
            self.spring("committed")
            self.mark("commit-ends")
            return stale

        async def trapped_write(*arguments: Any) -> set[str]:
            stale = await write(*arguments)
            self.spring("written")
            return stale

        async def trapped_replace(self_: RoomRepository, *arguments: Any) -> bool:
            is_ours = await replace(self_, *arguments)
            self.spring("replaced")
            return is_ours

        async def trapped_put(*arguments: Any) -> bool:
            is_put = await put(*arguments)
            self.spring("put")
            return is_put

        MonkeyPatcher(
            (RoomRepository, "append", trapped_append),
            (RoomRepository, "replace", trapped_replace),
            (journal, "write", trapped_write),
            (table, "put", trapped_put),
            (storage, "Compactor", partial(Compactor, most_bytes=_LONGEST)),
        ).patch()

    def _set_restores(self) -> None:
        claim, read = RoomRepository.claim, RoomRepository.read
        claim_many, read_many = table.claim_many, RoomRepository.claim_many

        async def trapped_claim(self_: RoomRepository, *arguments: Any) -> Card | None:
            card = await claim(self_, *arguments)
            self.spring("claimed")
            return card

        async def trapped_read(
            self_: RoomRepository, room_id: str, *more: int | None
        ) -> Found | None:
            found = await read(self_, room_id, *more)
            self.spring("read")
            return found

        async def trapped_claim_many(*arguments: Any) -> dict[str, Card]:
            cards = await claim_many(*arguments)
            for _ in cards:
                self.spring("claimed")
            return cards

        async def trapped_read_many(
            self_: RoomRepository, epochs: Mapping[str, int], owner: str
        ) -> Mapping[str, Found]:
            found = await read_many(self_, epochs, owner)
            for _ in found:
                self.spring("read")
            return found

        MonkeyPatcher(
            (RoomRepository, "claim", trapped_claim),
            (RoomRepository, "read", trapped_read),
            (table, "claim_many", trapped_claim_many),
            (RoomRepository, "claim_many", trapped_read_many),
        ).patch()

    def mark(self, name: str) -> None:
        """Write down that something is passed; that outlives the process."""
        now = datetime.now(UTC).timestamp()
        way = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        file = os.open(self._folder / _PASSED, way)
        os.write(file, f"{name} {now}\n".encode())
        os.close(file)

    def spring(self, point: str) -> None:
        """Kill this process if that is what the armed trap waits for."""
        try:
            plan = (self._folder / _ARMED).read_text("utf-8")
        except FileNotFoundError:
            return
        if plan != self._plan:
            self._plan = plan
            self._passed.clear()
        wanted, number, delay = plan.split(" ")
        if wanted != point:
            return
        passed = self._passed[point] = self._passed.get(point, 0) + 1
        if passed != int(number):
            return
        if float(delay):
            Timer(float(delay), self._kill, (point,)).start()
        else:
            self._kill(point)

    def _kill(self, point: str) -> None:
        (self._folder / _ARMED).unlink()
        self.mark(f"kill-{point}")
        os.kill(os.getpid(), signal.SIGKILL)
