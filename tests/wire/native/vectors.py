"""Golden vectors of the `nexus` format.

`python -m tests.wire.native.vectors` writes them. They are read by Python's tests and
by those of the JavaScript client. A test holds them equal to what this module makes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from nexus.state import State
from tests import ROOT
from tests.wire.native.cast import (
    Box,
    Containers,
    Item,
    Large,
    Maybe,
    MaybeRoot,
    Secret,
    Side,
    Table,
    ValueRoot,
    Values,
)
from tests.wire.native.rowstory import CellStory, cells, tables
from tests.wire.native.story import Story

__all__ = ["FOLDER", "main", "make", "read"]

FOLDER: Final = ROOT / "tests" / "vectors" / "nexus"


def values() -> Story:
    """Tell of every kind, alone and in columns, with its extremes."""
    root = ValueRoot(many={key: Values() for key in "abc"})
    story = Story("every kind of value, one and several, with extremes", root)
    low: dict[str, Any] = {
        "flag": True, "i8": -128, "i16": -(1 << 15), "i32": -(1 << 31),
        "i64": -(1 << 63), "u8": 255, "u16": 65535, "u32": (1 << 32) - 1,
        "u64": (1 << 64) - 1, "f32": 0.1, "f64": 5e-324, "special": -math.inf,
        "num": -(1 << 53), "angle": 3.0, "axis": -1.0, "share": 100.0,
        "text": "é😀\0", "data": b"\0\xff", "side": Side.SOUTH,
        "moment": datetime(1, 1, 2, tzinfo=UTC), "large": Large["M256"],
    }  # fmt: skip
    high = {
        **low, "flag": False, "i8": 127, "i16": 32767, "i32": (1 << 31) - 1,
        "i64": (1 << 63) - 1, "f32": -3.4e38, "f64": 1.7976931348623157e308,
        "special": math.nan, "num": 0.5, "angle": -0.001, "axis": 0.0,
        "share": 0.0, "text": "z" * 300, "data": b"x" * 300,
        "moment": datetime(9999, 12, 30, 1, 2, 3, 999000, tzinfo=UTC),
        "u64": 1 << 53,
    }  # fmt: skip
    _write(root.one, low)
    story.patch("one entity, the least values")
    _write(root.one, high)
    story.patch("one entity, the greatest values")
    _write(root.many["a"], low)
    _write(root.many["b"], high)
    _write(root.many["c"], {**high, "special": -0.0, "f64": -0.0, "num": 2.5})
    story.patch("several entities: a column for each field")
    return story


def _write(state: State, said: dict[str, Any]) -> None:
    for name, value in said.items():
        setattr(state, name, value)


def optional() -> Story:
    """Tell of nil, alone and between values."""
    root = MaybeRoot(row=[Maybe() for _ in range(3)])
    story = Story("optional fields: nil alone, and holes in columns", root)
    for i, each in enumerate(root.row):
        _write(each, {"mood": i, "name": str(i), "side": Side.EAST})
        each.moment = datetime(2026, 11, 21, tzinfo=UTC)
    story.patch("no holes")
    _write(root.row[1], {"mood": None, "name": None, "side": None, "moment": None})
    story.patch("one entity, nil only")
    _write(root.row[0], {"mood": 9, "name": "nine", "side": None, "moment": None})
    _write(root.row[1], {"mood": None, "name": "n", "side": None, "moment": None})
    root.row[1].mood = 4
    root.row[1].mood = None
    _write(root.row[2], {"mood": None, "name": None, "side": Side.NORTH})
    root.row[2].moment = None
    story.patch("several entities, with holes")
    return story


def maps() -> Story:
    """Tell of Maps and the order of their keys."""
    root = Containers(scores={"x": 1, "y": 2})
    story = Story("maps: keys keep the order of the latest adding", root)
    root.scores.update({"z": 3, "": -4, "é": 5, "__proto__": 6, "x": 7})
    story.patch("new keys go to the end, a known one stays")
    del root.scores["x"]
    root.scores["x"] = 7
    del root.scores["y"]
    story.patch("a key goes and comes back at the end")
    root.items.update({"a": Item(hp=1), "b": Item(hp=2, tags=["t"])})
    story.patch("entities come")
    root.items["a"] = Item(hp=3)
    del root.items["b"]
    story.patch("an entity is replaced, another one goes")
    root.scores.clear()
    root.items.clear()
    root.scores["new"] = 1
    story.patch("a clear, and a key after it")
    return story


def lists() -> Story:
    """Tell of every step that a List can take."""
    root = Containers(path=[1, 2, 3, 4, 5, 6, 7, 8])
    story = Story("lists: steps, and the content anew", root)
    root.path[2] = -3
    story.patch("replace")
    root.path.insert(0, 0)
    root.path.append(9)
    story.patch("insert at both ends")
    root.path.pop(3)
    del root.path[:2]
    story.patch("erase")
    root.path.move(0, 4)
    story.patch("move")
    root.path.reverse()
    story.patch("reverse: most of it is another one")
    root.row.extend([Item(hp=i) for i in range(5)])
    story.patch("entities come")
    root.row.move(4, 0)
    del root.row[2]
    root.row.insert(1, Item(hp=50))
    story.patch("entities move, go and come")
    root.row.reverse()
    story.patch("entities in reverse order")
    root.path.clear()
    root.row.clear()
    story.patch("clear")
    return story


def sets() -> Story:
    """Tell of Sets."""
    # At most one text at a time: their order in a Set is another one in each process.
    root = Containers(tags=["a"])
    story = Story("sets", root)
    root.tags.add("c")
    root.tags.discard("a")
    root.big.update([1, -(1 << 62), 1 << 62])
    story.patch("values come and go")
    root.big.discard(1)
    root.tags.clear()
    root.tags.add("z")
    story.patch("a clear, and a value after it")
    return story


def references() -> Story:
    """Tell of fields that hold one entity."""
    root = Containers()
    story = Story("references: fields that hold one entity, or none", root)
    root.ref = Item(hp=1, tags=["t"])
    story.patch("an entity comes")
    root.ref.hp = 2
    story.patch("it changes")
    root.ref = Item(hp=3)
    story.patch("another one comes in its place")
    root.ref = None
    story.patch("it goes")
    return story


def inheritance() -> Story:
    """Tell of entities of a class below the one that a field names."""
    root = Containers(items={"box": Box(hp=1, content={"in": Item(hp=2)})})
    story = Story("inheritance: entities of a class below the declared one", root)
    root.row.append(Box(hp=3, lid=Item(hp=4)))
    root.ref = Box(hp=5)
    story.patch("more of them")
    box: Any = root.items["box"]
    box.hp = 6
    box.content["deep"] = Box(hp=7, tags=["t"], content={"in": Item(hp=8)})
    box.lid = Item(hp=9)
    story.patch("fields of both classes change")
    root.row[0] = Item(hp=10)
    story.patch("one of the class above comes in its place")
    return story


def _view(description: str, session: str | None, roles: list[str]) -> Story:
    root = Table(players={"a": Secret(name="a"), "b": Secret(name="b", plan="p")})
    root.players["a"].owner = "ada"
    root.hidden.append(Secret(name="h"))
    root.hidden.append(Secret(name="i"))
    story = Story(description, root, lambda tree: tree.view(session, roles))
    assert story.view is not None
    root.players["a"].hand.extend([1, 2])
    root.players["b"].plan = "attack"
    root.notes["n"] = "note"
    root.players["b"].name = "bob"
    story.patch("values that some may see change")
    story.view.add(root.hidden[1])
    root.players["a"].name = "ada"
    story.patch("an entity is shown")
    story.view.roles = [] if roles else ["gm"]
    root.players["a"].owner = None
    root.players["b"].owner = "ada"
    story.patch("roles and owners change: fields come and go")
    story.view.remove(root.hidden[1])
    root.players["b"].hand.append(9)
    story.patch("an entity is shown no longer")
    return story


def views_public() -> Story:
    """Tell what a client without a role sees."""
    return _view("views: a client that owns nothing and has no role", "eve", [])


def views_role() -> Story:
    """Tell what a client with a role sees."""
    return _view("views: a client with the role gm", "gil", ["gm"])


def views_owner() -> Story:
    """Tell what the owner of an entity sees."""
    return _view("views: a client that owns an entity", "ada", [])


def ids() -> Story:
    """Tell of the three forms of ids."""
    root = MaybeRoot(row=[Maybe() for _ in range(24)])
    story = Story("ids: a run, steps, bits, and one", root)
    for note, which in [
        ("one", [5]),
        ("a run", range(24)),
        ("steps", [0, 11, 23]),
        ("bits", [i for i in range(24) if i % 3]),
    ]:
        for i in which:
            root.row[i].mood = (root.row[i].mood or 0) + 1 + i
        story.patch(note)
    return story


def difference() -> Story:
    """Tell of a snapshot that comes on top of what is held."""
    root = Containers(
        scores={"x": 1, "y": 2}, items={"a": Item(hp=1), "b": Item(hp=2)},
        path=[1, 2, 3], big=[1, 2], ref=Item(hp=3),
    )  # fmt: skip
    story = Story("a snapshot as a difference: some patches were missed", root)
    root.scores["z"] = 3
    story.patch("a patch")
    del root.scores["x"]
    root.items["a"].hp = 10
    root.items["c"] = root.items.pop("b")
    story.miss()
    root.path[:] = [3, 4]
    root.big.add(3)
    root.big.discard(1)
    root.ref = Item(hp=4)
    root.row.append(Item(hp=5))
    story.snapshot("a snapshot that says what was missed")
    root.row[0].hp = 6
    root.items["a"].tags.add("t")
    story.patch("a patch that follows it")
    story.snapshot("a snapshot that says nothing new")
    return story


def merged() -> Story:
    """Tell of patches that one patch can say."""
    root = Containers(scores={"x": 1, "y": 2}, items={"a": Item(hp=1)}, path=[1, 2])
    story = Story("merge: many patches become one", root)
    for i in range(3):
        root.items["a"].hp = i
        root.scores["x"] = 10 + i
        root.path.append(i)
        story.patch("a value changes again")
    root.items["new"] = Item(hp=1)
    root.items["gone"] = Item(hp=2)
    story.patch("entities come")
    root.items["new"].tags.add("t")
    del root.items["gone"]
    del root.scores["y"]
    root.tags.add("t")
    story.patch("one of them goes")
    root.scores["y"] = 5
    root.tags.discard("t")
    root.path[:] = [9]
    root.items["a"] = Item(hp=7)
    story.patch("a key comes back, a value goes again")
    return story


STORIES: Final[dict[str, Callable[[], Story | CellStory]]] = {
    "values": values,
    "optional": optional,
    "map": maps,
    "list": lists,
    "set": sets,
    "references": references,
    "inheritance": inheritance,
    "views-public": views_public,
    "views-role": views_role,
    "views-owner": views_owner,
    "ids": ids,
    "difference": difference,
    "merge": merged,
    "table": tables,
    "cells": cells,
}


def make() -> dict[str, str]:
    """Return the text of every file, by its name."""
    return {
        f"{name}.json": json.dumps(tell().told(), indent=1) + "\n"
        for name, tell in STORIES.items()
    }


def read() -> dict[str, dict[str, Any]]:
    """Return what the files say, by their names."""
    return {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in sorted(FOLDER.glob("*.json"))
    }


def main(folder: Path = FOLDER) -> None:
    """Write the files anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in make().items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
