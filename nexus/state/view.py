"""Views: what each client may see, with bytes shared by those who see the same.

What everybody may see is told in one lane. What rules limit is told in two more: one
for clients with equal roles and equal shown entities, one for what belongs to a single
session. An `Audience` is one set of listeners in such a lane; it remembers which States
and fields its listeners hold, so that a change of mind costs what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import define, field

from nexus.errors import StateError
from nexus.state.audience import Audience
from nexus.state.change import ChangeSet, Created, Edit, Group, ListEdit, MapEdit
from nexus.state.place import IDLE, walk
from nexus.state.rule import Lane

if TYPE_CHECKING:
    from nexus.state.container import Container
    from nexus.state.state import State
    from nexus.state.tree import Tree

__all__ = ["Audiences", "View"]


@define(eq=False)
class View:
    """What one client may see of a tree.

    Made by `Tree.view`. Changes take effect with the next flush.
    """

    _tree: Tree
    #: The client's session: it owns what names it as its owner.
    session: str | None
    _roles: frozenset[str]
    #: Ids of entities that the client was shown, with the tag.
    shown: set[tuple[int, int]] = field(factory=set)
    #: What is to be looked at again, since what may be seen of it changed.
    _doubts: list[State] = field(factory=list)
    group: Audience | None = None
    private: Audience | None = None

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the client has."""
        return self._roles

    @roles.setter
    def roles(self, roles: Iterable[str]) -> None:
        new = _roles(roles)
        if new != self._roles:
            self._roles = new
            self._doubts.append(self._tree.root)

    def add(self, entity: State, tag: int = 0) -> None:
        """Show an entity to the client, under a tag.

        Raises:
            StateError: The entity stands in another tree, or in none.
        """
        self._check(entity)
        if (entity._id, tag) not in self.shown:
            self.shown.add((entity._id, tag))
            self._doubts.append(entity)

    def remove(self, entity: State, tag: int = 0) -> None:
        """Show an entity no longer; nothing happens if it was not shown."""
        if entity._bucket.tree is self._tree and (entity._id, tag) in self.shown:
            self.shown.discard((entity._id, tag))
            self._doubts.append(entity)

    def has(self, entity: State, tag: int = 0) -> bool:
        """Tell whether the entity is shown under the tag."""
        return entity._bucket.tree is self._tree and (entity._id, tag) in self.shown

    def close(self) -> None:
        """Forget the client."""
        self._tree._audiences.close(self)

    def key(self) -> tuple[frozenset[str], frozenset[tuple[int, int]]]:
        """Return what clients have in common that get the same group bytes."""
        return self._roles, frozenset(self.shown)

    def take_doubts(self) -> list[State]:
        """Return the entities to be looked at again that still stand in the tree."""
        doubts, self._doubts = self._doubts, []
        return [state for state in doubts if state._bucket.tree is self._tree]

    def _check(self, entity: State) -> None:
        if entity._bucket is IDLE:
            raise StateError(
                f"this {type(entity).__name__} stands in no tree: place it first"
            )
        if entity._bucket.tree is not self._tree:
            raise StateError(f"this {type(entity).__name__} stands in another tree")


def _roles(roles: Iterable[str]) -> frozenset[str]:
    if isinstance(roles, str):
        raise StateError(f"roles are a set of names, not one name: [{roles!r}]")
    return frozenset(roles)


class Audiences:
    """All views of one tree, and the audiences that they belong to."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._views: list[View] = []
        self._groups: list[Audience] = []

    def open(self, session: str | None, roles: Iterable[str]) -> View:
        """Return a new view; it belongs to no audience before its first snapshot."""
        return View(self._tree, session, _roles(roles))

    def close(self, view: View) -> None:
        """Forget a view."""
        if view in self._views:
            self._views.remove(view)
        view.group = view.private = None
        self._drop_unheard()

    def changes(self, view: View) -> Iterator[ChangeSet]:
        """Yield what the last flush holds for one view beyond what all are told."""
        for audience in (view.group, view.private):
            if audience is not None and audience.changes:
                yield audience.changes

    def full(self, view: View) -> ChangeSet:
        """Return all that a view sees, and let it belong to its audiences."""
        outline = self._tree.outline
        fresh = view.group is None
        if fresh and outline.limited:
            view.take_doubts()
            if view.shown:
                there = {state._id for state in walk(self._tree.root)}
                view.shown = {pair for pair in view.shown if pair[0] in there}
            self._place(view)
        changes = ChangeSet()
        for state in self._tree.states():
            created = _seen(view, state)
            if created is not None:
                changes.created.append(created)
        return changes

    def _place(self, view: View) -> None:
        """Put a new view into the audiences that see what it sees."""
        tree = self._tree
        key = view.key()
        for other in self._views:
            if other.group is not None and other.group.key == key:
                view.group = other.group
                break
        else:
            view.group = Audience(Lane.GROUP, view, key)
            view.group.learn(tree.root)
            self._groups.append(view.group)
        if tree.outline.private:
            view.private = Audience(Lane.PRIVATE, view, key, view.group)
            view.private.learn(tree.root)
        self._views.append(view)

    def advance(
        self,
        created: list[State],
        groups: list[Group],
        edits: list[Edit],
        gone: list[int],
        owned: list[State],
    ) -> bool:
        """Work out what every audience has to be told of a flush.

        Returns:
            Whether any of them has to be told anything.
        """
        if not self._tree.outline.limited:
            return False
        for view in self._views:
            if gone and view.shown:
                lost = set(gone)
                view.shown = {pair for pair in view.shown if pair[0] not in lost}
        if not self._views:
            return False
        self._merge()
        own = {id(view): view.take_doubts() for view in self._views}
        doubts = self._regroup(own)
        for audience in self._groups:
            audience.advance(created, groups, edits, gone, doubts[id(audience)])
        for view in self._views:
            if view.private is not None:
                assert view.group is not None
                view.private.group = view.group
                roots = [*own[id(view)], *view.group.turned, *owned]
                view.private.advance(created, groups, edits, gone, roots)
        return any(True for view in self._views for _ in self.changes(view))

    def _regroup(self, own: dict[int, list[State]]) -> dict[int, list[State]]:
        """Let views whose key changed leave the others.

        Args:
            own: By view, what is to be looked at again.

        Returns:
            The same by group.
        """
        doubts: dict[int, list[State]] = {}
        leaving: dict[tuple[object, object], list[View]] = {}
        staying: set[int] = set()
        for view in self._views:
            group = view.group
            assert group is not None
            key = view.key()
            if key == group.key:
                staying.add(id(group))
                group.view = view
            else:
                leaving.setdefault((id(group), key), []).append(view)
        for views in leaving.values():
            first = views[0]
            old = first.group
            assert old is not None
            if id(old) in staying:
                new = old.copy()
                self._groups.append(new)
            else:
                new = old
                staying.add(id(old))
            new.key = first.key()
            new.view = first
            found = doubts.setdefault(id(new), [])
            for view in views:
                view.group = new
                found.extend(own[id(view)])
        self._drop_unheard()
        for audience in self._groups:
            doubts.setdefault(id(audience), [])
        return doubts

    def _merge(self) -> None:
        """Let views share an audience whose keys became equal with the last flush."""
        by_key: dict[object, Audience] = {}
        for view in self._views:
            assert view.group is not None
            view.group = by_key.setdefault(view.group.key, view.group)
        self._drop_unheard()

    def _drop_unheard(self) -> None:
        heard = {id(view.group) for view in self._views}
        self._groups = [group for group in self._groups if id(group) in heard]


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
