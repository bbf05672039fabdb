"""The States that the recordings of the official encoder speak of, and their edits.

Each file of `tests/vectors/colyseus/schema-*.json` is one Story. Its frames are found
by their notes; where our bytes are not the official ones, the Story says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final

from nexus.state import (
    SHOWN,
    List,
    Map,
    Shown,
    State,
    field,
    float32,
    number,
    quantized,
    uint8,
)
from tests.wire.colyseus.story import EXACT, P, Story, chain, p, put
from tests.wire.colyseus.vectors_containers import (
    ARRAY_PRIMITIVE,
    ARRAY_REF,
    MAP,
    SET,
)

__all__ = ["STORIES", "Element", "Filtered", "Item"]


class Fields(State):
    a: uint8
    s: str | None
    p: P | None


FIELDS = Story(
    make=lambda: Fields(a=1, s="x"),
    edits={
        "a = 2": put("a", 2),
        's = "yy"; a = 3 (written in field order, not in assignment order)': chain(
            put("s", "yy"), put("a", 3)
        ),
        "a = 3 again (no change: empty patch)": put("a", 3),
        "s = undefined": put("s", None),
        's = "back"': put("s", "back"),
        "p = P(1,2)": put("p", lambda: p(1, 2)),
        "p.x = 300": lambda root: setattr(root.p, "x", 300),
        "p = P(5,6) (replace)": put("p", lambda: p(5, 6)),
        "p.y = 7 and a = 9": chain(lambda root: setattr(root.p, "y", 7), put("a", 9)),
        "p = undefined": put("p", None),
        's = undefined then s = "z" in the same tick (DELETE_AND_ADD)': chain(
            put("s", None), put("s", "z")
        ),
    },
    other={
        "p = P(1,2)": "a reference is always set as if there were one to release",
        "p.y = 7 and a = 9": "the root comes first, whatever was written first",
        's = undefined then s = "z" in the same tick (DELETE_AND_ADD)': (
            "a value is added over another"
        ),
    },
)


class In(State):
    v: number


class Mid(State):
    name: str
    tags: List[str]
    ins: Map[str, In]


class Nested(State):
    mids: Map[str, Mid]


def _deepen(root: Any) -> None:
    root.mids["m1"].ins["i"].v = 42
    root.mids["m2"].tags.append("y")


NESTED = Story(
    make=lambda: Nested(
        mids={"m1": Mid(name="one", tags=["t1", "t2"], ins={"i": In(v=1)})}
    ),
    edits={
        "new Mid with content": lambda root: root.mids.update(
            m2=Mid(name="two", tags=["x"], ins={"j": In(v=2)})
        ),
        "deep change": _deepen,
        "delete m1 (its children are not mentioned)": lambda root: root.mids.pop("m1"),
    },
)


class Base(State):
    id: uint8


class A(Base):
    a: str


class B(Base):
    b: number


class Kinds(State):
    one: Base | None
    list: List[Base]
    map: Map[str, Base]


INHERITANCE = Story(
    make=lambda: Kinds(list=[Base(id=3), A(id=1, a="aa")]),
    edits={
        "one = B": put("one", lambda: B(id=2, b=2.5)),
        "list.push(B)": lambda root: root.list.append(B(id=2, b=2.5)),
        'map.set("x", A)': lambda root: root.map.update(x=A(id=1, a="aa")),
        "one = Base (no TYPE_ID)": put("one", lambda: Base(id=3)),
        'map.get("x").a = "changed"': lambda root: setattr(
            root.map["x"], "a", "changed"
        ),
    },
    other={
        "one = B": "a reference is always set as if there were one to release",
        "list.push(B)": EXACT,
    },
)


class Quantities(State):
    yaw: Annotated[float, quantized(0, 2 * math.pi, 16, beyond="wrap")]
    ax: Annotated[float, quantized(-1, 1, 8, beyond="clamp")]
    hp: Annotated[float, quantized(0, 100, 32, beyond="clamp")]


QUANTIZED = Story(
    make=lambda: Quantities(yaw=1.0, ax=0.0, hp=50.0),
    edits={
        "ax = 0.5": put("ax", 0.5),
        "yaw = -0.1 (wraps)": put("yaw", -0.1),
        "ax = 5 (clamped)": put("ax", 5),
    },
)

STORIES: Final[Mapping[str, Story]] = {
    "fields": FIELDS,
    "map": MAP,
    "array-primitive": ARRAY_PRIMITIVE,
    "array-ref": ARRAY_REF,
    "set-collection": SET,
    "nested-collections": NESTED,
    "inheritance": INHERITANCE,
    "quantized": QUANTIZED,
}


class Element(State):
    v: float32


class Item(State):
    pub: number
    sec: number = field(visible=SHOWN)
    t1: number | None = field(visible=Shown(1), default=None)


class Filtered(State):
    shared: number
    items: List[Item] = field(visible=SHOWN)
    m: Map[str, Item]
