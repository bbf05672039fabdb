"""Blocks: rows of a Table as bytes for a store, ids and columns; docs/journal.md, 7.

What is written is what the columns hold, at full width, so that the rows that are read
are those that were written, bit by bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from struct import Struct
from struct import error as StructError  # noqa: N812  # it is one class among others
from typing import Any, Final

import numpy as np
from attrs import frozen

from nexus.errors import PeerError
from nexus.state.table.column import Values

__all__ = ["Block", "Shelf", "read_blocks", "read_ids", "write_ids"]

#: What values may be made of.
_TYPES: Final = (
    *("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8"),
)
_MAX_ID: Final = (1 << 53) - 1
_MOST_COLUMNS: Final = 1 << 8
_IDS: Final = Struct("<IBQ")
_LENGTH: Final = Struct("<I")


@frozen
class Shelf:
    """Which columns a Block has.

    Attributes:
        names: The fields.
        kinds: What an Outline says of the kind of each, as JSON.
        types: What the values of each are made of, as numpy spells it.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many bytes a row takes, without its id."""
        return sum(np.dtype(each).itemsize for each in self.types)

    def written(self) -> bytes:
        """Write it."""
        three = zip(self.names, self.kinds, self.types, strict=True)
        return json.dumps([*three], separators=(",", ":")).encode()


@lru_cache(maxsize=256)
def _read_shelf(data: bytes) -> Shelf:
    try:
        listed = json.loads(data)
        names, kinds, types = zip(*listed, strict=True) if listed else ((), (), ())
    except (ValueError, TypeError, RecursionError):
        raise PeerError("columns that cannot be read") from None
    texts = (*names, *kinds, *types)
    if (
        not all(type(each) is str for each in texts)
        or len(names) > _MOST_COLUMNS
        or len({*names}) != len(names)
        or not {*types} <= {*_TYPES}
    ):
        raise PeerError("columns that cannot be")
    return Shelf(names, kinds, types)


@frozen(eq=False)
class Block:
    """Some rows of a Table.

    Attributes:
        shelf: Which columns there are.
        ids: The ids of the rows, ascending.
        columns: For each column its values.
    """

    shelf: Shelf
    ids: Values
    columns: Sequence[Values]

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, where: Any) -> Block:
        """Return some of its rows, in the same order."""
        return Block(self.shelf, self.ids[where], [c[where] for c in self.columns])

    def written(self) -> bytes:
        """Write it."""
        shelf = self.shelf.written()
        three = [write_ids(self.ids), _LENGTH.pack(len(shelf)), shelf]
        return b"".join([*three, *[each.tobytes() for each in self.columns]])


def write_ids(ids: Values) -> bytes:
    """Write ids, which ascend: how many, how wide each is, the first, and the rest."""
    if not len(ids):
        return _IDS.pack(0, 4, 0)
    first = int(ids[0])
    width = 4 if int(ids[-1]) - first < 1 << 32 else 8
    offsets = (ids - first).astype(f"<u{width}")
    return _IDS.pack(len(ids), width, first) + offsets.tobytes()


def read_ids(data: bytes, at: int = 0) -> tuple[Values, int]:
    """Read ids, and return them with where they end.

    Raises:
        PeerError: These bytes are none.
    """
    try:
        count, width, first = _IDS.unpack_from(data, at)
    except StructError:
        raise PeerError("ids that are cut off") from None
    at += _IDS.size
    end = at + count * width
    if width not in (4, 8) or first > _MAX_ID or end > len(data):
        raise PeerError("ids that cannot be")
    offsets = np.frombuffer(data, f"<u{width}", count, at)
    if count:
        far = int(offsets[-1]) > _MAX_ID - first
        if far or offsets[0] or not (offsets[1:] > offsets[:-1]).all():
            raise PeerError("ids that do not ascend")
    return offsets.astype(np.int64) + first, end


def read_blocks(data: bytes) -> Iterator[Block]:
    """Read Blocks, one behind the other.

    Raises:
        PeerError: These bytes are none.
    """
    at = 0
    while at < len(data):
        ids, at = read_ids(data, at)
        if at + _LENGTH.size > len(data):
            raise PeerError("columns that are cut off")
        [size] = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        shelf = _read_shelf(data[at : at + size])
        at += size
        columns = []
        for type_ in shelf.types:
            dtype = np.dtype(type_)
            if at + len(ids) * dtype.itemsize > len(data):
                raise PeerError("columns that are cut off")
            # A byte that is neither 0 nor 1 is no bool.
            plain = np.dtype(np.uint8) if dtype.kind == "b" else dtype
            values = np.frombuffer(data, plain, len(ids), at)
            columns.append(values != 0 if dtype.kind == "b" else values)
            at += len(ids) * dtype.itemsize
        yield Block(shelf, ids, columns)
