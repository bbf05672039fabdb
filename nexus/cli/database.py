"""What the commands share that look into a database: where it is, how it is asked."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from typing import Any

from attrs import frozen
from twisted.python.usage import UsageError

from nexus.archive.inspection import Inspection, Summary
from nexus.config import Config
from nexus.errors import PeerError, Refused
from nexus.match.code import read_code
from nexus.setting import DATABASE_URL
from nexus.store.location import DEFAULT_LOCATION, FileLocation
from nexus.store.port import Database, StoreError

__all__ = [
    "CommandError",
    "Said",
    "Work",
    "add_database",
    "find_room",
    "on_line",
    "run",
]


class CommandError(Exception):
    """Something that cannot be done; the text says why, and what can."""


@frozen
class Said:
    """What a command says.

    Attributes:
        text: What was asked for.
        error: What is wrong with that; empty: nothing.
    """

    text: str
    error: str = ""


Work = Callable[[Database, Namespace], Awaitable[Said]]


def add_database(parser: ArgumentParser, work: Work) -> None:
    """Say where the database is, and what is done with it.

    Args:
        parser: The command's.
        work: Asks the database.
    """
    parser.add_argument(
        "-d",
        "--database",
        metavar="URL",
        help="postgresql://user@host/name or sqlite:///file.db"
        " [default: what the environment says, as for twistd nexus, or nexus.db]",
    )
    parser.set_defaults(call=lambda said: run(said, work))


def run(said: Namespace, work: Work) -> int:
    """Open the database, ask it, and print what comes of it; return the exit status.

    Raises:
        UsageError: There is no such database.
    """
    config = Config.load({DATABASE_URL.option: said.database}, os.environ)
    location = config.database or DEFAULT_LOCATION
    # Who only looks is not to make one.
    if isinstance(location, FileLocation) and not Path(location.path).is_file():
        raise UsageError(
            f"there is no database {location.path}: name one with --database"
        )
    ended: list[Said] = []

    async def main(reactor: Any) -> None:
        # Heavy, and it installs a reactor.
        from nexus.database import make_database  # noqa: PLC0415  # as the comment says

        database = make_database(
            location, config, SystemRandom(), lambda _: None, reactor, looks=True
        )
        try:
            await database.start()
            try:
                ended.append(await work(database, said))
            finally:
                await database.close()
        except (CommandError, PeerError, StoreError) as error:
            ended.append(Said("", str(error).strip()))

    status = _react(main)
    for each in ended:
        sys.stdout.write(_shown(each.text))
        if each.error:
            print(f"nexus {said.command}: {_shown(each.error)}", file=sys.stderr)
            status = 1
    return status


def _shown(text: str) -> str:
    """Return text of others, in lines, so that it does nothing to a terminal."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else ascii(each)[1:-1]
        for each in text
    )


def on_line(text: object) -> str:
    """Return text of others so that it is no more than a part of a line."""
    return _shown(str(text)).replace("\n", "\\n")


def _react(main: Callable[[Any], Coroutine[Any, Any, Any]]) -> int:
    """Run a reactor as long as that takes; return the exit status."""
    from twisted.internet.task import react  # noqa: PLC0415  # it installs a reactor

    try:
        react(main)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


async def find_room(database: Database, name: str) -> Summary:
    """Return a stored Room by its id, or its code as people type it.

    Raises:
        CommandError: There is none.
    """
    inspection = Inspection(database)
    found = await inspection.find(name)
    if found is None:
        with suppress(Refused):
            found = await inspection.find(read_code(name))
    if found is None:
        raise CommandError(f"no room {name!r} is stored: nexus rooms lists them")
    return found
