"""Stories: what happens to a State, step by step, as golden vectors tell it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from nexus.state import State, Tree, View
from nexus.state.kind import Kind
from nexus.state.number import Integer
from nexus.wire.native import (
    Encoder,
    Mirror,
    Replica,
    encode_outline,
    merge,
    plain,
    read_outline,
)
from nexus.wire.native.held import HeldRows

__all__ = ["Story", "dump"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@define(eq=False)
class Story:
    """A tree, one client of it, and what the client was sent.

    Args:
        description: What the vectors show.
        root: The State that everything hangs from.
        enter: Makes the client's view; None: the client sees what everybody may.
    """

    description: str
    root: State
    enter: Callable[[Tree], View] | None = None
    tree: Tree = field(init=False)
    _steps: list[dict[str, Any]] = field(factory=list, init=False)
    _patches: list[bytes] = field(factory=list, init=False)
    _snapshots: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.tree = Tree(self.root)
        self.view = None if self.enter is None else self.enter(self.tree)
        self._encoder = Encoder(self.tree)
        self._replica = Replica(encode_outline(self.tree.outline))
        self.snapshot("the first snapshot")

    view: View | None = field(default=None, init=False)
    _encoder: Encoder = field(init=False)
    _replica: Replica = field(init=False)

    def snapshot(self, note: str) -> None:
        """Send a snapshot; what the client missed is in it."""
        self.tree.flush()
        data = self._encoder.snapshot(self.view)
        self._replica.apply_snapshot(data)
        self._snapshots += 1
        self._note(note, "snapshot", data)

    def patch(self, note: str) -> None:
        """Send what was written since the last time."""
        data = self._encoder.patch(self.tree.flush(), self.view)
        self._replica.apply_patch(data)
        self._patches.append(data)
        self._note(note, "patch", data)

    def miss(self) -> None:
        """Flush without sending anything."""
        self.tree.flush()

    def _note(self, note: str, sort: str, data: bytes) -> None:
        state = dump(self._replica.state)
        self._steps.append({"note": note, sort: data.hex(), "state": state})

    def told(self) -> dict[str, Any]:
        """Return the whole story as JSON has it."""
        outline = encode_outline(self.tree.outline)
        told: dict[str, Any] = {
            "description": self.description,
            "outline": outline.hex(),
            "steps": self._steps,
        }
        if self._snapshots == 1 and self._patches:
            told["merged"] = merge(read_outline(outline), self._patches).hex()
        return told


def dump(value: Any, kind: Kind | None = None) -> Any:
    """Return what a Replica holds as JSON has it; the values of a set are sorted."""
    if isinstance(value, Mirror):
        found: dict[str, Any] = {}
        for each in value._cls.by_name.values():
            if hasattr(value, each.name):
                found[each.name] = dump(getattr(value, each.name), each.kind)
        return found
    if isinstance(value, HeldRows):
        fields = value.cls.by_name
        return {
            "$rows": [
                [
                    id_,
                    value.cell(id_),
                    {
                        name: dump(held, fields[name].kind)
                        for name, held in plain(value[id_]).items()
                    },
                ]
                for id_ in sorted(value)
            ]
        }
    if isinstance(value, dict):
        return {"$map": [[key, dump(entry, kind)] for key, entry in value.items()]}
    if isinstance(value, set):
        return {"$set": [dump(entry, kind) for entry in sorted(value)]}
    if isinstance(value, list):
        return [dump(entry, kind) for entry in value]
    return _dump_one(value, kind)


def _dump_one(value: Any, kind: Kind | None) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, datetime):
        return {"$date": (value - _EPOCH) // (_EPOCH.resolution * 1000)}
    if isinstance(kind, Integer) and kind.bits == 64 and value is not None:
        return {"$int": str(value)}
    if isinstance(value, float):
        if math.isnan(value):
            return {"$float": "nan"}
        if math.isinf(value):
            return {"$float": "inf" if value > 0 else "-inf"}
        if value == 0.0 and math.copysign(1.0, value) < 0:
            return {"$float": "-0"}
    return value
