"""Readable: a State as JSON, for people who ask the database; docs/journal.md, 5.

JSON, and JSONB still more, have no NUL, no half of a surrogate pair, no NaN
and no bytes. `escape` spells them with what is there, and `unescape` takes it back.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from math import copysign, inf, isfinite
from typing import Any, Final

from attrs import define, frozen

from nexus.journal.kept import Kept
from nexus.wire.codec import BigInt
from nexus.wire.message import UNDEFINED
from nexus.wire.native.replica import Replica, plain

__all__ = ["escape", "readable", "unescape"]

#: A longer text than this is a summary instead, in bytes.
LIMIT: Final = 1_000_000
#: How deep values may stand inside each other: entities do at most 64 deep.
_DEPTH: Final = 256
#: So many plain values are written by one call.
_FEW: Final = 1_000
#: The fewest characters that an entity takes.
_LEAST: Final = 3

#: What a text may not have, and what escapes begin with.
_BAD: Final = re.compile("[\0\ud800-\udfff]")
_SPELLED: Final = re.compile("[\0~\ud800-\udfff]")
_ESCAPE: Final = re.compile("~([0-9a-f]{4})")


def readable(source: Kept | Replica, limit: int = LIMIT) -> str:
    """Return a State as JSON with the names of its fields; `{}` if there is none yet.

    Beyond the limit it is a summary: how many entities of which classes there are. Of
    what is far beyond it only a part is written, and nobody knows how long all is.
    """
    replica = source.replica if isinstance(source, Kept) else source
    if replica is None:
        return "{}"
    size = None
    if replica.count * _LEAST <= limit:
        state = plain(replica.state)
        if isinstance(source, Kept):
            _count_rows(source, replica, state)
        with suppress(_TooLong):
            text = _dump(_escape(state, _DEPTH, _Meter(limit)))
            size = len(text.encode())
            if size <= limit:
                return text
    classes = Counter(each._cls.name for each in replica.entities)
    summary = {
        "version": replica.version,
        "bytes": size,
        "entities": replica.count,
        "classes": classes,
    }
    return _dump({"$summary": summary})


def _count_rows(kept: Kept, replica: Replica, state: Any) -> None:
    """Put a count where the rows of a Table would be: they are stored apart."""
    found = {each._id: each for each in replica.entities} if kept.tables else {}
    for table in kept.tables.values():
        owner = found.get(table.owner)
        if owner is None:
            continue
        path: list[Any] = []
        while owner._parent is not None and owner._field is not None:
            above, each = owner._parent, owner._field
            held = above._values[each.index]
            if each.shape != "one":
                path.append(owner._key if each.shape == "map" else held.index(owner))
            path.append(each.name)
            owner = above
        here = state
        for step in reversed(path):
            here = here[step]
        count = (kept.counts or {}).get(table.key)
        here[table.field] = _Rows(0 if count is None else count.rows)


@frozen
class _Rows:
    """Stands for the rows of a Table."""

    count: int


class _TooLong(Exception):
    """There is more than was to be written."""


@define
class _Meter:
    """Counts the fewest characters that values take.

    Attributes:
        left: How many more there may be.
    """

    left: float = inf

    def take(self, size: int) -> None:
        """Count some more.

        Raises:
            _TooLong: They are too many.
        """
        self.left -= size
        if self.left < 0:
            raise _TooLong


def _dump(value: object) -> str:
    """Write it as JSON, by many small calls: one that takes long stops all threads."""
    if isinstance(value, dict) and _is_large(value.values()):
        texts = [f"{_text(key)}:{_dump(held)}" for key, held in value.items()]
        return f"{{{','.join(texts)}}}"
    if isinstance(value, list) and _is_large(value):
        return f"[{','.join([_dump(held) for held in value])}]"
    return _text(value)


def _is_large(values: Collection[object]) -> bool:
    return len(values) > _FEW or any(isinstance(each, dict | list) for each in values)


_text: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode


def escape(value: object) -> Any:
    """Return a plain value as JSONB can hold it.

    Raises:
        ValueError: Something in it is no plain value, or nested too deep.
    """
    return _escape(value, _DEPTH, _Meter())


def _escape(value: Any, depth: int, meter: _Meter) -> Any:
    # Text before it is looked at, as that takes time; of all else each is short.
    meter.take(1 + (len(value) if isinstance(value, str | bytes) else 0))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _escape_text(value)
    if isinstance(value, BigInt):
        return {"$bigint": str(int(value))}
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 64:
            raise ValueError("an int beyond 64 bits; keep it as a str")
        return value
    if isinstance(value, float):
        return _escape_float(value)
    if isinstance(value, bytes):
        return {"$bytes": b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$date": value.isoformat()}
    if value is UNDEFINED:
        return {"$undefined": True}
    if isinstance(value, _Rows):
        return {"$rows": value.count}
    if depth <= 0:
        raise ValueError(f"nested deeper than {_DEPTH}, or in a circle")
    if isinstance(value, dict):
        return {
            _escape_key(k, meter): _escape(v, depth - 1, meter)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [_escape(each, depth - 1, meter) for each in value]
    if isinstance(value, set | frozenset):
        # In one order, whatever a process makes of it.
        some = sorted(value, key=repr)
        return {"$set": [_escape(each, depth - 1, meter) for each in some]}
    raise ValueError(f"{type(value).__name__} is no plain value")


def _escape_text(value: str, begins: tuple[str, ...] = ("~",)) -> str:
    if value.startswith(begins) or _BAD.search(value):
        return "~" + _SPELLED.sub(lambda found: f"~{ord(found[0]):04x}", value)
    return value


def _escape_key(value: object, meter: _Meter) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a key of type {type(value).__name__}, not str")
    meter.take(1 + len(value))
    # What begins with a dollar is an escape of ours.
    return _escape_text(value, ("~", "$"))


def _escape_float(value: float) -> Any:
    if not isfinite(value):
        name = "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
        return {"$float": name}
    if value == 0 and copysign(1.0, value) < 0:
        return {"$float": "-0"}
    return value


def unescape(value: Any) -> Any:
    """Return what was escaped.

    Raises:
        ValueError: No `escape` returns this.
    """
    if isinstance(value, str):
        return _unescape_text(value)
    if isinstance(value, list):
        return [unescape(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, held),) = value.items()
        if name.startswith("$"):
            return _unescape_one(name, held)
    return {_unescape_text(name): unescape(held) for name, held in value.items()}


def _unescape_text(value: str) -> str:
    if not value.startswith("~"):
        return value
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value[1:])


def _unescape_one(name: str, held: Any) -> Any:
    try:
        return _KINDS[name](held)
    except (KeyError, TypeError):
        raise ValueError(f"{name} is no escape of ours") from None


_KINDS: Final[dict[str, Callable[[Any], Any]]] = {
    "$float": float,
    "$bytes": b64decode,
    "$date": datetime.fromisoformat,
    "$bigint": lambda held: BigInt(int(held)),
    "$undefined": lambda _: UNDEFINED,
    "$set": lambda held: {unescape(each) for each in held},
}
