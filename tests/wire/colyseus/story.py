"""How a recording of the official encoder is told again: a State, and its edits."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

from nexus.state import State, number
from tests import ROOT

__all__ = ["EXACT", "FULL", "HANDSHAKE", "P", "Story", "chain", "frames", "p", "put"]

#: What the recordings call the first frames.
HANDSHAKE: Final = "handshake bytes"
FULL: Final = "full state as a new client gets it"

#: Why a number may differ.
EXACT: Final = "a fraction is a float64, so that it is exact"


@frozen
class Story:
    """How the frames of one file come about."""

    make: Callable[[], State]
    #: By note: what is done to the root.
    edits: Mapping[str, Callable[[Any], object]] = field(factory=dict)
    #: By note: why our bytes are not the official ones, though they mean the same.
    other: Mapping[str, str] = field(factory=dict)
    #: The fields of the recorded State that ours has; empty: all.
    only: frozenset[str] = frozenset()


def frames(name: str) -> list[dict[str, Any]]:
    """Return the frames of a file."""
    path = ROOT / "tests" / "vectors" / "colyseus" / f"schema-{name}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["frames"]
    return found


class P(State):
    x: number
    y: number


def p(x: int, y: int) -> P:
    """Return a point."""
    return P(x=x, y=y)


def chain(*acts: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return an edit that consists of several."""

    def edit(root: Any) -> None:
        for act in acts:
            act(root)

    return edit


def put(name: str, value: Any) -> Callable[[Any], object]:
    """Return an edit that sets a field; a function makes the value."""
    return lambda root: setattr(root, name, value() if callable(value) else value)
