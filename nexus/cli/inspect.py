"""`nexus inspect`: everything that is stored of one Room, for people."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from typing import Any, Final

from nexus.archive.inspection import Inspection
from nexus.archive.repository import RoomRepository
from nexus.cli.database import Said, add_database, find_room, on_line
from nexus.cli.rooms import document
from nexus.errors import PeerError
from nexus.journal.chain import DamagedJournal
from nexus.journal.kept import Kept, recover
from nexus.journal.member import KeptMember
from nexus.journal.readable import escape, readable
from nexus.journal.record import MAX_PAYLOAD, Timer
from nexus.store.port import Damaged, Database
from nexus.wire.codec import unpack

__all__ = ["add_inspect", "inspect", "state_of"]

#: A State of more bytes is summed up.
_MOST: Final = 16 * MAX_PAYLOAD


def add_inspect(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("room", metavar="CODE", help="the room's code, or its id")
    parser.add_argument(
        "--json", action="store_true", help="print JSON on one line, for programs"
    )
    add_database(parser, inspect)


async def inspect(database: Database, said: Namespace) -> Said:
    """Print what is known of a Room, who is in it, its timers and its State."""
    summary = await find_room(database, said.room)
    room_id = summary.card.room_id
    found: dict[str, Any] = document(summary)
    error = ""
    try:
        whole = await RoomRepository(database).read(room_id)
        if whole is not None:
            found |= _contents(recover(whole.stored, whole.entries))
    except (Damaged, DamagedJournal) as damage:
        members = await Inspection(database).members(room_id)
        found["members"] = [{"session": each.session_id} for each in members]
        error = f"damaged: {on_line(damage)}"
    return Said(json.dumps(found, indent=None if said.json else 2) + "\n", error)


def state_of(kept: Kept) -> Any:
    """Return the State of a Room as plain data that JSON can hold."""
    return json.loads(readable(kept, _MOST))


def _contents(kept: Kept) -> dict[str, Any]:
    return {
        "seed": kept.card.get("seed"),
        "outline": escape(kept.card.get("outline")),
        "members": [_member(each) for each in kept.members.values()],
        "timers": [_timer(each) for each in kept.timers],
        "state": state_of(kept),
    }


def _member(member: KeptMember) -> dict[str, Any]:
    """Return what may be seen of a member: not what lets it back in, nor who it is."""
    plain: dict[str, Any] = escape(
        {
            "session": member.session_id,
            "away": member.away,
            "roles": member.roles,
            "serializer": member.serializer,
            "address": member.address,
            "outbox": member.outbox,
            "lastCommand": member.last,
            "commandsRemembered": len(member.verdicts),
        }
    )
    return plain


def _timer(timer: Timer) -> dict[str, Any]:
    try:
        arguments = escape(unpack(timer.arguments))
    except (PeerError, ValueError):
        arguments = escape(timer.arguments)
    return {
        "name": escape(timer.name),
        "arguments": arguments,
        "deadline": _time(timer.deadline),
        "period": timer.period,
    }


def _time(seconds: float) -> str | float:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return seconds
