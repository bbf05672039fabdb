"""Encoder: what a flush found, in the format of `@colyseus/schema`.

A payload is a list of visits. Each names its object, so that parts which were written
apart can follow one another; only where a payload begins may the root go unnamed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from nexus.state.change import ChangeSet, Created
from nexus.state.flush import Flush
from nexus.state.place import walk
from nexus.state.table import Table
from nexus.state.tree import Tree
from nexus.state.view import View
from nexus.wire.colyseus.cells import MapCells
from nexus.wire.colyseus.container import Containers
from nexus.wire.colyseus.index import Indexes
from nexus.wire.colyseus.mapping import MAJORS, Major
from nexus.wire.colyseus.op import switch
from nexus.wire.colyseus.reflection import encode_reflection
from nexus.wire.colyseus.visit import Visits, mark

__all__ = ["SchemaEncoder"]

#: A payload begins in the root by itself.
_ROOT: Final = switch(0)


class SchemaEncoder:
    """Writes what the official SDKs of one major are told of one tree.

    Objects have the ids of the tree, so a client that returns finds those it knows.
    What several clients are told alike is written once and shared; a tree has at most
    one encoder for each major.

    Args:
        tree: The tree.
        major: The major of `@colyseus/schema` that the clients decode with.
    """

    def __init__(self, tree: Tree, major: Major) -> None:
        if major not in MAJORS:
            raise ValueError(f"there is no schema {major} to write for")
        self._tree = tree
        self._major = major
        self._name = f"schema{major}"
        self._indexes = Indexes()
        self._visits = Visits(tree.outline, major)
        self._containers = Containers(tree.outline, major, self._indexes)
        self._handshake: bytes | None = None
        self._followed: Flush | None = None
        for state in walk(tree.root):
            mark(state)

    def handshake(self) -> bytes:
        """Return the classes and fields, for a client that joins."""
        if self._handshake is None:
            self._handshake = encode_reflection(self._tree.outline, self._major)
        return self._handshake

    def full(self, view: View | None = None) -> bytes:
        """Return all that a client may see, for one that has nothing.

        Raises:
            StateError: Something was written since the last flush.
        """
        return self._full(view, self._create)

    def resync(self, view: View | None = None, *, is_ours: bool = True) -> bytes:
        """Return all that a client may see, for one that holds what it saw once.

        Args:
            view: The client's.
            is_ours: Whether this encoder told it that; another one, of the same tree in
                an earlier life, gave other numbers.

        Raises:
            StateError: Something was written since the last flush.
        """
        return self._full(view, partial(self._renew, is_ours=is_ours))

    def follow(self, flush: Flush) -> None:
        """Take note of a flush; needed once for each, even if nobody wants its patch.

        Call it before anything is written again.

        Raises:
            StateError: The flush is not the latest of this tree.
        """
        flush.expect(self._tree)
        if flush is self._followed:
            return
        self._followed = flush
        self._indexes.follow(flush)
        for state in flush.created:
            mark(state)

    def patch(self, flush: Flush, view: View | None = None) -> bytes:
        """Return the patch of a flush for the client of a view; it may be empty.

        Call it before anything is written again.

        Raises:
            StateError: The flush is not the latest of this tree, or the view is closed
                or one of another tree.
        """
        if flush is not self._followed:
            self.follow(flush)
        if view is None:
            flush.expect(self._tree)
            return self._shared(flush.shared, flush)
        return b"".join([self._shared(changes, flush) for changes in flush.lanes(view)])

    def cells(self, table: Table[Any], mask: int) -> MapCells:
        """Return what writes some fields of a Table's rows for each Cell apart."""
        return MapCells(table, self._containers.row_writer(table), mask)

    def _shared(self, changes: ChangeSet, flush: Flush) -> bytes:
        """Return what a lane has to be told, written at most once."""
        body = changes.encoded.get(self._name)
        if body is None:
            body = self._body(changes)
            if changes is flush.shared:
                body = body.removeprefix(_ROOT)
            changes.encoded[self._name] = body
        return body

    def _body(self, changes: ChangeSet) -> bytes:
        """Return the visits: to what the listeners know, then to what came there."""
        visits: list[bytes] = []
        for group in changes.updated:
            visits += self._visits.changed(group)
        for group in changes.hidden:
            visits += self._visits.hidden(group)
        visits.extend(map(self._containers.changed, changes.edits))
        for created in changes.created:
            self._create(visits, created)
        return b"".join(visits)

    def _full(
        self, view: View | None, write: Callable[[list[bytes], Created], None]
    ) -> bytes:
        visits: list[bytes] = []
        for created in self._tree.full(view).created:
            write(visits, created)
        return b"".join(visits).removeprefix(_ROOT)

    def _create(self, visits: list[bytes], created: Created) -> None:
        visits.append(self._visits.new(created))
        visits.extend(map(self._containers.new, created.edits))

    def _renew(self, visits: list[bytes], created: Created, *, is_ours: bool) -> None:
        visits.append(self._visits.again(created))
        edits = {edit.container._offset: edit for edit in created.edits}
        state = created.state
        for container in state.__layout__.held(state):
            if container._field.bit & created.mask:
                edit = edits.get(container._offset)
                visits.append(self._containers.again(container, edit, is_ours=is_ours))
