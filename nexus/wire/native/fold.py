"""Folds: what several patches did in one container, as one patch would say it."""

from __future__ import annotations

from typing import Any, TypeAlias

from nexus.wire.codec import pack
from nexus.wire.native.column import pack_raw
from nexus.wire.native.ids import write_ids
from nexus.wire.native.op import Op
from nexus.wire.native.outline import RemoteField
from nexus.wire.native.rowfold import TableFold

__all__ = ["Fold", "ListFold", "MapFold", "SetFold", "fold_of"]

# Room is made when there is something to keep in it: a hostile patch says a little of
# very many containers.


class MapFold:
    """Removals, then settings in the order of the latest adding."""

    __slots__ = ("_cleared", "_removed", "_set", "field")

    #: How many entities it speaks of by ids alone; its keys pay for those of a map.
    silent = 0
    #: What the rows weigh that it brings.
    weight = 0

    def __init__(self, field: RemoteField) -> None:
        self.field = field
        self._cleared = False
        self._removed: dict[str, None] | None = None
        self._set: dict[str, Any] | None = None

    def clear(self) -> None:
        """Forget everything else."""
        self._cleared = True
        self._removed = self._set = None

    def set(self, keys: list[str], values: list[Any]) -> None:
        """Set entries."""
        if self._set is None:
            self._set = {}
        self._set.update(zip(keys, values, strict=True))

    def remove(self, keys: list[str]) -> None:
        """Remove entries; whether they were there before is not known."""
        for key in keys:
            if self._set is not None:
                self._set.pop(key, None)
            if not self._cleared:
                if self._removed is None:
                    self._removed = {}
                self._removed[key] = None

    def written(self, id_: bytes) -> bytes:
        """Return what is left to say."""
        out: list[bytes] = []
        if self._cleared:
            out += (pack(Op.CLEAR.value), id_)
        elif self._removed:
            out += (pack(Op.REMOVE.value), id_, _keys(self._removed))
        if self._set:
            values = list(self._set.values())
            out += (pack(Op.SET.value), id_, _keys(self._set))
            out.append(pack_raw(self.field.kind, values))
        return b"".join(out)


class SetFold:
    """Values that went, and values that came."""

    __slots__ = ("_cleared", "_come", "_gone", "field")

    #: As in a MapFold.
    silent = weight = 0

    def __init__(self, field: RemoteField) -> None:
        self.field = field
        self._cleared = False
        self._gone: dict[Any, None] | None = None
        self._come: dict[Any, None] | None = None

    def clear(self) -> None:
        """Forget everything else."""
        self._cleared = True
        self._gone = self._come = None

    def add(self, values: list[Any]) -> None:
        """Add values."""
        if self._come is None:
            self._come = {}
        for value in values:
            if self._gone is not None:
                self._gone.pop(value, None)
            self._come[value] = None

    def discard(self, values: list[Any]) -> None:
        """Remove values; whether they were there before is not known."""
        for value in values:
            if self._come is not None:
                self._come.pop(value, None)
            if not self._cleared:
                if self._gone is None:
                    self._gone = {}
                self._gone[value] = None

    def written(self, id_: bytes) -> bytes:
        """Return what is left to say."""
        kind, out = self.field.kind, []
        if self._cleared:
            out += [pack(Op.CLEAR.value), id_]
        elif self._gone:
            out += [pack(Op.DISCARD.value), id_, pack_raw(kind, list(self._gone))]
        if self._come:
            out += [pack(Op.ADD.value), id_, pack_raw(kind, list(self._come))]
        return b"".join(out)


class ListFold:
    """Steps in their order, from the last time that the whole content was said."""

    __slots__ = ("_steps", "field", "silent")

    #: As in a MapFold.
    weight = 0

    def __init__(self, field: RemoteField) -> None:
        self.field = field
        #: Each as its first byte, and what follows the container.
        self._steps: list[bytes] = []
        #: As in a MapFold.
        self.silent = 0

    def clear(self) -> None:
        """Forget everything else."""
        self._steps = [pack(Op.CLEAR.value)]
        self.silent = 0

    def assign(self, values: list[Any]) -> None:
        """Take this content instead."""
        self._steps = [pack(Op.ASSIGN.value) + pack_raw(self.field.kind, values)]
        self.silent = len(values)

    def replace(self, places: list[int], values: list[Any]) -> None:
        """Put other values at these places."""
        column = pack_raw(self.field.kind, values)
        self._steps.append(pack(Op.REPLACE.value) + write_ids(places) + column)
        self.silent += len(values)

    def insert(self, at: int, values: list[Any]) -> None:
        """Insert values."""
        column = pack_raw(self.field.kind, values)
        self._steps.append(pack(Op.INSERT.value) + pack(at) + column)
        self.silent += len(values)

    def step(self, op: Op, first: int, second: int) -> None:
        """Take a step of two numbers: erase, or move."""
        self._steps.append(pack(op.value) + pack(first) + pack(second))

    def written(self, id_: bytes) -> bytes:
        """Return what is left to say."""
        return b"".join(step[:1] + id_ + step[1:] for step in self._steps)


#: What happened in one container; any operation on its shape may be asked of it.
Fold: TypeAlias = Any

_FOLDS: dict[str, Any] = {
    "map": MapFold,
    "list": ListFold,
    "set": SetFold,
    "table": TableFold,
}


def fold_of(field: RemoteField) -> Fold:
    """Return a fold of nothing yet."""
    return _FOLDS[field.shape](field)


def _keys(keys: dict[str, Any]) -> bytes:
    some = list(keys)
    return pack(some[0] if len(some) == 1 else some)
