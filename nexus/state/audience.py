"""Audience: one set of listeners in one lane, and what they hold by now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from attrs import define, field

from nexus.state.change import ChangeSet, Created, Edit, Group, ListEdit, MapEdit
from nexus.state.clearance import Guarded
from nexus.state.concern import NONE, Concern
from nexus.state.place import BY_ID, walk
from nexus.state.rule import Lane
from nexus.state.window import steps_of

if TYPE_CHECKING:
    from nexus.state.container import Container
    from nexus.state.state import State
    from nexus.state.view import View, ViewKey

__all__ = ["Audience"]


@define(eq=False)
class Audience:
    """Listeners of one lane who see the same.

    It speaks only of what its lane carries: States that stand behind a rule of this
    lane, and the fields of other States that such a rule guards.
    """

    lane: Lane
    #: What its listeners have in common: their roles, and what they were shown.
    key: ViewKey
    #: The views of its listeners.
    listeners: dict[View, None]
    #: For a private audience: where the same client gets what the group sees.
    group: Audience | None = None
    #: The roles by which its listeners hold columns of Tables.
    cleared: frozenset[str] = frozenset()
    #: By id: the fields that the listeners hold through this lane.
    known: dict[int, int] = field(factory=dict)
    #: By id of the State, then of the container: which States the listeners hold there.
    _held: dict[int, dict[int, Any]] = field(factory=dict)
    #: What they have to be told of the last flush.
    changes: ChangeSet = field(factory=ChangeSet)
    #: By id of a Map: keys whose State came into view or went out of it.
    _keys: dict[int, dict[str, None]] = field(factory=dict)
    #: Any of its listeners: rules are asked about this one.
    _view: View = field(init=False)
    #: States that came into view or went out of it with the last flush.
    turned: list[State] = field(factory=list)

    def copy(self) -> Audience:
        """Return an audience that holds the same and can go its own way."""
        held = {
            id_: {offset: type(what)(what) for offset, what in here.items()}
            for id_, here in self._held.items()
        }
        cleared, known = self.cleared, dict(self.known)
        return Audience(self.lane, self.key, {}, self.group, cleared, known, held)

    def learn(self, root: State) -> None:
        """Hold all that may be seen, as one does who got a snapshot."""
        self.advance(NONE, [root])
        self.clear([])
        self.changes = ChangeSet()

    def advance(self, concern: Concern, doubts: Iterable[State]) -> None:
        """Work out what the listeners have to be told of a flush.

        Args:
            concern: What of the flush this lane has to look at.
            doubts: States that may have come into view, or gone out of it, with all
                that stands below them.
        """
        if self.changes:
            self.changes = ChangeSet()
        self.turned = []
        if not concern and not doubts:
            return
        if self.known or self._held:
            for id_ in concern.gone:
                self.known.pop(id_, None)
                self._held.pop(id_, None)
        touched: dict[int, tuple[Container, Edit | None]] = {
            edit.container._id: (edit.container, edit) for edit in concern.edits
        }
        self._keys = {}
        self._view = next(iter(self.listeners))
        fresh: set[int] = set()
        opened: set[int] = set()
        for state, dirty in _candidates(concern, doubts):
            self._reconsider(state, dirty, touched, fresh, opened)
        self._merge_groups()
        for entry in self.changes.created:
            self._fill(entry)
        for container, happened in touched.values():
            holder = container._holder
            if not self.holds(holder):
                # Nor do they hold what stood there, when it comes back.
                self._held.pop(holder._id, None)
                continue
            if holder._id in fresh:
                continue
            if container._field.state is None:
                if container._id in opened:
                    self.changes.edits.append(container._whole())
                elif happened and self.known.get(holder._id, 0) & container._field.bit:
                    self.changes.edits.append(happened)
            else:
                filtered = self._filter(container, happened)
                if filtered is not None:
                    self.changes.edits.append(filtered)

    @property
    def is_cleared_anew(self) -> bool:
        """Whether its listeners have other roles than they were told by."""
        return self.key[0] != self.cleared

    def clear(self, tables: Iterable[Guarded]) -> None:
        """Work out what the listeners have to be told of columns for their roles."""
        roles, _ = self.key
        told = (each.told(self.cleared, roles) for each in tables)
        self.changes.edits.extend(edit for edit in told if edit is not None)
        self.cleared = roles

    def holds(self, state: State) -> bool:
        """Tell whether the listeners see a State, through whichever lane."""
        if state._reach == Lane.SHARED:
            return True
        if state._reach < self.lane:
            assert self.group is not None
            return state._id in self.group.known
        return state._reach == self.lane and state._id in self.known

    def _wanted(self, state: State) -> int | None:
        """Return the fields that the listeners may hold through this lane.

        None means that the State itself does not come to them through this lane.
        """
        lane, view, layout = self.lane, self._view, state.__layout__
        reach = state._reach
        if reach > lane:
            return None
        if reach == lane:
            above, hung = state._parent, state._field
            assert above is not None
            assert hung is not None
            if not self.holds(above) or not hung.rule.allows(view, state):
                return None
            mask, lowest = layout.open, Lane.SHARED
        else:
            if not layout.by_lane[lane] or not self.holds(state):
                return None
            mask, lowest = 0, lane
        for each in layout.limited:
            if lowest <= each.lane <= lane and each.rule.allows(view, state):
                mask |= each.bit
        for each in layout.limited_references:
            if lowest <= each.lane <= lane:
                child = getattr(state, each.name)
                if child is not None and each.rule.allows(view, child):
                    mask |= each.bit
        return mask

    def _reconsider(
        self,
        state: State,
        dirty: int,
        touched: dict[int, tuple[Container, Edit | None]],
        fresh: set[int],
        opened: set[int],
    ) -> None:
        """Compare what the listeners hold of a State with what they may hold."""
        id_, known = state._id, self.known
        have, want = known.get(id_), self._wanted(state)
        if want is None:
            known.pop(id_, None)
        else:
            known[id_] = want
        if state._reach == self.lane and (have is None) != (want is None):
            self.turned.append(state)
            hung = state._field
            assert hung is not None
            assert state._parent is not None
            if hung.shape != "one":
                container = getattr(state._parent, hung.name)
                touched.setdefault(container._id, (container, None))
                if state._key is not None:
                    self._keys.setdefault(container._id, {})[state._key] = None
            if want is None:
                for below in walk(state):
                    self._held.pop(below._id, None)
            else:
                self.changes.created.append(Created(state, want, []))
                fresh.add(id_)
            return
        have, want = have or 0, want or 0
        told = want & (dirty | ~have)
        for each in state.__layout__.containers:
            if each.bit & told:
                container = getattr(state, each.name)
                touched.setdefault(container._id, (container, None))
                opened.add(container._id)
        if told:
            self.changes.updated.append(Group(type(state), told, [state]))
        if have & ~want:
            self.changes.hidden.append(Group(type(state), have & ~want, [state]))

    def _merge_groups(self) -> None:
        """Put States of one class and with the same fields into one group."""
        for groups in (self.changes.updated, self.changes.hidden):
            merged: dict[tuple[Any, int], Group] = {}
            for group in groups:
                first = merged.setdefault((group.cls, group.mask), group)
                if first is not group:
                    first.states.extend(group.states)
            groups[:] = merged.values()

    def _fill(self, entry: Created) -> None:
        """Add the content of its containers to a State that came into view."""
        state = entry.state
        for container in state.__layout__.held(state):
            each = container._field
            if not container or not each.bit & entry.mask:
                continue
            if each.state is None:
                entry.edits.append(container._whole())
            elif max(state._reach, each.lane) == self.lane:
                edit = self._filter(container, None, anew=True)
                if edit is not None:
                    entry.edits.append(edit)

    def _filter(
        self, container: Container, edit: Edit | None, *, anew: bool = False
    ) -> Edit | None:
        """Return what happened in a container of States that the listeners see in part.

        Args:
            container: It.
            edit: What happened in it for those who see all.
            anew: The listeners hold nothing of it yet.
        """
        here = self._held.setdefault(container._holder._id, {})
        if isinstance(container, list):
            before: list[int] = [] if anew else here.get(container._offset, [])
            seen = [state for state in container if state._id in self.known]
            now = here[container._offset] = [state._id for state in seen]
            if now == before:
                return None
            return ListEdit(container, seen, steps_of(before, now, seen), len(before))
        assert isinstance(container, dict)
        held: dict[str, int] = {} if anew else here.get(container._offset, {})
        here[container._offset] = held
        back: set[str] = set()
        keys = dict.fromkeys(container) if anew else self._keys.get(container._id, {})
        if isinstance(edit, MapEdit):
            back = set(edit.removed)
            keys = keys | dict.fromkeys(
                [*edit.removed, *(key for key, _ in edit.added)]
            )
        stayed = False
        removed, added = [], []
        for key in keys:
            state = container.get(key)
            old = held.get(key)
            new = None if state is None or state._id not in self.known else state._id
            if old is not None and (new is None or key in back):
                removed.append(key)
                del held[key]
            if new is not None and (new != old or key in back):
                stayed = stayed or key in held
                added.append((key, state))
                held[key] = new
        if not removed and not added:
            return None
        cleared = len(removed) > 1 and len(held) == len(added) and not stayed
        return MapEdit(container, removed, added, {}, cleared=cleared)


def _candidates(concern: Concern, doubts: Iterable[State]) -> list[tuple[State, int]]:
    """Return the States to look at, parents first, and what was written of them."""
    found = dict(concern.states)
    walked: set[int] = set()
    for root in sorted(doubts, key=BY_ID):
        if root._id in walked:
            continue
        above = root._parent
        if above is not None:
            found.setdefault(above._id, (above, 0))
        for state in walk(root):
            walked.add(state._id)
            found.setdefault(state._id, (state, 0))
    return [found[id_] for id_ in sorted(found)]
