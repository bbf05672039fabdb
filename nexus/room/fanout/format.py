"""Formats: how the State of one Room is written for its clients.

A Room makes a Format when the first client wants it, so nothing is encoded for a format
that nobody uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from nexus.state import Table
from nexus.state.flush import Flush
from nexus.state.tree import Tree
from nexus.state.view import View
from nexus.wire.colyseus import MapCells, SchemaEncoder
from nexus.wire.dialect import Dialect
from nexus.wire.native import Encoder, encode_outline, merge, read_outline
from nexus.wire.native.outline import RemoteOutline

__all__ = ["Format", "NativeFormat", "SchemaFormat", "make_format"]


class Format:
    """One way to write a State.

    No Protocol and no ABC: to find of which of these classes something is would take
    ten times as long, and that is asked for each client with each patch.
    """

    #: What JOIN_ROOM calls it.
    name: str
    #: Whether a returning client can be told just what it missed.
    resumes: bool

    def handshake(self) -> bytes:
        """Return the classes and fields."""
        raise NotImplementedError

    def whole(self, view: View | None) -> bytes:
        """Return all that a client may see, for one that has nothing."""
        raise NotImplementedError

    def again(self, view: View | None, *, is_ours: bool) -> bytes:
        """Return all that a client may see, for one that holds an older state.

        Args:
            view: The client's.
            is_ours: Whether it was told that by this Format.
        """
        raise NotImplementedError

    def patch(self, flush: Flush, view: View | None) -> bytes:
        """Return what a flush changed for a client; empty if nothing."""
        raise NotImplementedError

    def follow(self, flush: Flush) -> None:
        """Take note of a flush, even if nobody wants its patch."""
        raise NotImplementedError

    def merge(self, patches: Sequence[bytes]) -> bytes:
        """Return one patch that does what several do."""
        raise NotImplementedError


class NativeFormat(Format):
    """The `nexus` format; its snapshots are applied as a difference."""

    name = "nexus"
    resumes = True

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._encoder = Encoder(tree)
        self._read: RemoteOutline | None = None

    @override
    def handshake(self) -> bytes:
        return encode_outline(self._tree.outline)

    @override
    def whole(self, view: View | None) -> bytes:
        return self._encoder.snapshot(view)

    @override
    def again(self, view: View | None, *, is_ours: bool) -> bytes:
        return self._encoder.snapshot(view)

    @override
    def patch(self, flush: Flush, view: View | None) -> bytes:
        return self._encoder.patch(flush, view)

    @override
    def follow(self, flush: Flush) -> None:
        """Nothing: this encoder remembers nothing between flushes."""

    @override
    def merge(self, patches: Sequence[bytes]) -> bytes:
        if self._read is None:
            self._read = read_outline(self.handshake())
        return merge(self._read, patches)


class SchemaFormat(Format):
    """Colyseus' own format, as one major of its decoder reads it."""

    name = "schema"
    resumes = False

    def __init__(self, tree: Tree, dialect: Dialect) -> None:
        self._encoder = SchemaEncoder(tree, dialect.major)
        self._cells: dict[tuple[Table[Any], int], MapCells] = {}

    def cells(self, table: Table[Any], mask: int) -> MapCells:
        """Return what writes some fields of a Table's rows for each Cell apart."""
        cells = self._cells.get((table, mask))
        if cells is None:
            cells = self._cells[table, mask] = self._encoder.cells(table, mask)
        return cells

    @override
    def handshake(self) -> bytes:
        return self._encoder.handshake()

    @override
    def whole(self, view: View | None) -> bytes:
        return self._encoder.full(view)

    @override
    def again(self, view: View | None, *, is_ours: bool) -> bytes:
        return self._encoder.resync(view, is_ours=is_ours)

    @override
    def patch(self, flush: Flush, view: View | None) -> bytes:
        return self._encoder.patch(flush, view)

    @override
    def follow(self, flush: Flush) -> None:
        self._encoder.follow(flush)

    @override
    def merge(self, patches: Sequence[bytes]) -> bytes:
        raise ValueError("patches of schema cannot be merged: it does not resume")


def make_format(name: str, tree: Tree, dialect: Dialect) -> Format:
    """Make the Format of a client's choice."""
    return NativeFormat(tree) if name == "nexus" else SchemaFormat(tree, dialect)
