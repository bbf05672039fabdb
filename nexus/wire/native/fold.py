"""Folds: what several patches did in one container, as one patch would say it."""

from __future__ import annotations

from typing import Any

from nexus.state.kind import Kind
from nexus.wire.codec import pack
from nexus.wire.native.column import pack_raw
from nexus.wire.native.ids import write_ids
from nexus.wire.native.op import Op

__all__ = ["ListFold", "MapFold", "SetFold"]


class MapFold:
    """Removals, then settings in the order of the latest adding."""

    __slots__ = ("_cleared", "_kind", "_removed", "_set")

    #: How many entities it speaks of by ids alone; its keys pay for those of a map.
    silent = 0

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind
        self._cleared = False
        self._removed: dict[str, None] = {}
        self._set: dict[str, Any] = {}

    def clear(self) -> None:
        """Forget everything else."""
        self._cleared = True
        self._removed.clear()
        self._set.clear()

    def set(self, keys: list[str], values: list[Any]) -> None:
        """Set entries."""
        self._set.update(zip(keys, values, strict=True))

    def remove(self, keys: list[str]) -> None:
        """Remove entries; whether they were there before is not known."""
        for key in keys:
            self._set.pop(key, None)
            if not self._cleared:
                self._removed[key] = None

    def write(self, out: list[bytes], id_: bytes) -> None:
        """Write what is left to say."""
        if self._cleared:
            out += (pack(Op.CLEAR.value), id_)
        elif self._removed:
            out += (pack(Op.REMOVE.value), id_, _keys(self._removed))
        if self._set:
            values = list(self._set.values())
            out += (pack(Op.SET.value), id_, _keys(self._set))
            out.append(pack_raw(self._kind, values))


class SetFold:
    """Values that went, and values that came."""

    __slots__ = ("_cleared", "_come", "_gone", "_kind")

    #: As in a MapFold.
    silent = 0

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind
        self._cleared = False
        self._gone: dict[Any, None] = {}
        self._come: dict[Any, None] = {}

    def clear(self) -> None:
        """Forget everything else."""
        self._cleared = True
        self._gone.clear()
        self._come.clear()

    def add(self, values: list[Any]) -> None:
        """Add values."""
        for value in values:
            self._gone.pop(value, None)
            self._come[value] = None

    def discard(self, values: list[Any]) -> None:
        """Remove values; whether they were there before is not known."""
        for value in values:
            self._come.pop(value, None)
            if not self._cleared:
                self._gone[value] = None

    def write(self, out: list[bytes], id_: bytes) -> None:
        """Write what is left to say."""
        if self._cleared:
            out += (pack(Op.CLEAR.value), id_)
        elif self._gone:
            out += (pack(Op.DISCARD.value), id_, pack_raw(self._kind, list(self._gone)))
        if self._come:
            out += (pack(Op.ADD.value), id_, pack_raw(self._kind, list(self._come)))


class ListFold:
    """Steps in their order, from the last time that the whole content was said."""

    __slots__ = ("_kind", "_steps", "silent")

    def __init__(self, kind: Kind | None) -> None:
        self._kind = kind
        self._steps: list[tuple[bytes, ...]] = []
        #: As in a MapFold.
        self.silent = 0

    def clear(self) -> None:
        """Forget everything else."""
        self._steps = [(pack(Op.CLEAR.value),)]
        self.silent = 0

    def assign(self, values: list[Any]) -> None:
        """Take this content instead."""
        self._steps = [(pack(Op.ASSIGN.value), pack_raw(self._kind, values))]
        self.silent = len(values)

    def replace(self, places: list[int], values: list[Any]) -> None:
        """Put other values at these places."""
        values_column = pack_raw(self._kind, values)
        step = (pack(Op.REPLACE.value), write_ids(places), values_column)
        self._steps.append(step)
        self.silent += len(values)

    def insert(self, at: int, values: list[Any]) -> None:
        """Insert values."""
        column = pack_raw(self._kind, values)
        self._steps.append((pack(Op.INSERT.value), pack(at), column))
        self.silent += len(values)

    def step(self, op: Op, first: int, second: int) -> None:
        """Take a step of two numbers: erase, or move."""
        self._steps.append((pack(op.value), pack(first), pack(second)))

    def write(self, out: list[bytes], id_: bytes) -> None:
        """Write what is left to say."""
        for op, *rest in self._steps:
            out += (op, id_, *rest)


def _keys(keys: dict[str, Any]) -> bytes:
    some = list(keys)
    return pack(some[0] if len(some) == 1 else some)
