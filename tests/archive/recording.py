"""An archive and Rooms in memory, for the tests of what writes and compacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from attrs import define, field

from nexus.archive.port import Card, Found, Gap
from nexus.journal.entry import Entry, Stored
from nexus.store.port import Conflict, DatabaseAway, DatabaseFull
from tests.support.room import Gate

__all__ = ["RecordedRoom", "RecordingArchive"]

START = datetime(2026, 1, 1, tzinfo=UTC)


@define(eq=False)
class RecordingArchive:
    """Keeps what it is given, as long as its script lets it.

    Attributes:
        script: What the next writes meet, first first: `away` (nothing is written),
            `lost` (it is, but nobody learns it), `full`, `slow` (the gate has to be
            opened), or `fine`.
        always: What they meet when the script is over.
        refuses: The errors that writing a Room meets, by its id.
        passing: Errors that end: alone, a Room meets its one three times in a row at
            most, and others that are written with it meet it as often as they are.
        gaps: Rooms of which it says once that something of them is lost.
        refusals: How often each of these was met by the Room alone, in a row.
        appends: The batches that arrived, also those that were not written.
        entries: What was written, by Room.
        stored: The snapshots, by Room.
        epochs: The newest epochs, by Room; others write nothing.
    """

    script: list[str] = field(factory=list)
    always: str = "fine"
    refuses: dict[str, Exception] = field(factory=dict)
    passing: dict[str, Exception] = field(factory=dict)
    refusals: dict[str, int] = field(factory=dict)
    gaps: set[str] = field(factory=set)
    gate: Gate = field(factory=Gate)
    appends: list[list[Entry]] = field(factory=list)
    replaces: list[Stored] = field(factory=list)
    readables: list[str] = field(factory=list)
    reads: list[str] = field(factory=list)
    entries: dict[str, list[Entry]] = field(factory=dict)
    stored: dict[str, Stored] = field(factory=dict)
    epochs: dict[str, int] = field(factory=dict)

    async def append(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Append entries, unless the script says otherwise."""
        self.appends.append(list(entries))
        how = await self._meet()
        room_ids = {entry.room_id for entry in entries}
        self._refuse(room_ids)
        if missing := room_ids & self.gaps:
            if len(room_ids) == 1:
                self.gaps -= missing
            raise Gap(f"the database lost what was committed of {missing}")
        stale = set()
        for entry in entries:
            if entry.epoch < self.epochs.get(entry.room_id, 0):
                stale.add(entry.room_id)
            else:
                self._keep(entry)
        self._forget(how, room_ids)
        return frozenset(stale)

    async def replace(
        self, epoch: int, stored: Stored, readable: str, active_at: datetime
    ) -> bool:
        """Replace a journal by a snapshot, unless the script says otherwise."""
        self.replaces.append(stored)
        self.readables.append(readable)
        how = await self._meet()
        self._refuse({stored.room_id})
        if epoch < self.epochs.get(stored.room_id, 0):
            return False
        self.stored[stored.room_id] = stored
        kept = self.entries.get(stored.room_id, [])
        self.entries[stored.room_id] = [
            entry for entry in kept if entry.number > stored.number
        ]
        self._forget(how, {stored.room_id})
        return True

    async def read(self, room_id: str, most: int | None = None) -> Found | None:
        """Read a Room, unless the script says otherwise."""
        self.reads.append(room_id)
        _ = await self._meet()
        if room_id in self.refuses:
            # The same one is raised many times: it is not to remember them all.
            raise self.refuses[room_id].with_traceback(None)
        if room_id not in self.entries:
            return None
        epoch = self.epochs.get(room_id, 0)
        card = Card(
            room_id=room_id,
            kind="kind",
            epoch=epoch,
            created_at=START,
            active_at=START,
        )
        stored = self.stored.get(room_id, Stored(room_id, 0, 0, b"", b"", b""))
        return Found(card, stored, list(self.entries[room_id]))

    def text(self, room_id: str) -> bytes:
        """Return all that is kept of a Room."""
        stored = self.stored.get(room_id)
        start = b"" if stored is None else stored.payload
        return start + b"".join(one.payload for one in self.entries.get(room_id, []))

    def number(self, room_id: str) -> int:
        """Return the number of the last entry that is kept of a Room."""
        stored = self.stored.get(room_id)
        numbers = [one.number for one in self.entries.get(room_id, [])]
        return max([0 if stored is None else stored.number, *numbers])

    async def _meet(self) -> str:
        how = self.script.pop(0) if self.script else self.always
        if how == "slow":
            await self.gate.wait()
        elif how == "away":
            raise DatabaseAway("no answer")
        elif how == "full":
            raise DatabaseFull("no place")
        return how

    def _refuse(self, room_ids: set[str]) -> None:
        for room_id in sorted(room_ids):
            if room_id in self.refuses:
                # The same one is raised many times: it is not to remember them all.
                raise self.refuses[room_id].with_traceback(None)
            if room_id in self.passing and self.refusals.get(room_id, 0) < 3:
                if len(room_ids) == 1:
                    self.refusals[room_id] = self.refusals.get(room_id, 0) + 1
                raise self.passing[room_id]

    def _forget(self, how: str, room_ids: set[str]) -> None:
        if how == "lost":
            raise DatabaseAway("the answer was lost")
        for room_id in room_ids:
            self.refusals.pop(room_id, None)

    def _keep(self, entry: Entry) -> None:
        kept = self.entries.setdefault(entry.room_id, [])
        last = self.number(entry.room_id)
        if entry.number <= last:
            same = [one for one in kept if one.number == entry.number]
            if same and same[0] != entry:
                raise Conflict(f"{entry.room_id}: another {entry.number} is there")
        elif entry.number == last + 1:
            kept.append(entry)
        else:
            raise Conflict(f"{entry.room_id}: {last} is followed by {entry.number}")


@define(eq=False)
class RecordedRoom:
    """A Room whose whole State is a text that grows.

    Attributes:
        archive: Where it is kept.
        text: What it did.
        taken: How many entries were taken of it.
        told: What it was told.
        unsafe: The numbers that it was told are safe, and were not.
        breaks: Raised when an entry is taken.
        is_gone: Whether nothing of it is left to be written whole.
    """

    room_id: str
    archive: RecordingArchive
    epoch: int = 0
    text: bytes = b""
    taken: int = 0
    new: bytes = b""
    told: list[object] = field(factory=list)
    unsafe: list[int] = field(factory=list)
    breaks: Exception | None = None
    is_gone: bool = False

    def do(self, what: bytes) -> None:
        """Do something that has to be written."""
        self.text += what
        self.new += what

    def take(self) -> Entry | None:
        """Return what it did since the last entry."""
        if self.breaks is not None:
            raise self.breaks
        if not self.new:
            return None
        self.taken += 1
        payload, self.new = self.new, b""
        return Entry(
            self.room_id, self.epoch, self.taken, len(self.text), b"chain", payload
        )

    def whole(self) -> Stored | None:
        """Return all of it."""
        if self.is_gone:
            return None
        return Stored(
            self.room_id, self.taken, len(self.text), b"chain", self.text, b"sum"
        )

    def committed(self, number: int) -> None:
        """Note what is safe."""
        self.told.append(number)
        if self.archive.number(self.room_id) < number:
            self.unsafe.append(number)

    def superseded(self) -> None:
        """Note that another owns it."""
        self.told.append("superseded")

    def failed(self, error: Exception) -> None:
        """Note that it cannot be written."""
        self.told.append(error)
