"""Flush: what one flush of a Tree found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import define

from nexus.state.change import ChangeSet, Created, Edit, Group
from nexus.state.listen import Listeners
from nexus.state.rule import Lane
from nexus.state.state import State
from nexus.state.view import Audiences, View

__all__ = ["Flush", "shared", "stored"]


@define(eq=False)
class Flush:
    """What one flush found. Read it before anything is written again."""

    #: The version that the patch leads to; it leads there from the one before.
    version: int
    #: What everybody has to be told.
    shared: ChangeSet
    #: Whether anybody has to be told anything; if not, the version stayed.
    changed: bool
    _audiences: Audiences
    #: Everything that was found, whoever may see it.
    groups: Sequence[Group] = ()
    created: Sequence[State] = ()
    edits: Sequence[Edit] = ()
    owned: Sequence[State] = ()
    _calls: Sequence[Callable[[], None]] = ()

    def tell(self) -> None:
        """Call the tree's own listeners; what they write goes into the next flush.

        Call it after the bytes were made.
        """
        Listeners.tell(list(self._calls))

    def lanes(self, view: View | None = None) -> Iterator[ChangeSet]:
        """Yield what the client of a view has to be told, in the order of telling."""
        if self.shared:
            yield self.shared
        if view is not None:
            yield from self._audiences.changes(view)

    def stored(self) -> ChangeSet:
        """Return what a store has to be told: all but transient fields."""
        changes = ChangeSet()
        changes.created.extend(stored(state) for state in self.created if state._kept)
        for group in self.groups:
            mask = group.mask & group.cls.__layout__.stored
            states = [state for state in group.states if state._kept]
            if mask and states:
                changes.updated.append(Group(group.cls, mask, states))
        for edit in self.edits:
            container = edit.container
            if container._holder._kept and not container._field.said.transient:
                changes.edits.append(edit)
        changes.owned = [state for state in self.owned if state._kept]
        return changes

    def __bool__(self) -> bool:
        return self.changed


def shared(state: State) -> Created:
    """Return what is new of a State to those who may see what everybody may."""
    layout = state.__layout__
    edits = [
        container._whole()
        for container in layout.held(state)
        if container
        and container._field.bit & layout.open
        and container._field.lane == Lane.SHARED
    ]
    return Created(state, layout.open, edits)


def stored(state: State) -> Created:
    """Return what is new of a State to a store."""
    layout = state.__layout__
    edits = [
        container._whole()
        for container in layout.held(state)
        if container and container._field.bit & layout.stored
    ]
    return Created(state, layout.stored, edits)
