"""Clearance: what clients with roles are told of Tables beside what all are.

Rows have no rules of their own, but a column may be for a role. What all are told
brings rows without it; a group of clients with that role is told of it in its own lane.
A Table of a Space is told of there.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any

from attrs import frozen

from nexus.state.change import Edit, TableEdit

if TYPE_CHECKING:
    from nexus.state.state import State
    from nexus.state.table.table import Table
    from nexus.state.tree import Tree

__all__ = ["Guarded", "guarded_all", "guarded_by"]


@frozen(eq=False)
class Guarded:
    """A Table with columns for roles, and what one flush did there."""

    table: Table[Any]
    edit: TableEdit | None
    #: Whether its State came with this flush, so that nobody was told of it before.
    is_new: bool

    def told(self, before: Set[str], roles: Set[str]) -> TableEdit | None:
        """Return what clients are told whose roles were others before, or the same."""
        table, edit = self.table, self.edit
        held = 0 if self.is_new else table.limited(before)
        mask = table.limited(roles)
        written = []
        if mask & ~held and len(table):
            written.append((mask & ~held, table.rows))
        if edit is not None and mask & held:
            if edit.came.size:
                written.append((mask & held, edit.came))
            written += [(bits & mask & held, rows) for bits, rows in edit.written]
        written = [pair for pair in written if pair[0]]
        veiled = held & ~mask
        if not (written or veiled):
            return None
        return table.beside(mask, written, veiled)


def guarded_by(
    tree: Tree, created: Iterable[State], edits: Iterable[Edit]
) -> list[Guarded]:
    """Return the Tables with columns for roles in which a flush found something."""
    found = {
        table._id: Guarded(table, None, is_new=True)
        for state in created
        for each in state.__layout__.tables
        if _is_guarded(table := getattr(state, each.name), tree)
    }
    for edit in edits:
        if isinstance(edit, TableEdit) and _is_guarded(edit.container, tree):
            new = Guarded(edit.container, edit, is_new=False)
            found.setdefault(edit.container._id, new)
    return [found[id_] for id_ in sorted(found)]


def guarded_all(tree: Tree, touched: Iterable[Guarded]) -> list[Guarded]:
    """Return all Tables with columns for roles, and what a flush found in some."""
    found = {each.table._id: each for each in touched}
    for table in tree.tables:
        if table._id not in found and _is_guarded(table, tree):
            found[table._id] = Guarded(table, None, is_new=False)
    return [found[id_] for id_ in sorted(found)]


def _is_guarded(table: Table[Any], tree: Tree) -> bool:
    if not table.roles or table.is_watched or not table.stands_in(tree):
        return False
    # What everybody is told of it, or nobody.
    return table.is_for_all
