"""Collecting: from marks on States to what a flush tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexus.state.change import ChangeSet, Edit, Group
from nexus.state.flush import shared
from nexus.state.place import BY_ID, NEW, Bucket
from nexus.state.rule import Lane

if TYPE_CHECKING:
    from nexus.state.state import State
    from nexus.state.tree import Tree

__all__ = ["open_to_all", "take", "take_created"]


def take_created(waiting: list[State], tree: Tree) -> list[State]:
    """Return those that are new and still in the tree, parents first."""
    created = []
    for state in waiting:
        if state._dirty == NEW and state._bucket.tree is tree:
            state._dirty = 0
            for each in state.__layout__.tables:
                # Who is told of the State is told of all rows.
                getattr(state, each.name)._edit()
            created.append(state)
    created.sort(key=BY_ID)
    return created


def take(cls: type[State], bucket: Bucket, *, moved: bool) -> list[Group]:
    """Empty a bucket into groups of the same fields."""
    states = bucket[:]
    bucket.clear()
    if not moved:
        mask = states[0]._dirty
        for state in states:
            if state._dirty != mask:
                break
            state._dirty = 0
        else:
            states.sort(key=BY_ID)
            return [Group(cls, mask, states)]
        # Those before the odd one out were cleared already.
        for each in states:
            if each is state:
                break
            each._dirty = mask
    by_mask: dict[int, list[State]] = {}
    for state in states:
        dirty = state._dirty
        # Some may have left, be new under another id, or stand here twice.
        if dirty > 0 and state._bucket is bucket:
            by_mask.setdefault(dirty, []).append(state)
            state._dirty = 0
    for some in by_mask.values():
        some.sort(key=BY_ID)
    return [Group(cls, mask, some) for mask, some in by_mask.items()]


def open_to_all(
    created: list[State], groups: list[Group], edits: list[Edit]
) -> ChangeSet:
    """Return what everybody may see of a flush."""
    changes = ChangeSet()
    for state in created:
        if state._reach == Lane.SHARED:
            changes.created.append(shared(state))
    for group in groups:
        mask = group.mask & group.cls.__layout__.open
        if mask:
            states = [state for state in group.states if state._reach == Lane.SHARED]
            if states:
                changes.updated.append(Group(group.cls, mask, states))
    for edit in edits:
        container = edit.container
        if (
            container._holder._reach == Lane.SHARED
            and container._field.lane == Lane.SHARED
        ):
            changes.edits.append(edit)
    return changes
