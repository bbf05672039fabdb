"""Rows: those of a Table as entries of a map, straight from its columns.

A row has one number, and nobody has to look it up: its id is its `refId`, the index of
its entry and, as text, its key. So what is said of a row is the same for all clients,
and telling a client of a row that it holds already changes nothing there: neither its
instance, nor how often that is counted.

Thousands of rows are written in some array operations: as an array of records, one a
row. Where rows differ in length each has room for the longest, and what is not used is
left out in the end. Numbers are all written as the largest of them has to be, which the
decoders read as well, so that mostly nothing has to be left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from nexus.state.change import TableEdit
from nexus.state.kind import Choice, Kind, Moment
from nexus.state.number import Quantized
from nexus.state.state import State
from nexus.wire.colyseus.mapping import Major, sent
from nexus.wire.colyseus.op import ADD, DELETE, switch
from nexus.wire.colyseus.primitive import encode_string

__all__ = ["RowWriter", "Script"]

_Array: TypeAlias = NDArray[Any]
#: Something that is said of each row: one and the same byte; numbers as they are; or
#: some bytes, of which so many count.
_Part: TypeAlias = int | _Array | tuple[NDArray[np.uint8], _Array]
#: From whole numbers, as a Table gives them out, to what is said of them.
_Spell: TypeAlias = Callable[[_Array], _Part]

#: What begins a visit to another object.
_SWITCH: Final = 0xFF
#: What begins a text of fewer than 32 bytes.
_TEXT: Final = 0xA0
#: How numbers below a bound are written: what they begin with, and what follows.
_FORMS: Final = (
    (1 << 8, 0xCC, "u1"),
    (1 << 16, 0xCD, "<u2"),
    (1 << 32, 0xCE, "<u4"),
    (1 << 53, 0xCB, "<f8"),
)
#: From these numbers on there is one digit more; no id has more than 16.
_TENS: Final = 10 ** np.arange(1, 16, dtype=np.int64)


@frozen(eq=False)
class Script:
    """What is said of some rows, so that those of a few of them can be cut out."""

    body: bytes
    #: Where what is said of each row begins, and where the last one ends; or how many
    #: bytes each of them has.
    _starts: NDArray[Any] | int

    def cut(self, start: int, end: int) -> bytes:
        """Return what is said of the rows from one on up to another."""
        starts = self._starts
        if isinstance(starts, int):
            return self.body[start * starts : end * starts]
        return self.body[int(starts[start]) : int(starts[end])]


class RowWriter:
    """Writes what is said of rows of one class, for one major.

    Args:
        cls: The State class that says which columns there are.
        major: The major of `@colyseus/schema` that the clients decode with.
    """

    def __init__(self, cls: type[State], major: Major) -> None:
        self._fields: list[tuple[int, int, str, _Spell]] = []
        for at, each in enumerate(sent(cls.__layout__.fields)):
            assert each.kind is not None
            spell = _spelling(each.kind, major)
            self._fields.append((each.bit, ADD | at, each.name, spell))

    def edit(self, edit: TableEdit) -> bytes:
        """Return what happened in a Table that everybody sees whole."""
        table = edit.container
        entries = b""
        if edit.gone.size:
            entries = self.deletions(edit.gone).body
        if edit.came.size:
            entries += self.entries(table.ids_of(edit.came)).body
        parts = [switch(table._id) + entries] if entries else []
        if edit.veiled:
            parts.append(self.veils(table, edit.veiled, table.rows))
        for mask, rows in table.told_in(edit):
            parts.append(self.visits(table, mask, rows).body)
        parts.append(self.visits(table, edit.mask, edit.came).body)
        return b"".join(parts)

    def content(self, table: Any, mask: int, rows: Any) -> bytes:
        """Return entries of rows, for within a visit to the map, and what they hold."""
        if not len(rows):
            return b""
        entries = self.entries(table.ids_of(rows)).body
        return entries + self.visits(table, mask, rows).body

    def entries(self, ids: Any) -> Script:
        """Return operations, for within a visit to the map, that bring rows."""
        number = _numbers(ids)
        return _lay_out(len(ids), [ADD, *number, _keys(ids), *number])

    def deletions(self, ids: Any) -> Script:
        """Return operations, for within a visit to the map, that take rows away.

        Decoders pass over one that takes away what they do not hold.
        """
        return _lay_out(len(ids), [DELETE, *_numbers(ids)])

    def visits(self, table: Any, mask: int, rows: Any) -> Script:
        """Return visits to rows that a client holds, to tell what fields hold now.

        Args:
            table: The Table.
            mask: The fields.
            rows: The indices of the rows.
        """
        fields = [each for each in self._fields if each[0] & mask]
        if not fields or not len(rows):
            return Script(b"", 0)
        parts: list[_Part] = [_SWITCH, *_numbers(table.ids_of(rows))]
        for _, op, name, spell in fields:
            parts += [op, spell(table.outgoing(name, rows))]
        return _lay_out(len(rows), parts)

    def absent(self, edit: TableEdit) -> bytes:
        """Return visits that take what others may see from the rows that come."""
        table = edit.container
        others = table.limited(table.roles) & ~edit.mask
        return self.veils(table, others, edit.came)

    def veils(self, table: Any, mask: int, rows: Any) -> bytes:
        """Return visits to rows that take fields away from them."""
        gone = [DELETE | op & ~ADD for bit, op, *_ in self._fields if bit & mask]
        if not gone or not len(rows):
            return b""
        numbers = _numbers(table.ids_of(rows))
        return _lay_out(len(rows), [_SWITCH, *numbers, *gone]).body


def _lay_out(count: int, parts: list[_Part]) -> Script:
    """Return bytes that say the same parts of each row."""
    types = [_type(part) for part in parts]
    out = np.empty(count, [(f"{at}", type_) for at, type_ in enumerate(types)])
    uneven = []
    end = 0
    for at, (part, type_) in enumerate(zip(parts, types, strict=True)):
        if isinstance(part, tuple):
            out[f"{at}"] = part[0].view(type_).ravel()
            if count and int(part[1].min()) < type_.itemsize:
                uneven.append((end, type_.itemsize, part[1]))
        else:
            out[f"{at}"] = part
        end += type_.itemsize
    if not uneven:
        return Script(out.tobytes(), end)
    used = np.ones((count, end), np.bool_)
    for start, width, sizes in uneven:
        used[:, start : start + width] = np.arange(width) < sizes[:, None]
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.count_nonzero(used, axis=1), out=starts[1:])
    return Script(out.view(np.uint8).reshape(count, end)[used].tobytes(), starts)


def _type(part: _Part) -> np.dtype[Any]:
    """Return what holds a part in a record."""
    if isinstance(part, int):
        return np.dtype(np.uint8)
    if isinstance(part, tuple):
        return np.dtype(f"V{part[0].shape[1]}")
    return part.dtype


def _numbers(ids: _Array) -> list[_Part]:
    """Write numbers as `encode_number` writes the largest of them."""
    largest = int(ids.max()) if len(ids) else 0
    if largest < 0x80:
        return [ids.astype(np.uint8)]
    head, type_ = next(form[1:] for form in _FORMS if largest < form[0])
    return [head, ids.astype(type_)]


def _keys(ids: _Array) -> _Part:
    """Do what `encode_string` does with ids as text."""
    digits = np.searchsorted(_TENS, ids, side="right") + 1
    most = int(digits.max()) if len(ids) else 1
    out = np.empty((len(ids), 1 + most), np.uint8)
    out[:, 0] = _TEXT | digits
    # From the left, so that nothing stands before the first digit.
    rest = ids * 10 ** (most - digits)
    for at in range(most, 0, -1):
        rest, digit = np.divmod(rest, 10)
        out[:, at] = digit + 48
    return out, digits + 1


def _spelling(kind: Kind, major: Major) -> _Spell:
    """Return what does to a column what `field_type` does to one value of a kind."""
    if isinstance(kind, Choice):
        return _names([encode_string(member.name) for member in kind.members])
    if isinstance(kind, Moment):
        return lambda values: values.astype("<f8")
    if isinstance(kind, Quantized) and major != 5:
        low, span, steps = kind.low, kind.high - kind.low, kind.steps
        return lambda values: low + values / float(steps) * span
    return lambda values: values


def _names(texts: list[bytes]) -> _Spell:
    """Return what writes one of some texts where its number stands."""
    sizes = np.array([len(text) for text in texts], np.int64)
    matrix = np.zeros((len(texts), int(sizes.max())), np.uint8)
    for at, text in enumerate(texts):
        matrix[at, : len(text)] = np.frombuffer(text, np.uint8)
    return lambda values: (matrix[values], sizes[values])
