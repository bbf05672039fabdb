"""`nexus rooms`: the Rooms that are stored."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from typing import Any

from nexus.archive.inspection import Inspection, Summary
from nexus.archive.port import Status
from nexus.cli.database import Said, add_database, on_line
from nexus.journal.readable import escape
from nexus.store.port import Database

__all__ = ["add_rooms", "document", "rooms", "table"]

_HEAD = ("ID", "CODE", "KIND", "STATUS", "CLIENTS", "VERSION", "ACTIVE")


def add_rooms(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "--status",
        action="append",
        choices=[each.value for each in Status],
        help="only rooms with this status; may be said again",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_database(parser, rooms)


async def rooms(database: Database, said: Namespace) -> Said:
    """List the Rooms that are stored."""
    statuses = [Status(each) for each in said.status or ()]
    found, damaged = await Inspection(database).rooms(*statuses)
    error = ""
    if damaged:
        named = ", ".join(map(on_line, damaged))
        error = f"what is known of some rooms is damaged: {named}"
    if said.json:
        documents = [document(each) for each in found]
        return Said(json.dumps(documents, indent=2) + "\n", error)
    return Said(table([_HEAD, *(_row(each) for each in found)]), error)


def document(summary: Summary) -> dict[str, Any]:
    """Return what is known of a stored Room as plain data that JSON can hold."""
    card = summary.card
    plain: dict[str, Any] = escape(
        {
            "id": card.room_id,
            "code": card.code,
            "kind": card.kind,
            "key": card.key,
            "status": card.status.value,
            "reason": card.reason,
            "clients": card.clients,
            "version": summary.version,
            "epoch": card.epoch,
            "owner": card.owner,
            **{name: card.attributes[name] for name in sorted(card.attributes)},
        }
    )
    return plain | {
        "created": card.created_at.isoformat(),
        "active": card.active_at.isoformat(),
        "snapshotBytes": summary.snapshot_bytes,
        "journalBytes": summary.journal_bytes,
        "entries": summary.entries,
    }


def table(rows: Iterable[Sequence[str]]) -> str:
    """Write rows in columns."""
    listed = [[on_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in listed
    ]
    return "".join(f"{line}\n" for line in lines)


def _row(summary: Summary) -> tuple[str, ...]:
    card = summary.card
    return (
        card.room_id,
        card.code or "-",
        card.kind,
        card.status.value,
        str(card.clients),
        str(summary.version),
        card.active_at.isoformat(" ", "seconds"),
    )
