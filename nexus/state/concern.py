"""Concerns: what of a flush the audiences of one lane have to look at.

It is picked out once, so that an audience costs what it has to look at and not what was
changed elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field

from nexus.state.change import Edit, Group
from nexus.state.rule import Lane

if TYPE_CHECKING:
    from nexus.state.state import State

__all__ = ["NONE", "Concern", "Sessions", "lane_of", "pick"]

#: States by id, each with the fields that were written.
_States: TypeAlias = dict[int, tuple["State", int]]


@define(eq=False)
class Concern:
    """What of a flush the audiences of one lane have to look at."""

    states: _States = field(factory=dict)
    #: What happened in the containers of the lane.
    edits: Sequence[Edit] = ()
    #: Ids of States that left the tree.
    gone: Sequence[int] = ()

    def __bool__(self) -> bool:
        return bool(self.states or self.edits or self.gone)


NONE = Concern()


def lane_of(edit: Edit) -> int:
    """Return the lane that carries what stands in the container of an edit."""
    container = edit.container
    return max(container._holder._reach, container._field.lane)


def pick(
    lane: Lane,
    created: Sequence[State],
    groups: Sequence[Group],
    edits: Sequence[Edit],
    gone: Sequence[int],
) -> Concern:
    """Pick out of a flush what concerns a lane.

    Args:
        lane: The lane.
        created: States that are new in the tree.
        groups: Fields that were written.
        edits: What happened in containers.
        gone: Ids of States that left the tree.
    """
    states: _States = {}
    for group in groups:
        guarded = group.mask & group.cls.__layout__.by_lane[lane]
        for state in group.states:
            if state._reach == lane or (guarded and state._reach < lane):
                states[state._id] = (state, group.mask)
    for state in created:
        guarded = state.__layout__.by_lane[lane]
        if state._reach == lane or (guarded and state._reach < lane):
            states[state._id] = (state, 0)
    return Concern(states, [edit for edit in edits if lane_of(edit) == lane], gone)


class Sessions:
    """What of the private lane concerns each session: what it owns, at some height."""

    def __init__(self, concern: Concern) -> None:
        self._concern = concern
        self._everybody: _States = {}
        self._by_session: dict[str, _States] = {}
        for id_, found in concern.states.items():
            state, _ = found
            if state.__layout__.private_references:
                # It depends on who owns, and who owned, what it refers to.
                self._everybody[id_] = found
                continue
            for session in _owners(state):
                self._by_session.setdefault(session, {})[id_] = found

    def concern(self, session: str | None) -> Concern:
        """Return what an audience of this session has to look at."""
        states = self._everybody
        if session is not None and session in self._by_session:
            states = states | self._by_session[session]
        return Concern(states, self._concern.edits, self._concern.gone)


def _owners(state: State) -> set[str]:
    """Return the owners of a State and of all above it."""
    found: set[str] = set()
    here: State | None = state
    while here is not None:
        if here._owner is not None:
            found.add(here._owner)
        here = here._parent
    return found
