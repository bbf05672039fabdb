"""Records: what the payload of an Entry is made of; docs/journal.md, 3.

A payload is records one behind the other, each a msgpack array that begins with its
tag. For each sort there is a function that writes it, and a class that
`read_records` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen

from nexus.errors import PeerError
from nexus.journal.rows import (
    CountsRecord,
    RowsRecord,
    TablesRecord,
    read_counts,
    read_rows,
    read_tables,
)
from nexus.journal.timer import (
    Timer,
    TimerChangesRecord,
    TimersRecord,
    read_timer_changes,
    read_timers,
    timers_record,
)
from nexus.journal.value import read_value, write_value
from nexus.wire.codec import Kind, Reader, pack

__all__ = [
    "MAX_PAYLOAD",
    "MAX_VERSION",
    "MEMBER_FIELDS",
    "CardRecord",
    "GoneRecord",
    "InputRecord",
    "JumpRecord",
    "MemberRecord",
    "OutboxRecord",
    "PatchRecord",
    "Record",
    "StateRecord",
    "Timer",
    "TimerChangesRecord",
    "TimersRecord",
    "VerdictRecord",
    "card_record",
    "gone_record",
    "input_record",
    "jump_record",
    "member_record",
    "outbox_record",
    "patch_record",
    "read_records",
    "state_record",
    "timers_record",
    "verdict_record",
]

#: A payload has at most so many bytes, when nothing else is said.
MAX_PAYLOAD: Final = 1 << 26
#: The highest version, id and number of anything.
MAX_VERSION: Final = (1 << 53) - 1

_PATCH, _MEMBER, _GONE, _OUTBOX, _VERDICT = range(5)
_INPUT, _, _CARD, _JUMP, _STATE = range(5, 10)

#: How a patch begins, by its length.
_PATCH_HEADS: Final = [bytes((0x92, _PATCH, 0xC4, size)) for size in range(256)]

#: What is kept of a member, and of which types that may be; None: any plain value.
MEMBER_FIELDS: Final[Mapping[str, tuple[type, ...] | None]] = {
    "options": None,
    "auth": None,
    "serializer": (str,),
    "address": (str,),
    "roles": (list,),
    "secret": (bytes,),
    "counter": (int,),
    "away": (bool,),
    "last": (int,),
    "outdated": (bool,),
}


@frozen
class PatchRecord:
    """The State became another, in the encoding of a store."""

    patch: bytes


@frozen
class MemberRecord:
    """A member came, or some of what is kept of it changed: `MEMBER_FIELDS`."""

    session_id: str
    fields: Mapping[str, Any]


@frozen
class GoneRecord:
    """A member left for good."""

    session_id: str


@frozen
class OutboxRecord:
    """A member has all messages of its outbox up to an id."""

    session_id: str
    ident: int


@frozen
class VerdictRecord:
    """A command was answered."""

    session_id: str
    command: int
    status: int
    answer: bytes


@frozen
class InputRecord:
    """What a member sent; it changes nothing, and is there to be replayed."""

    session_id: str
    type: str | int
    payload: bytes
    status: int


@frozen
class CardRecord:
    """What is known of the Room itself changed; the rest of it stays."""

    fields: Mapping[str, Any]


@frozen
class JumpRecord:
    """The version and the next id are these from here on, as there is a new owner."""

    version: int
    next_id: int
    reason: str


@frozen
class StateRecord:
    """The Room has this State now, as `nexus.wire.native.store.save` wrote it."""

    saved: bytes


Record: TypeAlias = (
    PatchRecord
    | MemberRecord
    | GoneRecord
    | OutboxRecord
    | VerdictRecord
    | InputRecord
    | TimersRecord
    | TimerChangesRecord
    | CardRecord
    | JumpRecord
    | StateRecord
    | RowsRecord
    | TablesRecord
    | CountsRecord
)


def patch_record(patch: bytes) -> bytes:
    """Write that the State became another."""
    size = len(patch)
    if size < 256:
        return _PATCH_HEADS[size] + patch
    return pack([_PATCH, patch])


def member_record(session_id: str, fields: Mapping[str, Any]) -> bytes:
    """Write what is to be kept of a member, or what changed of that.

    Raises:
        ValueError: A name that is not in `MEMBER_FIELDS`, or a value that cannot be
            kept.
    """
    for name, value in fields.items():
        if not _fits(name, value):
            raise ValueError(f"{type(value).__name__} as the {name} of a member")
    return b"\x93" + pack(_MEMBER) + pack(session_id) + write_value(dict(fields))


def gone_record(session_id: str) -> bytes:
    """Write that a member left for good."""
    return pack([_GONE, session_id])


def outbox_record(session_id: str, ident: int) -> bytes:
    """Write that a member has all messages of its outbox up to an id."""
    return pack([_OUTBOX, session_id, ident])


def verdict_record(session_id: str, command: int, status: int, answer: bytes) -> bytes:
    """Write how a command was answered."""
    return pack([_VERDICT, session_id, command, int(status), answer])


def input_record(
    session_id: str, type_: str | int, payload: bytes, status: int
) -> bytes:
    """Write what a member sent, and how it ended."""
    return pack([_INPUT, session_id, type_, payload, int(status)])


def card_record(fields: Mapping[str, Any]) -> bytes:
    """Write what is to be kept of the Room itself, or what changed of that.

    Raises:
        ValueError: A value that cannot be kept.
    """
    return b"\x92" + pack(_CARD) + write_value(dict(fields))


def jump_record(version: int, next_id: int, reason: str) -> bytes:
    """Write from which version and id on a new owner counts, and why it is there."""
    return pack([_JUMP, version, next_id, reason])


def state_record(saved: bytes) -> bytes:
    """Write that the Room was given a State: what `save` returned of its tree."""
    return pack([_STATE, saved])


def read_records(payload: bytes, *, limit: int = MAX_PAYLOAD) -> Iterator[Record]:
    """Read records one by one; those before a wrong one are given.

    Args:
        payload: The records.
        limit: How many bytes they may be.

    Raises:
        PeerError: These bytes are none.
    """
    reader = Reader(payload, limit)
    while reader.more():
        size = reader.array()
        tag = reader.integer(0, MAX_VERSION)
        if tag >= len(_READERS):
            raise PeerError(f"a record of the unknown sort {tag}")
        wanted, read = _READERS[tag]
        if size != wanted:
            raise PeerError(f"a record of {size} items, of {wanted} for its sort")
        yield read(reader)


def _fits(name: str, value: object) -> bool:
    """Tell whether a member can have this."""
    types = MEMBER_FIELDS.get(name, ())
    if types is None or value is None:
        return name in MEMBER_FIELDS
    return type(value) in types and (
        type(value) is not list or all(type(each) is str for each in value)
    )


def _read_dict(reader: Reader) -> dict[str, Any]:
    value = read_value(reader)
    if not isinstance(value, dict):
        raise PeerError(f"{type(value).__name__} where names with values belong")
    return value


def _read_member(reader: Reader) -> MemberRecord:
    session_id, fields = reader.text(), _read_dict(reader)
    for name, value in fields.items():
        if not _fits(name, value):
            raise PeerError(f"{type(value).__name__} as the {name} of a member")
    return MemberRecord(session_id, fields)


def _read_verdict(reader: Reader) -> VerdictRecord:
    session_id, command = reader.text(), reader.integer(0, MAX_VERSION)
    return VerdictRecord(session_id, command, reader.integer(0, 255), reader.data())


def _read_input(reader: Reader) -> InputRecord:
    session_id = reader.text()
    number = reader.peek() is Kind.INTEGER
    type_ = reader.integer(-(1 << 63), (1 << 64) - 1) if number else reader.text()
    return InputRecord(session_id, type_, reader.data(), reader.integer(0, 255))


def _read_jump(reader: Reader) -> JumpRecord:
    version = reader.integer(0, MAX_VERSION)
    return JumpRecord(version, reader.integer(0, MAX_VERSION), reader.text())


#: By tag: how many items a record has, and what reads those behind the tag.
_READERS: Final[tuple[tuple[int, Callable[[Reader], Record]], ...]] = (
    (2, lambda reader: PatchRecord(reader.data())),
    (3, _read_member),
    (2, lambda reader: GoneRecord(reader.text())),
    (3, lambda reader: OutboxRecord(reader.text(), reader.integer(0, MAX_VERSION))),
    (5, _read_verdict),
    (5, _read_input),
    (2, read_timers),
    (2, lambda reader: CardRecord(_read_dict(reader))),
    (4, _read_jump),
    (2, lambda reader: StateRecord(reader.data())),
    (7, read_rows),
    (2, read_tables),
    (2, read_counts),
    (4, read_timer_changes),
)
