"""Kept: everything that is kept of a Room, folded from its journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, field

from nexus.errors import NexusError, OutlineError, PeerError
from nexus.journal.chain import START, DamagedJournal, check, checksum
from nexus.journal.entry import Entry, Stored
from nexus.journal.member import KeptMember, KeptVerdict
from nexus.journal.record import (
    MAX_PAYLOAD,
    MAX_VERSION,
    CardRecord,
    GoneRecord,
    JumpRecord,
    MemberRecord,
    OutboxRecord,
    PatchRecord,
    Record,
    StateRecord,
    Timer,
    TimerChangesRecord,
    TimersRecord,
    VerdictRecord,
    card_record,
    jump_record,
    read_records,
    state_record,
    timers_record,
)
from nexus.journal.rows import (
    CountsRecord,
    KeptTable,
    RowCount,
    RowsRecord,
    TablesRecord,
    counts_record,
    tables_record,
)
from nexus.journal.timer import changed
from nexus.state.state import State
from nexus.wire.native.replica import Replica
from nexus.wire.native.rewrite import rewrite
from nexus.wire.native.store import Restored, Saved, read_saved, restoring

__all__ = ["Kept", "TooLarge", "recover", "whole"]

#: So many members, and timers, a stored Room may have: a few bytes make one.
_MOST_MEMBERS: Final = 1 << 16
_MOST_TIMERS: Final = 1 << 16


class TooLarge(NexusError, ValueError):
    """A Room takes more of the disk than it may, or than can be read again."""


def whole(
    room_id: str,
    number: int,
    version: int,
    chain: bytes,
    *,
    next_id: int,
    saved: bytes | None,
    members: Iterable[KeptMember],
    timers: Iterable[Timer],
    card: Mapping[str, Any],
    tables: Iterable[KeptTable] = (),
    counts: Iterable[RowCount] | None = None,
) -> Stored:
    """Return a whole Room as it is stored.

    Args:
        room_id: The Room.
        number: The number of the last entry that this covers.
        version: The version of the State.
        chain: The chain of that entry.
        next_id: An id above all that were ever given in it.
        saved: The State, as `nexus.wire.native.store.save` wrote it.
        members: Its members, in order of arrival.
        timers: Its timers.
        card: What is known of it besides.
        tables: The Tables whose rows are kept.
        counts: How much the chunks of each hold; None: nobody knows.

    Raises:
        TooLarge: Nobody could read all of it.
        ValueError: Something in it cannot be kept.
    """
    out = [jump_record(version, next_id, "")]
    if saved is not None:
        out.append(state_record(saved))
    out += [each.records() for each in members]
    out += (timers_record(timers), card_record(card))
    if listed := list(tables):
        out.append(tables_record(listed))
        if counts is not None:
            out.append(counts_record(counts))
    payload = b"".join(out)
    if len(payload) > MAX_PAYLOAD:
        raise TooLarge(
            f"{len(payload)} bytes of it are no rows of Tables, and {MAX_PAYLOAD} are"
            " allowed: keep what is much in a Table"
        )
    proof = checksum(room_id, number, version, chain, payload)
    return Stored(room_id, number, version, chain, payload, proof)


@define(eq=False)
class Kept:
    """Everything that is kept of a Room, at one of its entries.

    One that raised is of no use any more.

    Attributes:
        room_id: The Room.
        number: The number of the last entry that it holds.
        chain: The chain of that.
        limit: How many bytes a payload may have.
        version: The version of the State.
        next_id: An id above all that are known to have been given.
        replica: The State; None: the Room was given none yet.
        members: By session, in order of arrival.
        timers: The timers.
        card: What is known of the Room itself.
        tables: The Tables whose rows are kept, by key.
        counts: How much their chunks hold, by key; None: nobody knows.
        slices: What became of rows since, each with the number of its entry.
    """

    room_id: str
    number: int = 0
    chain: bytes = START
    limit: int = MAX_PAYLOAD
    version: int = field(default=0, init=False)
    next_id: int = field(default=0, init=False)
    replica: Replica | None = field(default=None, init=False)
    members: dict[str, KeptMember] = field(factory=dict, init=False)
    timers: tuple[Timer, ...] = field(default=(), init=False)
    card: dict[str, Any] = field(factory=dict, init=False)
    tables: dict[int, KeptTable] = field(factory=dict, init=False)
    counts: dict[int, RowCount] | None = field(default=None, init=False)
    slices: list[tuple[int, RowsRecord]] = field(factory=list, init=False)
    _outline: bytes = field(default=b"", init=False)

    @classmethod
    def of(cls, stored: Stored, *, limit: int = MAX_PAYLOAD) -> Kept:
        """Return what a snapshot says; whether it is damaged was checked before.

        Raises:
            DamagedJournal: It says nothing that can be.
        """
        kept = cls(stored.room_id, stored.number, stored.chain, limit)
        kept._take(stored.number, stored.version, stored.payload)
        return kept

    def apply(self, entry: Entry) -> None:
        """Go on by one entry; whether it is damaged was checked before.

        Raises:
            DamagedJournal: It is not the next one, or cannot be.
        """
        if entry.room_id != self.room_id or entry.number != self.number + 1:
            raise DamagedJournal(
                self.room_id,
                self.number + 1,
                f"entry {entry.number} of {entry.room_id} in its place",
            )
        self._take(entry.number, entry.version, entry.payload)
        self.number, self.chain = entry.number, entry.chain

    def stored(self) -> Stored:
        """Return the snapshot that takes the place of all that led here.

        Raises:
            TooLarge: Nobody could read it.
        """
        saved = None
        if self.replica is not None:
            snapshot = rewrite(self.replica)
            saved = Saved(self._outline, snapshot, self.next_id).written()
        return whole(
            self.room_id,
            self.number,
            self.version,
            self.chain,
            next_id=self.next_id,
            saved=saved,
            members=self.members.values(),
            timers=self.timers,
            card=self.card,
            tables=self.tables.values(),
            counts=None if self.counts is None else self.counts.values(),
        )

    def restoring(self, root: type[State]) -> Iterator[Restored | None]:
        """Make a tree of the State in steps; others may have a turn after each.

        Yields:
            None after each step, and last of all the tree.

        Raises:
            PeerError: The Room has no State, or one whose ids cannot be.
            FieldError: A field cannot take what was kept; it is named.
        """
        if self.replica is None:
            raise PeerError(f"room {self.room_id} was given no State yet")
        return restoring(self.replica, root, next_id=self.next_id)

    def _take(self, number: int, version: int, payload: bytes) -> None:
        try:
            for each in read_records(payload, limit=self.limit):
                self.take(each)
        except OutlineError as error:
            reason = f"its State is of another outline: {error}"
            raise DamagedJournal(self.room_id, number, reason) from error
        except PeerError as error:
            raise DamagedJournal(self.room_id, number, str(error)) from error
        if self.replica is not None and version != self.version:
            reason = f"its records lead to version {self.version}, not {version}"
            raise DamagedJournal(self.room_id, number, reason)

    def take(self, record: Record) -> None:
        """Go on by one record, for who looks at what is between entries.

        Raises:
            PeerError: It cannot be.
        """
        match record:
            case PatchRecord(patch):
                self._patch(patch)
            case MemberRecord(session_id, fields):
                self._member(session_id, fields)
            case GoneRecord(session_id):
                self.members.pop(session_id, None)
            case OutboxRecord(session_id, ident):
                member = self.members.get(session_id)
                if member is not None:
                    member.outbox = max(member.outbox, ident)
            case VerdictRecord(session_id, command, status, answer):
                member = self.members.get(session_id)
                if member is not None:
                    member.remember(command, KeptVerdict(status, answer))
            case TimersRecord(timers):
                if len(timers) > _MOST_TIMERS:
                    raise PeerError(f"{len(timers)} timers, of {_MOST_TIMERS} allowed")
                self.timers = timers
            case TimerChangesRecord():
                self.take(TimersRecord(changed(self.timers, record)))
            case CardRecord(fields):
                self.card.update(fields)
            case JumpRecord(version, next_id):
                self._jump(version, next_id)
            case StateRecord(saved):
                self._state(saved)
            case RowsRecord():
                self._give(record.next_id)
                self.slices.append((self.number + 1, record))
            case TablesRecord(tables):
                self.tables = {each.key: each for each in tables}
            case CountsRecord(counts):
                self.counts = {each.key: each for each in counts}
            case _:
                # What a command was is there to be replayed: its patches are here too.
                pass

    def _patch(self, patch: bytes) -> None:
        if self.replica is None:
            raise PeerError("a patch before there is a State")
        self.replica.apply_patch(patch)
        self.version = self.replica.version
        self._give(self.replica.id_bound)

    def _member(self, session_id: str, fields: Mapping[str, Any]) -> None:
        member = self.members.get(session_id)
        if member is None:
            if len(self.members) >= _MOST_MEMBERS:
                raise PeerError(f"more than {_MOST_MEMBERS} members")
            member = self.members[session_id] = KeptMember(session_id)
        for name, value in fields.items():
            setattr(member, name, value)

    def _jump(self, version: int, next_id: int) -> None:
        if version < self.version:
            raise PeerError(f"a jump from version {self.version} back to {version}")
        self.version = version
        self._give(next_id)
        if self.replica is not None:
            self.replica.version = version

    def _state(self, data: bytes) -> None:
        saved = read_saved(data, limit=self.limit)
        self.replica = saved.replica(limit=self.limit)
        self._outline = saved.outline
        self.version = self.replica.version
        self._give(max(saved.next_id, self.replica.id_bound))

    def gives(self, ids: Iterable[int]) -> None:
        """Take note of ids that were given.

        Raises:
            PeerError: One of them cannot be.
        """
        self._give(max(ids) + 1)

    def _give(self, next_id: int) -> None:
        """Take note of all ids below one."""
        if next_id > MAX_VERSION:
            raise PeerError("an id beyond 2**53")
        self.next_id = max(self.next_id, next_id)


def recover(
    stored: Stored, entries: Iterable[Entry], *, limit: int = MAX_PAYLOAD
) -> Kept:
    """Return what is kept of a Room: a snapshot, and the entries after it.

    Raises:
        DamagedJournal: A byte, an entry or the order of them is not what was written.
    """
    following = list(entries)
    check(stored, following)
    kept = Kept.of(stored, limit=limit)
    for entry in following:
        kept.apply(entry)
    return kept
