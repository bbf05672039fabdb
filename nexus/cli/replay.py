"""`nexus replay`: what a Room did, and what it was at any version in its journal."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from nexus.archive.repository import RoomRepository
from nexus.cli.database import CommandError, Said, add_database, find_room, on_line
from nexus.cli.inspect import state_of
from nexus.errors import PeerError
from nexus.journal.readable import escape
from nexus.journal.record import (
    CardRecord,
    GoneRecord,
    InputRecord,
    JumpRecord,
    MemberRecord,
    OutboxRecord,
    PatchRecord,
    Record,
    StateRecord,
    TimerChangesRecord,
    TimersRecord,
    VerdictRecord,
)
from nexus.journal.replay import Replay, Step
from nexus.journal.rows import CountsRecord, RowsRecord, TablesRecord, read_slice
from nexus.store.port import Database
from nexus.wire.frame import Status
from nexus.wire.message import decode

__all__ = ["add_replay", "differences", "replay"]


def add_replay(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("room", metavar="CODE", help="the room's code, or its id")
    parser.add_argument(
        "--until", type=int, metavar="VERSION", help="print the state at this version"
    )
    parser.add_argument(
        "--from",
        type=int,
        dest="since",
        metavar="VERSION",
        help="print what changed in the state since this version",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_database(parser, replay)


async def replay(database: Database, said: Namespace) -> Said:
    """Print a journal, the State at a version, or what became of it in between.

    Raises:
        CommandError: The journal does not tell.
        DamagedJournal: The snapshot that it begins with cannot be read.
    """
    summary = await find_room(database, said.room)
    found = await RoomRepository(database).read(summary.card.room_id)
    if found is None:
        raise CommandError(f"{said.room} was deleted just now")
    told = Replay(found.stored, found.entries)
    damage = "" if told.damage is None else f"damaged: {on_line(told.damage)}"
    try:
        if said.since is not None:
            until = told.last if said.until is None else said.until
            return Said(_difference(told, said.since, until, is_json=said.json), damage)
        if said.until is not None:
            return Said(_dump(state_of(told.at(said.until))), damage)
    except ValueError as error:
        raise CommandError(
            f"{error}; what came before that is in the snapshot only"
        ) from error
    steps = [_step(each) for each in told.steps()]
    if said.json:
        return Said(
            _dump({"first": told.first, "last": told.last, "steps": steps}), damage
        )
    head = f"version {told.first}: the snapshot, as of entry {found.stored.number}\n"
    return Said(head + "".join(_lines(steps)), damage)


def _dump(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def _difference(told: Replay, since: int, until: int, *, is_json: bool) -> str:
    if since > until:
        raise CommandError(f"--from {since} comes after version {until}")
    before, after = state_of(told.at(since)), state_of(told.at(until))
    changes = list(differences(before, after))
    if is_json:
        names = ("path", "before", "after")
        return _dump([dict(zip(names, each, strict=True)) for each in changes])
    return "".join(
        f"{path}: {json.dumps(old)} -> {json.dumps(new)}\n"
        for path, old, new in changes
    )


def differences(
    before: Any, after: Any, path: str = "$"
) -> Iterator[tuple[str, Any, Any]]:
    """Find where two plain values part: a path, and what is there; None: nothing."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            below = f"{path}.{name}" if name.isidentifier() else f"{path}[{name!r}]"
            yield from differences(before.get(name), after.get(name), below)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else None
            new = after[index] if index < len(after) else None
            yield from differences(old, new, f"{path}[{index}]")
    elif (type(before), before) != (type(after), after):
        yield path, before, after


def _lines(steps: list[dict[str, Any]]) -> Iterator[str]:
    """Write steps for people: a line for each entry, and one for each record in it."""
    entry = None
    for step in steps:
        if step["entry"] != entry:
            entry = step["entry"]
            yield f"entry {entry}, epoch {step['epoch']}\n"
        said = {name: step[name] for name in step if name not in _HEAD}
        told = ", ".join(f"{name} {json.dumps(value)}" for name, value in said.items())
        yield f"  {step['version']:>8}  {step['record']:<8} {told}".rstrip() + "\n"


_HEAD = ("entry", "epoch", "version", "record")


def _step(step: Step) -> dict[str, Any]:
    name, said = _told(step.record)
    head = (step.entry.number, step.entry.epoch, step.version, name)
    return {**dict(zip(_HEAD, head, strict=True)), **escape(said)}


def _told(record: Record) -> tuple[str, dict[str, Any]]:
    """Return the name of a record, and what may be seen of it."""
    match record:
        case PatchRecord(patch):
            return "patch", {"bytes": len(patch)}
        case MemberRecord(session_id, fields):
            # What lets it back in, and who it is, nobody needs to see.
            return "member", {"session": session_id, "fields": sorted(fields)}
        case GoneRecord(session_id):
            return "gone", {"session": session_id}
        case OutboxRecord(session_id, ident):
            return "outbox", {"session": session_id, "upTo": ident}
        case VerdictRecord(session_id, command, status, answer):
            said = {"session": session_id, "command": command}
            return "verdict", {**said, "outcome": _outcome(status), **_value(answer)}
        case InputRecord(session_id, type_, payload, status):
            said = {"session": session_id, "type": type_}
            return "input", {**said, "outcome": _outcome(status), **_value(payload)}
        case TimersRecord(timers):
            return "timers", {"names": [each.name for each in timers]}
        case TimerChangesRecord(moved, gone, new):
            counts = {"moved": len(moved), "gone": len(gone)}
            return "timers", {**counts, "new": [each.name for each in new]}
        case CardRecord(fields):
            return "card", dict(fields)
        case JumpRecord(_, next_id, reason):
            return "jump", {"reason": reason, "nextId": next_id}
        case StateRecord(saved):
            return "state", {"bytes": len(saved)}
        case RowsRecord():
            return "rows", _rows(record)
        case TablesRecord(tables):
            named = [[each.key, each.owner, each.field] for each in tables]
            return "tables", {"tables": named}
        case CountsRecord(counts):
            return "counts", {"rows": {str(each.key): each.rows for each in counts}}


def _rows(record: RowsRecord) -> dict[str, Any]:
    """Return how much a record says of rows; they are too many to be shown."""
    part = read_slice(record)
    changed = sum(len(each) for each in part.blocks)
    told = {"table": record.key, "changed": changed, "gone": len(part.gone)}
    return told | {"bytes": len(record.blocks)}


def _outcome(status: int) -> str:
    known = {int(each): each.name.lower() for each in Status}
    return known.get(status, str(status))


def _value(payload: bytes) -> dict[str, Any]:
    """Return what somebody sent, if it is a message."""
    if not payload:
        return {}
    try:
        return {"value": decode(payload)}
    except PeerError:
        return {"value": payload}
