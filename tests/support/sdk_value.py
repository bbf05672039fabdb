"""Values of Python as JSON for `sdk.mjs`, which has those of JavaScript, and back."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from nexus.wire.plain import UNDEFINED, Undefined

__all__ = ["BigInt", "JsMap", "read", "spell"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ODD: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "-0": -0.0}


class BigInt(int):
    """A bigint of JavaScript, which is no number there."""


@frozen
class JsMap:
    """A `Map` of JavaScript, whose keys need not be text."""

    pairs: list[tuple[Any, Any]]


def spell(value: Any) -> Any:
    """Return what stands for a value in JSON.

    Raises:
        TypeError: JavaScript has no such value.
    """
    if isinstance(value, Undefined):
        return {"$undefined": True}
    if isinstance(value, BigInt):
        return {"$int": str(int(value))}
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return _spell_float(value)
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, datetime):
        return {"$date": (value - _EPOCH) // timedelta(milliseconds=1)}
    if isinstance(value, list | tuple):
        return [spell(item) for item in value]
    if isinstance(value, set | frozenset):
        return {"$set": [spell(item) for item in value]}
    if isinstance(value, JsMap):
        return {"$map": [[spell(key), spell(item)] for key, item in value.pairs]}
    if isinstance(value, dict):
        return {"$object": [[key, spell(item)] for key, item in value.items()]}
    raise TypeError(f"{type(value).__name__} has no likeness in JavaScript")


def _spell_float(value: float) -> Any:
    if math.isnan(value):
        return {"$float": "nan"}
    if math.isinf(value):
        return {"$float": "inf" if value > 0 else "-inf"}
    if value == 0 and math.copysign(1, value) < 0:
        return {"$float": "-0"}
    return value


def read(shown: Any) -> Any:
    """Return what JSON of `sdk.mjs` stands for.

    A Map becomes a dict, a Set and a collection a list in their order. A Date that
    Python cannot tell stays the mark that it came as.
    """
    if isinstance(shown, list):
        return [read(item) for item in shown]
    if not isinstance(shown, dict):
        return shown
    if len(shown) == 1:
        [(mark, value)] = shown.items()
        match mark:
            case "$undefined":
                return UNDEFINED
            case "$int":
                return BigInt(value)
            case "$float":
                return _ODD[value]
            case "$bytes":
                return bytes.fromhex(value)
            case "$date":
                return _read_date(shown)
            case "$map" | "$object":
                return {read(key): read(item) for key, item in value}
            case "$set" | "$collection":
                return [read(item) for item in value]
    return {key: read(item) for key, item in shown.items()}


def _read_date(shown: dict[str, Any]) -> Any:
    try:
        return _EPOCH + timedelta(milliseconds=shown["$date"])
    except (TypeError, OverflowError):
        return shown
