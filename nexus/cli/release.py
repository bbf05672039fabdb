"""`nexus release`: a Room that was set aside can be joined again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from twisted.internet.defer import maybeDeferred

from nexus.archive.folding import Folding
from nexus.archive.inspection import Summary
from nexus.archive.port import Status
from nexus.archive.release import Sound, release, sound
from nexus.archive.repository import RoomRepository
from nexus.cli.database import CommandError, Said, add_database, find_room, on_line
from nexus.journal.chain import DamagedJournal
from nexus.journal.kept import TooLarge
from nexus.store.port import Damaged, Database

__all__ = ["add_release", "release_room"]


def add_release(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("room", metavar="CODE", help="the room's code, or its id")
    parser.add_argument(
        "--cut",
        action="store_true",
        help="give up what came after the last entry that can be read",
    )
    add_database(parser, release_room)


async def release_room(database: Database, said: Namespace) -> Said:
    """Let a Room sleep that was set aside, and say why it was.

    Raises:
        CommandError: It cannot go on, or is not set aside; the text says why.
    """
    summary = await find_room(database, said.room)
    card = summary.card
    if card.status is not Status.QUARANTINED:
        raise CommandError(_not_aside(summary))
    readable = await _read(database, summary)
    if readable.damage is not None and not said.cut:
        raise CommandError(
            f"{_was(summary)}\nit is damaged still: {on_line(readable.damage)}\n"
            "put back what a backup has of it, or give up with --cut what came after"
            f" version {readable.kept.version}, entries: {readable.lost}"
        )
    _check_size(summary, readable)
    if not await release(database, readable, datetime.now(UTC)):
        raise CommandError(
            f"somebody else released room {on_line(card.room_id)} just now"
        )
    lost = f", {readable.lost} entries are given up" if readable.lost else ""
    return Said(
        f"{_was(summary)}\nit sleeps now, as of version {readable.kept.version}{lost}\n"
    )


async def _read(database: Database, summary: Summary) -> Sound:
    """Return what can be read of a Room, when all of its rows can be.

    Raises:
        CommandError: It is of no use.
    """
    archive = RoomRepository(database)
    try:
        found = await archive.read(summary.card.room_id)
        if found is None:
            raise CommandError(
                f"room {on_line(summary.card.room_id)} was deleted just now"
            )
        readable = sound(found)
        _ = await Folding(archive, maybeDeferred).rows(readable.found, readable.kept)
    except (Damaged, DamagedJournal) as error:
        raise CommandError(
            f"{_was(summary)}\nit is damaged still: {on_line(error)}\n"
            "put back what a backup has of it: nexus export there, and nexus import"
        ) from error
    return readable


def _check_size(summary: Summary, readable: Sound) -> None:
    """Refuse a Room that would be set aside again.

    Raises:
        CommandError: It is too large.
    """
    try:
        _ = readable.kept.stored()
    except TooLarge as error:
        raise CommandError(
            f"{_was(summary)}\nit is too large still: {on_line(error)}\n"
            "nexus inspect shows what is in it; a backup may have it as it was before"
        ) from error


def _was(summary: Summary) -> str:
    """Say why a Room was set aside."""
    card = summary.card
    why = on_line(card.reason or "nobody said why")
    return f"room {on_line(card.room_id)} was set aside: {why}"


def _not_aside(summary: Summary) -> str:
    card = summary.card
    runs = card.status is Status.ACTIVE and card.owner
    owner = on_line(card.owner)
    what = f"node {owner} runs it" if runs else f"it is {card.status.value}"
    return f"room {on_line(card.room_id)} is not set aside: {what}"
