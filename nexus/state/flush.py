"""Flush: what one flush of a Tree found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import define, field
from typing_extensions import override

from nexus.errors import StateError
from nexus.state.change import ChangeSet, Created, Edit, Group, TableEdit
from nexus.state.listen import Listeners
from nexus.state.rule import Lane
from nexus.state.state import State
from nexus.state.view import View

if TYPE_CHECKING:
    from nexus.state.tree import Tree

__all__ = ["Flush", "shared", "stored"]


@define(eq=False, repr=False)
class Flush:
    """What one flush found. Read it before anything is written again."""

    #: The version that the patch leads to; it leads there from the one before.
    version: int
    #: What everybody has to be told.
    shared: ChangeSet
    #: Whether anybody has to be told anything; if not, the version stayed.
    changed: bool
    _tree: Tree
    #: The how-manieth flush of the tree it is.
    _number: int
    #: Everything that was found, whoever may see it.
    groups: Sequence[Group] = ()
    created: Sequence[State] = ()
    edits: Sequence[Edit] = ()
    owned: Sequence[State] = ()
    _calls: Sequence[Callable[[], None]] = ()
    _told: bool = field(default=False, init=False)

    def tell(self) -> None:
        """Call the tree's own listeners; what they write goes into the next flush.

        Call it once, after the bytes were made.

        Raises:
            StateError: It was called already.
        """
        if self._told:
            raise StateError(f"{self!r} was told already")
        self._told = True
        Listeners.tell(list(self._calls))

    def lanes(self, view: View | None = None) -> Iterator[ChangeSet]:
        """Yield what the client of a view has to be told, in the order of telling.

        Raises:
            StateError: The view is closed, or one of another tree; or the tree was
                flushed again.
        """
        self.expect(self._tree)
        if view is None:
            return iter((self.shared,) if self.shared else ())
        view.expect(self._tree)
        lanes = [self.shared] if self.shared else []
        return iter([*lanes, *self._tree._audiences.changes(view)])

    def expect(self, tree: Tree) -> None:
        """Check that the flush is the latest of this tree.

        Raises:
            StateError: It is not.
        """
        if tree is not self._tree:
            raise StateError(f"{self!r} is one of another tree")
        if tree._flushes != self._number:
            raise StateError(
                f"{self!r} is over: the tree was flushed again, and what changed since "
                "would be told under the wrong version"
            )

    def stored(self) -> ChangeSet:
        """Return what a store has to be told: all but transient fields.

        Raises:
            StateError: The tree was flushed again.
        """
        self.expect(self._tree)
        changes = ChangeSet()
        changes.created.extend(stored(state) for state in self.created if state._kept)
        for group in self.groups:
            mask = group.mask & group.cls.__layout__.stored
            states = [state for state in group.states if state._kept]
            if mask and states:
                changes.updated.append(Group(group.cls, mask, states))
        for edit in self.edits:
            container = edit.container
            if isinstance(edit, TableEdit):
                # Rows are stored apart, merged and by the second.
                continue
            if container._holder._kept and not container._field.said.transient:
                changes.edits.append(edit)
        changes.owned = [state for state in self.owned if state._kept]
        return changes

    def __bool__(self) -> bool:
        return self.changed

    @override
    def __repr__(self) -> str:
        if not self.changed:
            return f"<Flush at version {self.version}: nothing changed>"
        return (
            f"<Flush to version {self.version}: {len(self.created)} created, "
            f"{sum(len(group.states) for group in self.groups)} updated, "
            f"{len(self.edits)} edited>"
        )


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
        if container
        and container._field.bit & layout.stored
        and container._field.shape != "table"
    ]
    return Created(state, layout.stored, edits)
