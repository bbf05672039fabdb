"""The files of this project, as the rule tests and the runner see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests import ROOT

__all__ = ["LONG", "line_count", "long_files", "modules", "parse", "sources"]

#: A file with more lines than this is worth a second thought.
LONG: Final = 350

_SOURCES: Final = {
    "nexus": "*.py",
    "twisted": "*.py",
    "tests": "*.py",
    "bench": "*.py",
    "examples": "*.py",
    "clients/js/src": "*.[jt]s",
}

#: Where tests are: those of an example stand beside it.
_TESTED: Final = ("tests", "examples")


def sources(*folders: str) -> Iterator[Path]:
    """Find the source files below the named folders, or below all that have some."""
    for folder in folders or _SOURCES:
        for path in sorted((ROOT / folder).rglob(_SOURCES.get(folder, "*.py"))):
            if "node_modules" not in path.parts:
                yield path


def modules(*patterns: str) -> list[str]:
    """Name the modules with tests whose file name matches one of the patterns."""
    return sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for pattern in patterns
        for folder in _TESTED
        for path in (ROOT / folder).rglob(pattern)
        if "node_modules" not in path.parts
    )


def parse(path: Path) -> ast.Module:
    """Read a Python file as a syntax tree."""
    return ast.parse(path.read_text("utf-8"), str(path))


def line_count(path: Path) -> int:
    """Count the lines of a file."""
    return len(path.read_text("utf-8").splitlines())


def long_files() -> list[str]:
    """Say which source files are worth a second thought."""
    return [
        f"{path.relative_to(ROOT)} has {lines} lines"
        for path in sources()
        if (lines := line_count(path)) > LONG
    ]
