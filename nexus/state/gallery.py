"""Gallery: all views of one tree, and the audiences that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nexus.state.audience import Audience
from nexus.state.change import (
    ChangeSet,
    Created,
    Edit,
    Group,
    ListEdit,
    MapEdit,
    TableEdit,
)
from nexus.state.clearance import Guarded, guarded_all, guarded_by
from nexus.state.concern import Concern, Sessions, pick
from nexus.state.rule import Lane
from nexus.state.view import View, ViewKey, checked_roles, checked_session

if TYPE_CHECKING:
    from nexus.state.container import Container
    from nexus.state.state import State
    from nexus.state.tree import Tree

__all__ = ["Audiences"]


class Audiences:
    """All views of one tree, and the audiences that they belong to."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        #: Those that got a snapshot.
        self._views: dict[View, None] = {}
        self._groups: list[Audience] = []
        #: Views that may see something else since the last flush.
        self._changed: dict[View, None] = {}
        #: Whether views went other ways in the last flush, and may have met.
        self._parted = False

    def open(self, session: str | None, roles: Iterable[str]) -> View:
        """Return a new view; it belongs to no audience before its first snapshot."""
        return View(self._tree, checked_session(session), checked_roles(roles))

    def close(self, view: View) -> None:
        """Forget a view."""
        self._views.pop(view, None)
        self._changed.pop(view, None)
        if view.group is not None:
            del view.group.listeners[view]
            self._drop_unheard()
        view.group = view.private = None

    def note(self, view: View) -> None:
        """Look at a view again with the next flush."""
        self._changed[view] = None

    def forget(self, gone: Iterable[int]) -> None:
        """Let no view show what left the tree."""
        if not self._views:
            return
        lost = {(id_, tag) for id_ in gone for tag in self._tree.outline.tags}
        for view in self._views:
            if view.forget(lost):
                self._changed[view] = None

    def changes(self, view: View) -> Iterator[ChangeSet]:
        """Yield what the last flush holds for one view beyond what all are told."""
        for audience in (view.group, view.private):
            if audience is not None and audience.changes:
                yield audience.changes

    def full(self, view: View) -> ChangeSet:
        """Return all that a view sees, and let it belong to its audiences."""
        states = self._tree.states()
        if view.group is None and self._tree.outline.differs:
            there = {state._id for state in states}
            view.forget({pair for pair in view.shown if pair[0] not in there})
            self._place(view)
        changes = ChangeSet()
        for state in states:
            created = _seen(view, state)
            if created is not None:
                changes.created.append(created)
        return changes

    def _place(self, view: View) -> None:
        """Put a new view into the audiences that see what it sees."""
        tree = self._tree
        key = view.key()
        group = next((group for group in self._groups if group.key == key), None)
        if group is None:
            group = Audience(Lane.GROUP, key, {view: None})
            group.learn(tree.root)
            self._groups.append(group)
        view.enter(group)
        if tree.outline.private:
            view.private = Audience(Lane.PRIVATE, key, {view: None}, group)
            view.private.learn(tree.root)
        self._views[view] = None

    def advance(
        self,
        created: list[State],
        groups: list[Group],
        edits: list[Edit],
        gone: list[int],
        owned: list[tuple[State, str | None]],
    ) -> bool:
        """Work out what every audience has to be told of a flush.

        Args:
            created: States that are new in the tree.
            groups: Fields that were written.
            edits: What happened in containers.
            gone: Ids of States that left the tree.
            owned: States with another owner, and the session that owned each before.

        Returns:
            Whether any of them has to be told anything.
        """
        outline = self._tree.outline
        if not (outline.differs and self._views):
            return False
        if gone:
            self.forget(gone)
        self._merge()
        changed, self._changed = self._changed, {}
        doubts = {view: view.take_doubts() for view in changed}
        by_group = self._regroup(doubts)
        concern = pick(Lane.GROUP, created, groups, edits, gone)
        for group in self._groups:
            group.advance(concern, by_group.get(group, []))
        if outline.clears:
            self._clear(created, edits)
        told = any(group.changes for group in self._groups)
        if outline.private:
            concern = pick(Lane.PRIVATE, created, groups, edits, gone)
            told |= self._advance_private(concern, doubts, owned)
        return told

    def _clear(self, created: list[State], edits: list[Edit]) -> None:
        """Work out what every group has to be told of columns for its roles."""
        tree = self._tree
        touched = guarded_by(tree, created, edits)
        everything: list[Guarded] | None = None
        for group in self._groups:
            tables = touched
            if group.is_cleared_anew:
                if everything is None:
                    everything = guarded_all(tree, touched)
                tables = everything
            group.clear(tables)

    def _advance_private(
        self,
        concern: Concern,
        doubts: dict[View, list[State]],
        owned: list[tuple[State, str | None]],
    ) -> bool:
        """Work out what each client alone has to be told of a flush.

        Only who owned a State, and who owns it now, may see another part of it.
        """
        sessions = Sessions(concern)
        turned: dict[str | None, list[State]] = {}
        losers = {before for state, before in owned if before != state.owner}
        for state, before in owned:
            for session in {before, state.owner}:
                turned.setdefault(session, []).append(state)
        told = False
        for view in self._views:
            private, group = view.private, view.group
            assert private is not None
            assert group is not None
            private.group = group
            view.losses += view.session in losers
            own, owns = doubts.get(view, []), turned.get(view.session, [])
            private.advance(
                sessions.concern(view.session), [*own, *group.turned, *owns]
            )
            told = told or bool(private.changes)
        return told

    def _regroup(self, own: dict[View, list[State]]) -> dict[Audience, list[State]]:
        """Let views whose key changed leave the others.

        Args:
            own: By view that changed, what is to be looked at again.

        Returns:
            The same by group.
        """
        leaving: dict[tuple[Audience, ViewKey], list[View]] = {}
        for view in own:
            group = view.group
            assert group is not None
            if view.key() == group.key:
                view.enter(group)
            else:
                del group.listeners[view]
                leaving.setdefault((group, view.key()), []).append(view)
        doubts: dict[Audience, list[State]] = {}
        for (old, key), views in leaving.items():
            new = old
            if old.listeners:
                new = old.copy()
                self._groups.append(new)
            new.key = key
            found: dict[int, State] = {}
            for view in views:
                view.enter(new)
                found |= {id(state): state for state in own[view]}
            doubts[new] = list(found.values())
        self._parted = bool(leaving)
        return doubts

    def _merge(self) -> None:
        """Let views share an audience whose keys became equal with the last flush."""
        if not self._parted:
            return
        by_key: dict[ViewKey, Audience] = {}
        for group in self._groups:
            first = by_key.setdefault(group.key, group)
            if first is not group:
                for view in group.listeners:
                    view.group = first
                    first.listeners[view] = None
                group.listeners.clear()
        self._drop_unheard()

    def _drop_unheard(self) -> None:
        self._groups = [group for group in self._groups if group.listeners]


def _seen(view: View, state: State) -> Created | None:
    """Return what a view sees of a State, or None when it does not see it."""
    layout = state.__layout__
    mask = layout.open if state._reach == Lane.SHARED else 0
    seen = state._reach == Lane.SHARED
    for audience in (view.group, view.private):
        if audience is not None:
            known = audience.known.get(state._id)
            if known is not None:
                seen = True
                mask |= known
    if not seen:
        return None
    edits = []
    for container in layout.held(state):
        if container and container._field.bit & mask:
            edit = _filtered(view, container)
            if isinstance(edit, TableEdit) and view.group is not None:
                # Roles that changed since the last flush count with the next one.
                edit.mask |= edit.container.limited(view.group.cleared)
            if edit is not None:
                edits.append(edit)
    return Created(state, mask, edits)


def _filtered(view: View, container: Container) -> Edit | None:
    """Return the content of a container, as far as a view sees it."""
    if container._field.state is None:
        return container._whole()
    if isinstance(container, list):
        seen = [state for state in container if _sees(view, state)]
        return ListEdit(container, seen, None, 0) if seen else None
    assert isinstance(container, dict)
    entries = [(key, state) for key, state in container.items() if _sees(view, state)]
    return MapEdit(container, [], entries, {}, cleared=False) if entries else None


def _sees(view: View, state: State) -> bool:
    if state._reach == Lane.SHARED:
        return True
    audience = view.group if state._reach == Lane.GROUP else view.private
    return audience is not None and state._id in audience.known
