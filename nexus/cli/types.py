"""`nexus types`: TypeScript declarations for an app, printed or kept in a file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from nexus.cli.declaration import declarations
from nexus.load import load_app

__all__ = ["add_types"]


def add_types(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "--app",
        default="rooms",
        metavar="MODULE",
        help="the module that has the app, as for twistd nexus [default: rooms]",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write them there"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if FILE is not what it would be",
    )
    parser.set_defaults(call=_run)


def _run(said: Namespace) -> int:
    """Write, print or check the declarations; return the exit status."""
    if said.check and said.output is None:
        print("nexus types: --check needs -o FILE", file=sys.stderr)
        return 2
    text = declarations(load_app(said.app))
    if said.output is None:
        sys.stdout.write(text)
    elif said.check:
        return _check(said.output, text)
    elif _read(said.output) != text:
        # A file that is as it should be keeps its date: others watch it.
        try:
            said.output.write_text(text, "utf-8", newline="\n")
        except OSError as error:
            print(f"nexus types: {said.output}: {error.strerror}", file=sys.stderr)
            return 1
    return 0


def _check(file: Path, text: str) -> int:
    if _read(file) == text:
        return 0
    print(f"{file} is out of date: run nexus types without --check", file=sys.stderr)
    return 1


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
