"""The command line of `nexus`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import MutableMapping, Sequence
from importlib.metadata import version
from typing import Final

from twisted.python.usage import UsageError

from nexus.cli.init import add_init
from nexus.cli.inspect import add_inspect
from nexus.cli.release import add_release
from nexus.cli.replay import add_replay
from nexus.cli.rooms import add_rooms
from nexus.cli.transfer import add_export, add_import
from nexus.cli.types import add_types
from nexus.errors import FieldError

__all__ = ["main"]

#: What a developer wants where nothing else was said.
_DEVELOPING: Final = {
    "NEXUS_APP": "rooms",
    "NEXUS_DEV": "1",
    "NEXUS_RELOAD": "1",
    "LOG_FORMAT": "text",
}

_RUN_HELP: Final = (
    "serve rooms.py of this folder for its developer: twistd -n nexus --app rooms"
    " --dev --reload --log-format text; takes the options of twistd nexus"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["run"]:
        # Its options are those of `twistd nexus`, which knows them better.
        return _run(given[1:], os.environ)
    parser = _parser()
    said = parser.parse_args(given)
    if said.command is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        status: int = said.call(said)
    except (FieldError, UsageError) as error:
        print(f"nexus {said.command}: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="nexus",
        description="Makes games for Nexus, the room server that twistd nexus runs.",
    )
    parser.add_argument(
        "--version", action="version", version=f"nexus {version('nexus-rooms')}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    text = "make a folder with a game that runs"
    add_init(commands.add_parser("init", help=text, description=_sentence(text)))
    commands.add_parser("run", help=_RUN_HELP)
    for name, add, text in (
        ("rooms", add_rooms, "list the rooms that are stored"),
        ("inspect", add_inspect, "print what is stored of a room"),
        ("replay", add_replay, "print what a room did, or what it was at a version"),
        ("export", add_export, "write a stored room into a file"),
        ("import", add_import, "store the room of a file"),
        ("release", add_release, "let a room go on that was set aside"),
    ):
        add(commands.add_parser(name, help=text, description=_sentence(text)))
    text = "print TypeScript declarations for the states and messages of an app"
    add_types(commands.add_parser("types", help=text, description=_sentence(text)))
    return parser


def _sentence(text: str) -> str:
    """Let a text begin with a capital letter; the others stay as they are."""
    return text[:1].upper() + text[1:]


def _run(arguments: Sequence[str], environment: MutableMapping[str, str]) -> int:
    """Become `twistd nexus`, for developers where nothing else is said."""
    from twisted.scripts.twistd import run  # noqa: PLC0415  # it installs a reactor

    for name, value in _DEVELOPING.items():
        if not environment.get(name):
            environment[name] = value
    sys.argv = ["twistd", "-n", "--pidfile=", "nexus", *arguments]
    run()
    return 0
