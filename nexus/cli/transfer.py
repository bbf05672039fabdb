"""`nexus export` and `nexus import`: a Room as one file, and back."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Final

from attrs import evolve
from twisted.internet.defer import maybeDeferred

from nexus.archive.export import MAX_FILE, Export
from nexus.archive.folding import Folding
from nexus.archive.repository import RoomRepository
from nexus.cli.credible import check_credible
from nexus.cli.database import CommandError, Said, add_database, find_room, on_line
from nexus.errors import PeerError, Refused
from nexus.journal.kept import Kept, recover
from nexus.match.code import Codes, read_code
from nexus.room.ident import fits_path
from nexus.store.port import Conflict, Database

__all__ = ["add_export", "add_import", "export_room", "import_room"]

#: So often another code is drawn for a Room whose own one is in use.
_CODES: Final = 5
#: So many chunks of rows are written at a time.
_CHUNKS: Final = 64


def add_export(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("room", metavar="CODE", help="the room's code, or its id")
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file")
    add_database(parser, export_room)


def add_import(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="what nexus export wrote"
    )
    parser.add_argument(
        "--as", dest="room_id", metavar="ID", help="import it as another room"
    )
    add_database(parser, import_room)


async def export_room(database: Database, said: Namespace) -> Said:
    """Write a Room into a new file, which only its owner reads.

    Raises:
        CommandError: The file cannot be written.
        DamagedJournal: The Room cannot be read.
    """
    summary = await find_room(database, said.room)
    archive = RoomRepository(database)
    found = await archive.read(summary.card.room_id)
    if found is None:
        raise CommandError(f"{said.room} was deleted just now")
    kept = recover(found.stored, found.entries)
    rows, _ = await Folding(archive, maybeDeferred).rows(found, kept)
    try:
        data = Export.of(found, rows).written()
        _write(said.file, data)
    except FileExistsError:
        raise CommandError(f"{said.file} is there already: name a new file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CommandError(f"{said.file}: {reason}") from error
    version = max(summary.version, found.stored.version)
    return Said(
        f"{said.file}: room {on_line(summary.card.room_id)} at version {version},"
        f" {len(data)} bytes\n"
    )


def _write(file: Path, data: bytes) -> None:
    """Write a file that was not there, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    # What lets its members back in is in it.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
    except OSError:
        file.unlink(missing_ok=True)
        raise


async def import_room(database: Database, said: Namespace) -> Said:
    """Keep the Room of a file; it sleeps until somebody joins it.

    Raises:
        CommandError: It cannot be kept; the text says why.
    """
    try:
        with said.file.open("rb") as opened:
            # One byte more than there may be tells a file that is too long.
            export = Export.read(opened.read(MAX_FILE + 1))
        kept = Kept.of(export.stored)
        check_credible(export.card, kept)
    except OSError as error:
        raise CommandError(f"{said.file}: {error.strerror}") from error
    except PeerError as error:
        raise CommandError(f"{said.file} is refused: {on_line(error)}") from error
    room_id = said.room_id or export.card.room_id
    if not fits_path(room_id):
        raise CommandError(f"{room_id!a} is no room id: use letters, digits, _ and -")
    export = export.renamed(room_id, datetime.now(UTC))
    if await RoomRepository(database).find(room_id) is not None:
        raise CommandError(_there(room_id))
    return await _keep(RoomRepository(database), export, _calls(kept))


def _calls(kept: Kept) -> str:
    """Say which methods the timers of a Room will call."""
    names = sorted({on_line(each.name) for each in kept.timers})
    return f"its timers call: {', '.join(names)}\n" if names else ""


async def _keep(archive: RoomRepository, export: Export, calls: str) -> Said:
    """Keep a Room, by another code if its own one is in use.

    Args:
        archive: Where it is kept.
        export: The Room.
        calls: What else is to be said of it.

    Raises:
        CommandError: It cannot be kept.
    """
    card, codes = export.card, Codes(SystemRandom())
    code = card.code
    try:
        if code is not None and read_code(code) != code:
            raise CommandError(f"the file has the code {code!a}, which is none")
    except Refused as error:
        raise CommandError(f"the file has the code {code!a}: {error}") from error
    for _ in range(_CODES):
        try:
            epoch = await archive.create(evolve(card, code=code), export.stored, "")
            await _put_rows(archive, export, epoch)
        except Conflict as error:
            if code is None:
                raise CommandError(_taken(export)) from error
            code = codes.take()
        else:
            named = "" if code is None else f", code {code}"
            return Said(f"room {card.room_id} sleeps now{named}\n{calls}")
    raise CommandError(_taken(export))


async def _put_rows(archive: RoomRepository, export: Export, epoch: int) -> None:
    """Write the rows of a Room; one that lacks some of them cannot go on."""
    for start in range(0, len(export.chunks), _CHUNKS):
        some = export.chunks[start : start + _CHUNKS]
        await archive.put_chunks(export.card.room_id, epoch, some)


def _taken(export: Export) -> str:
    card = export.card
    if card.key is None:
        return _there(card.room_id)
    return f"there is a room of the kind {card.kind} already for {card.key!a}"


def _there(room_id: str) -> str:
    return (
        f"there is a room {room_id} already, which is not replaced: give this one"
        " another id, with --as ID"
    )
