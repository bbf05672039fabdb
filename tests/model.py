"""What clients must see: the documented mapping, worked out the slow and plain way."""

from __future__ import annotations

import base64
import math
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from nexus.state import State, View
from nexus.state.kind import Bytes, Choice, Kind, Moment
from nexus.state.number import Integer
from nexus.wire.native import Mirror
from nexus.wire.native.held import HeldRows
from nexus.wire.native.replica import plain

__all__ = ["canonical", "canonical_dump", "expected"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def expected(state: State, view: View | None, *, target: str) -> Any:
    """Return what a client must hold of a State, in canonical form.

    Args:
        state: The State, as it was at the last flush.
        view: What the client may see; None: what everybody may.
        target: "nexus" or "schema": whose mapping of values is meant.
    """
    seen: dict[str, Any] = {}
    for each in state.__layout__.fields:
        if each.said.server_only:
            continue
        held = getattr(state, each.name)
        if each.state is None:
            if not _allows(each.rule, view, state):
                continue
            kind = each.kind
            assert kind is not None
            if each.shape == "one":
                if held is not None:
                    seen[each.name] = _map(kind, held, target)
            elif each.shape == "list":
                seen[each.name] = [_map(kind, item, target) for item in held]
            elif each.shape == "set":
                seen[each.name] = ("set", _sorted(_map(kind, x, target) for x in held))
            else:
                seen[each.name] = (
                    "map",
                    [(key, _map(kind, item, target)) for key, item in held.items()],
                )
        elif each.shape == "one":
            if held is not None and _allows(each.rule, view, held):
                seen[each.name] = expected(held, view, target=target)
        elif each.shape == "list":
            seen[each.name] = [
                expected(item, view, target=target)
                for item in held
                if _allows(each.rule, view, item)
            ]
        else:
            pairs = [
                (key, expected(item, view, target=target))
                for key, item in held.items()
                if _allows(each.rule, view, item)
            ]
            whole = each.rule.lane == 0 and state._reach == 0
            seen[each.name] = ("map", pairs) if whole else ("some", dict(pairs))
    return seen


def _allows(rule: Any, view: View | None, state: State) -> bool:
    if view is None:
        return bool(rule.lane == 0)
    return bool(rule.allows(view, state))


def _map(kind: Kind, value: Any, target: str) -> Any:
    """Return what a value becomes at a client."""
    if isinstance(kind, Choice):
        return value.name
    if isinstance(kind, Moment):
        milliseconds = (value - _EPOCH) // (_EPOCH.resolution * 1000)
        return ("date", milliseconds) if target == "nexus" else float(milliseconds)
    if isinstance(kind, Bytes):
        return value if target == "nexus" else base64.b64encode(value).decode()
    if isinstance(kind, Integer) and kind.bits == 64:
        return ("int", value)
    return canonical(value)


def canonical(value: Any) -> Any:
    """Return what a Python Replica holds, in canonical form."""
    if isinstance(value, Mirror):
        value = plain(value)
        return {
            key: canonical(entry) for key, entry in value.items() if entry is not None
        }
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        return value + 0.0
    return value


def mirrored(mirror: Mirror) -> Any:
    """Return an entity of a Python Replica in canonical form."""
    seen: dict[str, Any] = {}
    for each in mirror._cls.by_name.values():
        value = mirror._values[each.index]
        try:
            value = getattr(mirror, each.name)
        except AttributeError:
            continue
        if value is None:
            continue

        def one(item: Any, kind: Kind | None = each.kind) -> Any:
            if isinstance(item, Mirror):
                return mirrored(item)
            if isinstance(item, datetime):
                return ("date", (item - _EPOCH) // (_EPOCH.resolution * 1000))
            if isinstance(kind, Integer) and kind.bits == 64:
                return ("int", item)
            return canonical(item)

        if each.shape == "map":
            seen[each.name] = ("map", [(key, one(item)) for key, item in value.items()])
        elif each.shape == "list":
            seen[each.name] = [one(item) for item in value]
        elif each.shape == "set":
            seen[each.name] = ("set", _sorted(one(item) for item in value))
        elif isinstance(value, HeldRows):
            columns = value.cls.by_name
            seen[each.name] = [
                [
                    id_,
                    value.cell(id_),
                    {
                        name: one(item, columns[name].kind)
                        for name, item in plain(value[id_]).items()
                    },
                ]
                for id_ in sorted(value)
            ]
        else:
            seen[each.name] = one(value)
    return seen


def canonical_dump(dump: Any) -> Any:
    """Return what a JavaScript process dumped, in canonical form."""
    if isinstance(dump, list):
        return [canonical_dump(item) for item in dump]
    if isinstance(dump, float):
        return dump + 0.0
    if not isinstance(dump, dict):
        return dump
    if len(dump) == 1:
        [(mark, value)] = dump.items()
        match mark:
            case "$map":
                return ("map", [(key, canonical_dump(item)) for key, item in value])
            case "$rows":
                return canonical_dump(value)
            case "$set":
                return ("set", _sorted(canonical_dump(item) for item in value))
            case "$int":
                return ("int", int(value))
            case "$date":
                return ("date", value)
            case "$bytes":
                return bytes.fromhex(value)
            case "$float":
                return 0.0 if value == "-0" else value
            case _:
                pass
    return {key: canonical_dump(item) for key, item in dump.items() if item is not None}


def _sorted(values: Any) -> list[Any]:
    """Put the values of a set in an order that says nothing."""

    def key(value: Any) -> tuple[str, float, str]:
        if isinstance(value, int | float):
            # JSON tells no 1 from 1.0.
            return ("number", float(value), "")
        return (type(value).__name__, 0.0, str(value))

    return sorted(values, key=key)


def same(want: Any, have: Any, *, ordered: bool = True) -> bool:
    """Compare canonical forms; entries that a rule picks have no order.

    Args:
        want: What there must be.
        have: What there is.
        ordered: Whether the entries of other maps have one.
    """
    if isinstance(want, tuple) and want:
        if want[0] == "map" and not ordered:
            want = ("some", dict(want[1]))
        if want[0] == "some":
            return (
                isinstance(have, tuple)
                and have[0] == "map"
                and len(have[1]) == len(want[1])
                and same(want[1], dict(have[1]), ordered=ordered)
            )
    if isinstance(want, dict):
        return (
            isinstance(have, dict)
            and want.keys() == have.keys()
            and all(same(value, have[k], ordered=ordered) for k, value in want.items())
        )
    if isinstance(want, list | tuple):
        return (
            isinstance(have, list | tuple)
            and len(want) == len(have)
            and all(
                same(a, b, ordered=ordered) for a, b in zip(want, have, strict=True)
            )
        )
    if isinstance(want, bool) or isinstance(have, bool):
        return want is have
    return bool(want == have)
