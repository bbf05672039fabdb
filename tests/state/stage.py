"""State classes for the tests of `nexus.state`, and a client that mirrors a tree."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from attrs import define, field

from nexus.state import (
    OWNER,
    SHOWN,
    List,
    Map,
    Role,
    Set,
    Shown,
    State,
    Tree,
    View,
    float32,
    int32,
    uint8,
    uint16,
)
from nexus.state import field as state_field
from nexus.wire.native import Encoder, Replica, encode_outline
from tests.model import expected, mirrored, same

__all__ = [
    "Item",
    "Mirror",
    "Player",
    "Refused",
    "Scene",
    "Unit",
    "World",
    "effort",
    "fail",
    "ids",
    "lines_run",
    "outcome",
]


class Item(State):
    """A thing to carry."""

    name: str
    count: uint8 = 1


class Player(State):
    """Somebody with all shapes of fields."""

    hp: uint8 = 100
    x: float32
    bag: List[Item]
    scores: Map[str, uint8]
    tags: Set[str]
    held: Item | None


class World(State):
    """A root that everybody may see."""

    turn: uint16
    players: Map[str, Player]
    line: List[Player]
    other: List[Player]
    leader: Player | None
    numbers: List[int32]
    counts: Map[str, int32]
    marks: Set[int32]
    spare: Map[str, Player] = state_field(transient=True)
    secret: Map[str, Player] = state_field(server_only=True)


class Unit(State):
    """An entity with a field for each rule."""

    hp: uint8 = 10
    note: str = state_field(visible=Role("gm"))
    plan: str = state_field(visible=OWNER)
    seen: uint8 = state_field(visible=SHOWN)
    mark: uint8 = state_field(visible=Shown(1))


class Scene(State):
    """A root with a container for each rule."""

    turn: uint8
    units: Map[str, Unit]
    hidden: Map[str, Unit] = state_field(visible=SHOWN)
    hands: Map[str, Unit] = state_field(visible=OWNER)
    boss: Unit | None = state_field(visible=Role("gm"))


class Refused(Exception):
    """What ends an atomic stretch in a test."""


def fail(tree: Tree, act: Callable[[], object]) -> None:
    """Do something inside an atomic stretch that fails."""
    try:
        with tree.atomic():
            act()
            raise Refused
    except Refused:
        pass


def effort(act: Callable[[], Any]) -> int:
    """Count the instructions of Python that a call takes.

    None of them is of who is told when garbage is collected, which can be any time.
    """
    count = 0

    def trace(frame: Any, event: str, argument: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        count += event == "opcode"
        return trace

    before, collects = sys.gettrace(), gc.isenabled()
    gc.disable()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
        if collects:
            gc.enable()
    return count


def lines_run(act: Callable[[], object]) -> int:
    """Return how many lines of our own something runs.

    Others may run in between, as the collector of garbage has callbacks.
    """
    count = 0

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        if not frame.f_globals["__name__"].startswith("nexus."):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def ids(tree: Tree) -> list[int]:
    """Return the ids of all States of a tree."""
    return [state._id for state in tree.states()]


def outcome(act: Callable[[], Any]) -> tuple[str, Any]:
    """Return what a call returned, or the type of what it raised."""
    try:
        return "returned", act()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is compared
        return "raised", type(error)


@define(eq=False)
class Mirror:
    """A client that got a snapshot and follows every flush."""

    tree: Tree
    view: View | None = None
    encoder: Encoder = field(init=False)
    replica: Replica = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.encoder = Encoder(self.tree)
        self.replica = Replica(encode_outline(self.tree.outline))
        self.replica.apply_snapshot(self.encoder.snapshot(self.view))

    def follow(self) -> None:
        """Flush, apply the patch, and compare."""
        patch = self.encoder.patch(self.tree.flush(), self.view)
        if patch:
            self.replica.apply_patch(patch)
        want = expected(self.tree.root, self.view, target="nexus")
        have = mirrored(self.replica.state)
        if not same(want, have):
            raise AssertionError(f"want {want!r}\nhave {have!r}")
