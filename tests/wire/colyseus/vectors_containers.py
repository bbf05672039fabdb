"""The recordings of the official encoder that are about one container each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.state import List, Map, Set, State, number
from tests.wire.colyseus.story import EXACT, FULL, HANDSHAKE, P, Story, p, put

__all__ = ["ARRAY_PRIMITIVE", "ARRAY_REF", "MAP", "SET"]


class Maps(State):
    m: Map[str, P]
    n: Map[str, number]


_WIDE = "an entity's containers are filled before what stands in them"
_RETURNED = "a key that comes back gets another index and stands at the end"
_RESTART = "indexes count on after a clear"

MAP = Story(
    make=lambda: Maps(m={"a": p(1, 2)}, n={"k": 1}),
    edits={
        'm.set("b", P(3,4))': lambda root: root.m.update(b=p(3, 4)),
        'm.get("a").x = 9': lambda root: setattr(root.m["a"], "x", 9),
        'm.set("a", P(8,8)) (replace)': lambda root: root.m.update(a=p(8, 8)),
        'm.delete("b")': lambda root: root.m.pop("b"),
        'm.set("b", P(5,5)) after delete: new index': lambda root: root.m.update(
            b=p(5, 5)
        ),
        'n.set("k", 2)': lambda root: root.n.update(k=2),
        'n.set("z", -1.5); n.set("é", 3)': lambda root: root.n.update(
            {"z": -1.5, "é": 3}
        ),
        'n.delete("k"); n.set("k", 7) in one tick': lambda root: (
            root.n.pop("k"),
            root.n.update(k=7),
        ),
        'm.set("t", P(1,1)); m.delete("t") in one tick': lambda root: (
            root.m.update(t=p(1, 1)),
            root.m.pop("t"),
        ),
        # A State stands at one place, so another one stands at the second.
        "move: same instance under a second key": lambda root: root.m.update(
            a2=p(8, 8)
        ),
        'm.delete("a") (instance stays under "a2")': lambda root: root.m.pop("a"),
        'm.get("a2").y = 77': lambda root: setattr(root.m["a2"], "y", 77),
        "m.clear()": lambda root: root.m.clear(),
        'm.set("n1", P(0,0)) after clear: index restarts at 0': (
            lambda root: root.m.update(n1=p(0, 0))
        ),
        'm.clear(); m.set("q", P(2,2)) in one tick': lambda root: (
            root.m.clear(),
            root.m.update(q=p(2, 2)),
        ),
        "whole map replaced: m = new MapSchema({w: P(4,4)})": put(
            "m", lambda: {"w": p(4, 4)}
        ),
    },
    other={
        FULL: _WIDE,
        'n.set("z", -1.5); n.set("é", 3)': EXACT,
        'n.delete("k"); n.set("k", 7) in one tick': _RETURNED,
        'm.set("t", P(1,1)); m.delete("t") in one tick': "nothing happened",
        "move: same instance under a second key": "it is another instance",
        'm.get("a2").y = 77': "it is another instance",
        'm.set("n1", P(0,0)) after clear: index restarts at 0': _RESTART,
        'm.clear(); m.set("q", P(2,2)) in one tick': "one removal is said as such",
        "whole map replaced: m = new MapSchema({w: P(4,4)})": (
            "a container stays the same object"
        ),
    },
)


class Numbers(State):
    a: List[number]


def _splice(start: int, count: int, *values: Any) -> Callable[[Any], object]:
    return lambda root: root.a.__setitem__(slice(start, start + count), values)


_REWRITE = "a changed order is written place by place"

ARRAY_PRIMITIVE = Story(
    make=lambda: Numbers(a=[1, 2, 3]),
    edits={
        "push(4)": lambda root: root.a.append(4),
        "a[1] = 20": lambda root: root.a.__setitem__(1, 20),
        "shift()": lambda root: root.a.pop(0),
        "pop()": lambda root: root.a.pop(),
        "unshift(7)": lambda root: root.a.insert(0, 7),
        "unshift(5,6)": _splice(0, 0, 5, 6),
        "splice(1,1)": lambda root: root.a.pop(1),
        "splice(1,0,99) (insert)": lambda root: root.a.insert(1, 99),
        "splice(0,2,1,2,3) (replace and grow)": _splice(0, 2, 1, 2, 3),
        "reverse()": lambda root: root.a.reverse(),
        "sort()": lambda root: root.a.sort(),
        "shift(); push(50) in one tick": lambda root: (
            root.a.pop(0),
            root.a.append(50),
        ),
        "clear()": lambda root: root.a.clear(),
        "push(1,2)": lambda root: root.a.extend([1, 2]),
        "clear(); push(9) in one tick": lambda root: (root.a.clear(), root.a.append(9)),
        "whole array replaced: a = new ArraySchema(3,2,1)": put("a", [3, 2, 1]),
    },
    other={
        "unshift(7)": _REWRITE,
        "unshift(5,6)": _REWRITE,
        "splice(1,0,99) (insert)": _REWRITE,
        "splice(0,2,1,2,3) (replace and grow)": _REWRITE,
        "reverse()": _REWRITE,
        "clear(); push(9) in one tick": _REWRITE,
        "whole array replaced: a = new ArraySchema(3,2,1)": (
            "a container stays the same object"
        ),
    },
)


class Points(State):
    a: List[P]


_PLACE = "what leaves a list is named by its place, which all majors release"

ARRAY_REF = Story(
    make=lambda: Points(a=[p(1, 1), p(2, 2), p(3, 3)]),
    edits={
        "push(P(4,4))": lambda root: root.a.append(p(4, 4)),
        "a[0].x = 10": lambda root: setattr(root.a[0], "x", 10),
        "a[1] = P(20,20) (replace)": lambda root: root.a.__setitem__(1, p(20, 20)),
        "shift()": lambda root: root.a.pop(0),
        "pop()": lambda root: root.a.pop(),
        "unshift(P(7,7))": lambda root: root.a.insert(0, p(7, 7)),
        "splice(1,1)": lambda root: root.a.pop(1),
        "splice(1,0,P(9,9)) (insert)": lambda root: root.a.insert(1, p(9, 9)),
        "reverse()": lambda root: root.a.reverse(),
        "move: swap 0 and 1": lambda root: root.a.move(0, 1),
        "sort by x": lambda root: root.a.sort(key=lambda one: one.x),
        "clear()": lambda root: root.a.clear(),
    },
    other={
        "shift()": _PLACE,
        "pop()": _PLACE,
        "unshift(P(7,7))": _REWRITE,
        "splice(1,1)": _PLACE,
        "splice(1,0,P(9,9)) (insert)": _REWRITE,
        "reverse()": _REWRITE,
        "move: swap 0 and 1": _REWRITE,
        "sort by x": _REWRITE,
    },
)


class Sets(State):
    s: Set[number]


_MORE = "the recorded State has collections as well, which Nexus has not"
_NOT_OURS = {
    note: lambda root: None
    for note in (
        'c.add("b")',
        'c.delete("a")',
        "sr.add(P(5,5))",
        "change inside: first of sr x=9",
        "sr.delete(first)",
        "cr.add(P(6,6))",
    )
}

SET = Story(
    make=lambda: Sets(s={1, 2}),
    edits={
        "s.add(3)": lambda root: root.s.add(3),
        "s.delete(1)": lambda root: root.s.discard(1),
        "s.clear()": lambda root: root.s.clear(),
        "s.add(8) after clear": lambda root: root.s.add(8),
        **_NOT_OURS,
    },
    other={HANDSHAKE: _MORE, FULL: _MORE, **dict.fromkeys(_NOT_OURS, _MORE)},
    only=frozenset({"s"}),
)
