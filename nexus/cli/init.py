"""`nexus init`: a folder with a game that runs."""

from __future__ import annotations

import re
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

__all__ = ["CannotCreateError", "add_init", "create_project"]

#: What templates end in, so that nobody takes their Python for ours.
_SUFFIX: Final = ".template"

#: How names are written that packages do not keep.
_DOTTED: Final = "dot-"


class CannotCreateError(Exception):
    """A project that cannot be made there; says what to do."""


def add_init(parser: ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="a new or empty folder"
    )
    parser.set_defaults(call=_run)


def _run(said: Namespace) -> int:
    """Create the project and say what comes next; return the exit status."""
    try:
        made = create_project(said.folder, python=sys.executable)
    except CannotCreateError as error:
        print(f"nexus init: {error}", file=sys.stderr)
        return 1
    print(f"{said.folder} has a game now:\n")
    for path in made:
        print(f"  {path}")
    steps = [f"cd {shlex.quote(str(said.folder))}", "make test", "make run"]
    print("\nNext:\n")
    for step in steps:
        print(f"  {step}")
    print("\nand then open http://127.0.0.1:5000/play/ in two windows.")
    return 0


def create_project(folder: Path, *, python: str) -> list[Path]:
    """Write the files of a new game.

    Args:
        folder: Where; it is made if it is not there.
        python: The interpreter that is to run the game.

    Returns:
        The files, as seen from the folder.

    Raises:
        CannotCreateError: The folder has something in it, or cannot be written.
    """
    if "\n" in python or "\r" in python:
        raise CannotCreateError(
            f"make cannot use {python!r}: its path has a line break"
        )
    name = folder.absolute().resolve().name or "game"
    try:
        (name + python).encode()
    except UnicodeEncodeError:
        raise CannotCreateError(
            f"{name!a} cannot stand in a file of the project: choose another name"
        ) from None
    values = {"NAME": name, "PYTHON": python}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CannotCreateError(
                f"{folder} is not empty: name a folder that does not exist yet,"
                " or one with nothing in it"
            )
        made = []
        for path, template in _templates():
            target = folder / path
            target.parent.mkdir(exist_ok=True)
            text = _filled(template.read_text("utf-8"), path.suffix, values)
            target.write_text(text, "utf-8", newline="\n")
            made.append(path)
    except OSError as error:
        where = error.filename or folder
        raise CannotCreateError(f"{where}: {error.strerror}; choose another") from error
    return made


def _templates() -> Iterator[tuple[Path, Traversable]]:
    """Find the templates, each with the path of what is made of it."""
    waiting = [(Path(), files("nexus.cli") / "project")]
    while waiting:
        place, here = waiting.pop(0)
        for each in sorted(here.iterdir(), key=lambda each: each.name):
            if each.is_dir():
                waiting.append((place / each.name, each))
            elif each.name.endswith(_SUFFIX):
                name = each.name.removesuffix(_SUFFIX)
                if name.startswith(_DOTTED):
                    name = "." + name.removeprefix(_DOTTED)
                yield place / name, each


def _filled(text: str, suffix: str, values: dict[str, str]) -> str:
    """Put values where a template has `@WORD@`, as its kind of file writes them."""
    write = _WRITTEN.get(suffix, str)
    # All at once: a value may look like another one's place.
    return re.sub(
        "@({})@".format("|".join(values)), lambda at: write(values[at[1]]), text
    )


def _for_make(value: str) -> str:
    """Write a value of a variable of make, as one word of a shell."""
    # What is in quotes for the shell still means something to make.
    return shlex.quote(value).replace("$", "$$").replace("#", "\\#")


def _for_markdown(value: str) -> str:
    """Write a name so that nothing in it means something."""
    plain = " ".join(value.split())
    return "".join(f"\\{each}" if each in "\\`*_{}[]<>#|!" else each for each in plain)


_WRITTEN: Final[dict[str, Callable[[str], str]]] = {
    "": _for_make,
    ".html": escape,
    ".md": _for_markdown,
}
