"""Collecting: from marks on States to what a flush tells."""

from __future__ import annotations

from collections.abc import Callable
from operator import length_hint
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from nexus.compiled import parts
from nexus.state.change import ChangeSet, Edit, Group
from nexus.state.fit import fitted
from nexus.state.flush import shared
from nexus.state.layout import members
from nexus.state.place import BY_ID, NEW, Bucket
from nexus.state.rule import Lane
from nexus.state.state import State

if TYPE_CHECKING:
    from nexus.state.tree import Tree

__all__ = ["Take", "all_of", "open_to_all", "take_created", "take_of"]

#: From a class, its bucket, and whether States came or went, to what was written.
Take: TypeAlias = "Callable[[type[State], Bucket, bool], list[Group]]"


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


def _group(cls: type[State], mask: int, states: list[State]) -> Group:
    """Return States, in whichever order they were written, as a group."""
    if len(states) == 1:
        return Group(cls, mask, states)
    # Most games write by ascending ids, which costs less to see than to sort. Where
    # they do not, the first three nearly always show it.
    if len(states) < 3 or states[0]._id < states[1]._id < states[2]._id:
        ids = [state._id for state in states]
        if ids == sorted(ids):
            return Group(cls, mask, states, ids)
    states.sort(key=BY_ID)
    return Group(cls, mask, states)


def _take(
    cls: type[State],
    bucket: Bucket,
    moved: bool,  # noqa: FBT001  # told by the tree alone
    group: Callable[[type[State], int, list[State]], Group] = _group,
) -> list[Group]:
    """Empty a bucket into groups of the same fields."""
    states = bucket[:]
    bucket.clear()
    if moved:
        # Some may have left, or be new under another id.
        states = [each for each in states if each._dirty > 0 and each._bucket is bucket]
        if not states:
            return []
    mask = states[0]._dirty
    left = iter(states)
    for state in left:
        if state._dirty != mask:
            break
        state._dirty = 0
    else:
        return [group(cls, mask, states)]
    alike = len(states) - length_hint(left) - 1
    same = states[:alike]
    by_mask: dict[int, list[State]] = {}
    for state in states[alike:]:
        dirty = state._dirty
        state._dirty = 0
        if dirty == mask:
            same.append(state)
        elif dirty:
            # Without a mark it stands here for the second time.
            some = by_mask.get(dirty)
            if some is None:
                by_mask[dirty] = [state]
            else:
                some.append(state)
    groups = [group(cls, mask, same)]
    for mask, some in by_mask.items():
        groups.append(group(cls, mask, some))
    return groups


#: What empties the bucket of each class.
_TAKES: WeakKeyDictionary[type[State], Take] = WeakKeyDictionary()


def take_of(cls: type[State]) -> Take:
    """Return what empties the bucket of a class into groups of the same fields."""
    made = _TAKES.get(cls)
    if made is None:
        plain: Take = fitted(_take, fitted(_group))
        made = _TAKES[cls] = plain if parts is None else _gatherer(plain)
    return made


def _gatherer(plain: Take) -> Take:
    """Return what does the same where the compiled parts are there."""
    gather = parts.gather
    slots = members(State, "_dirty", "_id", "_bucket")

    def take(cls: type[State], bucket: Bucket, moved: bool) -> list[Group]:  # noqa: FBT001  # as in `_take`
        taken = gather(bucket, *slots)
        if taken is None:
            return plain(cls, bucket, moved)
        return [Group(cls, mask, states, ids) for mask, states, ids in taken]

    return take


def all_of(created: list[State], groups: list[Group], edits: list[Edit]) -> ChangeSet:
    """Return a flush of a tree in which everybody may see everything."""
    return ChangeSet([shared(state) for state in created], groups, [], edits)


def open_to_all(
    created: list[State], groups: list[Group], edits: list[Edit]
) -> ChangeSet:
    """Return what everybody may see of a flush."""
    changes = ChangeSet()
    # Looked up once: to find a member of an Enum takes longer than all else here.
    open_ = Lane.SHARED
    for state in created:
        if state._reach == open_:
            changes.created.append(shared(state))
    for group in groups:
        mask = group.mask & group.cls.__layout__.open
        if mask:
            states = [state for state in group.states if state._reach == open_]
            if len(states) == len(group.states):
                changes.updated.append(Group(group.cls, mask, states, group.ids))
            elif states:
                changes.updated.append(Group(group.cls, mask, states))
    for edit in edits:
        container = edit.container
        if container._holder._reach == open_ and container._field.lane == open_:
            changes.edits.append(edit)
    return changes
