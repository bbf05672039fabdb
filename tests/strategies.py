"""Hypothesis strategies: State classes, values, and what happens to a tree of them.

A plan is drawn as small numbers, which shrink well and cost little; here they become
classes, values and operations. Every new kind of field enters `KINDS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Annotated, Any

from attrs import frozen
from hypothesis import strategies as st

from nexus.state import (
    EVERYONE,
    OWNER,
    SHOWN,
    List,
    Map,
    Role,
    Set,
    Shown,
    State,
    field,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    number,
    quantized,
    uint8,
    uint16,
    uint32,
    uint64,
)

__all__ = [
    "KINDS",
    "RULES",
    "FieldPlan",
    "WorldPlan",
    "build",
    "steps",
    "value",
    "worlds",
]


class Side(Enum):
    """An enum for fields."""

    NORTH = 1
    EAST = "e"
    SOUTH = 2.5


Many = Enum("Many", [f"M{i}" for i in range(300)])
Angle = Annotated[float, quantized(0.0, math.tau, 16, beyond="wrap")]
Axis = Annotated[float, quantized(-1.0, 1.0, 8, beyond="clamp")]
Share = Annotated[float, quantized(0.0, 100.0, 32)]

_TEXTS = ["", "a", "é", "😀x", "k" * 40, "z" * 300, "\0", "__proto__", "constructor"]
_FLOATS = [0.0, 1.5, -2.25, 0.1, 1e-40, -1e30, 3.4e38, 123456.789, 16777217.0]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENTS = [
    _EPOCH,
    _EPOCH + timedelta(milliseconds=1),
    _EPOCH - timedelta(days=400, microseconds=1),
    datetime(2026, 11, 21, 1, 2, 3, 999999, tzinfo=UTC),
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(9999, 12, 30, tzinfo=UTC),
]


def _whole(bits: int, *, signed: bool) -> Callable[[int], int]:
    low = -(1 << (bits - 1)) if signed else 0
    high = (1 << (bits - signed)) - 1
    edges = [0, 1, low, high, 127, high // 2, low // 2 if signed else 200]
    return lambda n: edges[n] if n < len(edges) else low + n * 2654435761 % (high - low)


def _of(pool: list[Any]) -> Callable[[int], Any]:
    return lambda n: pool[n % len(pool)]


def _within(low: float, high: float) -> Callable[[int], float]:
    return lambda n: low + (high - low) * (n * 0.6180339887 % 1.0)


#: Name of a kind: its annotation, and what makes a value of a small number.
KINDS: dict[str, tuple[Any, Callable[[int], Any]]] = {
    "bool": (bool, lambda n: n % 2 == 1),
    "int8": (int8, _whole(8, signed=True)),
    "int16": (int16, _whole(16, signed=True)),
    "int32": (int32, _whole(32, signed=True)),
    "int64": (int64, _whole(64, signed=True)),
    "uint8": (uint8, _whole(8, signed=False)),
    "uint16": (uint16, _whole(16, signed=False)),
    "uint32": (uint32, _whole(32, signed=False)),
    "uint64": (uint64, _whole(64, signed=False)),
    "float32": (float32, _of(_FLOATS)),
    "float64": (float64, _of([*_FLOATS, 1e300, -5e-324])),
    "number": (number, _of([0, 1, -1, 70000, 2**40, -(2**53), 0.5, 1e300, -7.25])),
    "wrap": (Angle, _within(-10.0, 10.0)),
    "clamp": (Axis, _within(-1.5, 1.5)),
    "share": (Share, _within(0.0, 100.0)),
    "str": (str, _of(_TEXTS)),
    "bytes": (bytes, _of([b"", b"\0\xff", b"abc", b"x" * 300])),
    "datetime": (datetime, _of(_MOMENTS)),
    "enum": (Side, _of(list(Side))),
    "many": (Many, _of(list(Many)[::37])),
}
_NAMES = list(KINDS)
RULES = {
    "everyone": EVERYONE,
    "role": Role("gm"),
    "owner": OWNER,
    "shown": SHOWN,
    "tagged": Shown(1),
}
_RULE_NAMES = list(RULES)
_SHAPES = ["one", "one", "one", "map", "list", "set"]


def value(kind: str, n: int) -> Any:
    """Return a value of a kind."""
    return KINDS[kind][1](n)


@frozen
class FieldPlan:
    """One field of a class to be."""

    shape: str
    #: A kind, or the number of a class.
    held: str | int
    rule: str
    optional: bool
    flag: str


@frozen
class WorldPlan:
    """The classes of a tree to be; the last one is the root's."""

    classes: tuple[tuple[FieldPlan, ...], ...]
    #: The second class stands below the first.
    inherits: bool


def _field(numbers: tuple[int, int, int, int, int], classes: int) -> FieldPlan:
    shape_number, held_number, rule_number, optional, flag_number = numbers
    shape = _SHAPES[shape_number % len(_SHAPES)]
    held: str | int = _NAMES[held_number % len(_NAMES)]
    if classes and shape != "set" and held_number % 3 == 0:
        held = (held_number // 3) % classes
    # Every other field is for everyone.
    rule = _RULE_NAMES[rule_number // 2 % 5] if rule_number % 2 else "everyone"
    flag = {0: "transient", 1: "server_only"}.get(flag_number, "")
    may = shape == "one" and (bool(optional) or isinstance(held, int))
    return FieldPlan(shape, held, rule, may, flag)


_numbers = st.tuples(
    st.integers(0, 5),
    st.integers(0, 59),
    st.integers(0, 9),
    st.integers(0, 1),
    st.integers(0, 11),
)


@st.composite
def worlds(draw: st.DrawFn, *, limited: bool = True) -> WorldPlan:
    """Draw the classes of a tree: two kinds of entities, and a root that holds them."""
    classes: list[tuple[FieldPlan, ...]] = []
    for level in range(3):
        drawn = draw(st.lists(_numbers, min_size=1, max_size=6))
        fields = [_field(numbers, level) for numbers in drawn]
        if level:
            shape, rule = draw(
                st.tuples(st.sampled_from(["map", "list"]), st.integers(0, 9))
            )
            numbers = ({"map": 3, "list": 4}[shape], 3 * (level - 1), rule, 0, 5)
            fields.append(_field(numbers, level))
        if not limited:
            fields = [
                FieldPlan(each.shape, each.held, "everyone", each.optional, each.flag)
                for each in fields
            ]
        classes.append(tuple(fields))
    return WorldPlan(tuple(classes), draw(st.booleans()))


def build(plan: WorldPlan) -> list[type[State]]:
    """Make the classes; the last is the root's."""
    made: list[type[State]] = []
    for level, fields in enumerate(plan.classes):
        base = made[0] if plan.inherits and level == 1 else State
        annotations: dict[str, Any] = {}
        namespace: dict[str, Any] = {"__annotations__": annotations}
        namespace["__module__"] = __name__
        for i, each in enumerate(fields):
            name = f"f{level}_{i}"
            hint = (
                made[each.held] if isinstance(each.held, int) else KINDS[each.held][0]
            )
            if each.shape == "map":
                hint = Map[str, hint]  # type: ignore[valid-type]  # made here
            elif each.shape == "list":
                hint = List[hint]  # type: ignore[valid-type]  # made here
            elif each.shape == "set":
                hint = Set[hint]  # type: ignore[valid-type]  # made here
            annotations[name] = hint | None if each.optional else hint
            namespace[name] = field(
                visible=RULES[each.rule],
                transient=each.flag == "transient",
                server_only=each.flag == "server_only",
            )
        made.append(type(State)(f"C{level}", (base,), namespace))
    return made


#: What happens: which operation, to which entity, to which field, with what.
steps = st.lists(
    st.tuples(
        st.integers(0, 99),
        st.integers(0, 30),
        st.integers(0, 30),
        st.integers(0, 40),
        st.integers(0, 40),
    ),
    min_size=4,
    max_size=30,
)
