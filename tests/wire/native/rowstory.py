"""Stories of rows for the golden vectors: by the encoder, and by hand with cells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from attrs import define, field

from nexus.state import (
    State,
    Table,
    float32,
    float64,
    int64,
    quantized,
    uint16,
)
from nexus.wire.native import Replica, merge, read_outline
from tests.wire.native.cast import Side
from tests.wire.native.rowkit import (
    HP,
    MOOD,
    OTHERS,
    OUTLINE,
    X,
    drop,
    keep,
    part,
    payload,
    rows,
    veil,
    write,
)
from tests.wire.native.story import Story, dump

__all__ = ["CellStory", "cells", "tables"]


class Npc(State):
    """A row with a field of each sort."""

    x: float32
    y: float64
    food: Annotated[float, quantized(0.0, 1.0, 8)]
    gold: int64
    age: uint16
    awake: bool
    side: Side
    born: datetime


class Town(State):
    """Rows at the root."""

    npcs: Table[Npc]
    round: uint16


def tables() -> Story:
    """Tell of rows that come, change and go, one and several."""
    town = Town()
    born = datetime(2026, 11, 21, tzinfo=UTC)
    story = Story("tables: rows come, change and go", town)
    town.npcs.add(3, x=[1.5, 2.5, -0.0], born=born, gold=1 << 60, awake=True)
    story.patch("three rows come")
    town.npcs.put([1], x=9.5, side=Side.SOUTH)
    story.patch("one row, two fields")
    town.npcs.put([0, 2], food=[0.5, 1.0], age=[1, 65535], y=[1e300, 5e-324])
    town.npcs.put([0, 1, 2], gold=[-(1 << 63), 0, (1 << 63) - 1])
    story.patch("several rows, by their fields")
    town.npcs.add(70, x=[i / 2 for i in range(70)])
    town.npcs.remove([int(town.npcs.ids[0])])
    story.patch("many rows come, and one goes")
    town.npcs.remove(town.npcs.ids[::2])
    story.patch("every other row goes")
    town.npcs.put(town.npcs.rows[:1], age=7)
    story.miss()
    town.npcs.remove(town.npcs.ids[5:])
    story.snapshot("a snapshot, which holds what was missed")
    town.npcs.clear()
    town.npcs.add(1, x=7.0)
    story.patch("all rows go, and one comes")
    return story


@define(eq=False)
class CellStory:
    """A story of payloads that were written by hand."""

    description: str
    _replica: Replica = field(factory=lambda: Replica(OUTLINE), init=False)
    _steps: list[dict[str, Any]] = field(factory=list, init=False)
    _patches: list[bytes] = field(factory=list, init=False)

    def snapshot(self, note: str, *operations: bytes) -> None:
        """Send a snapshot."""
        data = payload(*operations)
        self._replica.apply_snapshot(data)
        self._note(note, "snapshot", data)

    def patch(self, note: str, *operations: bytes) -> None:
        """Send a patch."""
        data = payload(*operations, version=self._replica.version)
        self._replica.apply_patch(data)
        self._patches.append(data)
        self._note(note, "patch", data)

    def _note(self, note: str, sort: str, data: bytes) -> None:
        state = dump(self._replica.state)
        self._steps.append({"note": note, sort: data.hex(), "state": state})

    def told(self) -> dict[str, Any]:
        """Return the whole story as JSON has it."""
        return {
            "description": self.description,
            "outline": OUTLINE.hex(),
            "steps": self._steps,
            "merged": merge(read_outline(OUTLINE), self._patches).hex(),
        }


def cells() -> CellStory:
    """Tell of rows in cells, and of all that becomes of them."""
    story = CellStory("tables: rows in cells")
    both = {X: [1.5, 2.5], HP: [5, 6], MOOD: [0, 1]}
    story.snapshot(
        "rows in two cells", rows(1, [10, 11], both), rows(2, [12], {X: [3.5]})
    )
    story.patch("a row moves, and another one comes", rows(3, [11, 13], {HP: [7, 8]}))
    story.patch(
        "rows are written", write([10], {X: [9.5]}), write([11, 12], {X: [0.5, -1.5]})
    )
    story.patch("a part is of those in the cell alone", part(3, [10, 11]))
    story.patch("a cell is dropped", rows(5, [300], {X: [0.5]}), drop([1, 4]))
    story.patch(
        "some of a cell stay", rows(5, [301, 9999], {HP: [1, 2]}), keep(5, [301])
    )
    story.patch("a field is veiled", veil(X), write([13], {X: [4.5]}))
    story.patch("nothing of a cell stays", keep(5, []))
    story.patch("a row comes and goes", rows(6, [400], {}), part(6, [400]))
    story.patch("a row goes and comes", drop([3]), rows(6, [13], {MOOD: [1]}))
    lone = rows(0, [20], {X: [1.0]}, OTHERS)
    story.patch("another table", lone, write([20], {HP: [1]}, OTHERS))
    story.patch("a table without rows", rows(6, [21], {X: [2.5]}), drop([0], OTHERS))
    return story
