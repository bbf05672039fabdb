"""Encoder: what a flush found, as a patch or a snapshot of the `nexus` format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nexus.state.change import (
    ChangeSet,
    Created,
    Edit,
    Group,
    Insert,
    ListEdit,
    MapEdit,
    Move,
    Remove,
    Replace,
    SetEdit,
    TableEdit,
)
from nexus.state.container import Container
from nexus.state.flush import Flush
from nexus.state.outline import Outline
from nexus.state.tree import Tree
from nexus.state.view import View
from nexus.wire.codec import pack
from nexus.wire.native.column import pack_values
from nexus.wire.native.ids import write_ids
from nexus.wire.native.op import Op, claims, row_weight, weight
from nexus.wire.native.plan import Plan
from nexus.wire.native.rows import write_table

__all__ = ["Encoder", "encode_outline", "name_of"]

_PADDING = b"\xc0"
#: The check that a patch begins with, by the version that it leads from, modulo 64.
_CHECKS = [pack(version) for version in range(64)]
#: So many sets of fields are remembered with how they are written.
_MAX_PLANS = 4096


def encode_outline(outline: Outline, *, stored: bool = False) -> bytes:
    """Return the outline as clients, or stores, read it."""
    root, classes = outline.describe(stored=stored)
    return pack([1, outline.fingerprint(stored=stored), root, classes])


class Encoder:
    """Writes the patches and snapshots of one tree.

    What several clients are told alike is written once and shared.

    Args:
        tree: The tree.
        stored: Write for a store: all but transient fields, and who owns what.
    """

    def __init__(self, tree: Tree, *, stored: bool = False) -> None:
        self._tree = tree
        self._stored = stored
        self._plans: dict[tuple[type[Any], int], Plan] = {}
        #: The same for what is new.
        self._births: dict[tuple[type[Any], int], Plan] = {}
        self._fingerprint = tree.outline.fingerprint(stored=stored)
        #: Whether a store is told just what all clients are.
        self._alike = not tree.outline.hides and all(
            cls.__layout__.stored == cls.__layout__.open and not cls.__layout__.tables
            for cls in tree.outline.classes
        )

    def patch(self, flush: Flush, view: View | None = None) -> bytes:
        """Return the patch of a flush for the client of a view.

        Call it before anything is written again. A flush that found nothing has no
        patch: the bytes are empty.

        Raises:
            StateError: The flush is not the latest of this tree, or the view is closed
                or one of another tree.
        """
        flush.expect(self._tree)
        if view is not None:
            view.expect(self._tree)
        if not flush.changed:
            return b""
        check = _CHECKS[flush.version - 1 & 63]
        if self._stored and not (self._alike and _is_unowned(flush)):
            return check + self._body(flush.stored())
        if view is None:
            return check + self._shared(flush.shared)
        return check + b"".join([self._shared(lane) for lane in flush.lanes(view)])

    def snapshot(self, view: View | None = None) -> bytes:
        """Return all that a client may see, for one that has nothing or too little.

        Raises:
            StateError: Something was written since the last flush, or the view is
                closed or one of another tree.
        """
        tree = self._tree
        changes = tree.full_stored() if self._stored else tree.full(view)
        return pack(tree.version) + pack(self._fingerprint) + self._body(changes)

    def _shared(self, changes: ChangeSet) -> bytes:
        """Return what a lane has to be told, written at most once."""
        body = changes.encoded.get("nexus")
        if body is None:
            body = changes.encoded["nexus"] = self._body(changes)
        return body

    def _body(self, changes: ChangeSet) -> bytes:
        updated = changes.updated
        if len(updated) == 1 and changes.plain:
            # Most flushes are this: one class, one set of fields.
            [group] = updated
            cls, mask = group.cls, group.mask
            plan = self._plans.get((cls, mask)) or self._plan(cls, mask)
            return plan.write(group.states, group.ids)
        out: list[bytes] = []
        owed = self._create(out, changes.created) if changes.created else 0
        silent, named = 0, 0
        for group in updated:
            plan = self._plan(group.cls, group.mask)
            out.append(plan.write(group.states, group.ids))
            named += len(group.states)
            if plan.is_silent and len(group.states) > 8:
                silent += len(group.states)
        if changes.plain:
            return _paid(out, claims(named) if silent else 0)
        for group in changes.hidden:
            named += len(group.states)
            silent += len(group.states)
            self._hide(out, group)
        edits = [*changes.edits]
        for created in changes.created:
            edits += created.edits
        for edit in edits:
            _WRITERS[type(edit)](out, name_of(self._tree, edit.container), edit)
        listed = _silent(edits)
        owed += claims(silent + listed) + _rows_owed(edits)
        if silent + listed:
            # Values pay for their own ids alone. What is new is named at four places.
            named += listed + _told(edits) + len(changes.owned)
            owed = max(owed, claims(named + 4 * len(changes.created)))
        if self._stored:
            self._own(out, changes)
        return _paid(out, owed)

    def _plan(self, cls: type[Any], mask: int) -> Plan:
        plan = self._plans.get((cls, mask))
        if plan is None:
            number = self._tree.outline.number(cls)
            head = pack(number) + pack(mask)
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            fields = [field for field in cls.__layout__.ones if field.bit & mask]
            plan = self._plans[cls, mask] = Plan(head, cls, fields)
        return plan

    def _birth(self, cls: type[Any], mask: int) -> Plan:
        """Return how the values of new States are written; references come later."""
        plan = self._births.get((cls, mask))
        if plan is None:
            number = self._tree.outline.number(cls)
            head = pack(Op.CREATE.value) + pack(number) + pack(mask)
            if len(self._births) >= _MAX_PLANS:
                self._births.clear()
            ones = cls.__layout__.ones
            fields = [each for each in ones if each.bit & mask and each.state is None]
            plan = self._births[cls, mask] = Plan(head, cls, fields)
        return plan

    def _create(self, out: list[bytes], created: list[Created]) -> int:
        """Write what is new, in groups of a class and a mask; return its weight."""
        groups: dict[tuple[type[Any], int], list[Any]] = {}
        for entry in created:
            groups.setdefault((type(entry.state), entry.mask), []).append(entry.state)
        owed = 0
        later: list[tuple[type[Any], int, list[Any]]] = []
        for (cls, mask), states in groups.items():
            layout = cls.__layout__
            out.append(self._birth(cls, mask).write(states))
            owed += weight(len(layout.fields)) * len(states)
            for field in layout.references:
                if field.bit & mask:
                    name = field.name
                    some = [each for each in states if getattr(each, name) is not None]
                    if some:
                        later.append((cls, field.bit, some))
        # References come when all that is new is there.
        for cls, bit, states in later:
            out.append(self._plan(cls, bit).write(states))
        return owed

    def _hide(self, out: list[bytes], group: Group) -> None:
        number = self._tree.outline.number(group.cls)
        ids = write_ids([state._id for state in group.states])
        out += (pack(Op.HIDE.value), pack(number), pack(group.mask), ids)

    def _own(self, out: list[bytes], changes: ChangeSet) -> None:
        owned = [entry.state for entry in changes.created if entry.state._owner]
        owned += changes.owned
        if owned:
            owned = sorted(set(owned), key=lambda state: state._id)
            out += (pack(Op.OWN.value), write_ids([state._id for state in owned]))
            names = [state._owner for state in owned]
            out.append(pack(names[0]) if len(names) == 1 else pack(names))


def name_of(tree: Tree, container: Container) -> bytes:
    """Return the name of a container of a tree: class, field and entity."""
    holder = container._holder
    number = tree.outline.number(type(holder))
    return pack(number) + pack(container._field.index) + pack(holder._id)


def _is_unowned(flush: Flush) -> bool:
    """Tell whether there is nothing to say of owners, whom clients do not hear of."""
    return not flush.owned and not any(state._owner for state in flush.created)


def _paid(out: list[bytes], owed: int) -> bytes:
    """Return a body that is as long as what it says must be."""
    body = b"".join(out)
    return body if owed <= len(body) else body + _PADDING * (owed - len(body))


def _silent(edits: list[Edit]) -> int:
    """Return how many entities are spoken of in edits by ids alone."""
    count = 0
    for edit in edits:
        if isinstance(edit, ListEdit) and edit.container._field.kind is None:
            count += len(edit.content if edit.steps is None else edit.steps)
        elif isinstance(edit, TableEdit) and not edit.container.is_watched:
            count += len(edit.gone)
    return count


def _told(edits: list[Edit]) -> int:
    """Return of how many rows values are told."""
    return sum(
        [
            len(edit.came) + sum([len(rows) for _, rows in edit.written])
            for edit in edits
            if isinstance(edit, TableEdit) and not edit.container.is_watched
        ]
    )


def _rows_owed(edits: list[Edit]) -> int:
    """Return how many bytes have to pay for the rows that come."""
    return sum(
        [
            row_weight(len(edit.container.fields)) * len(edit.came)
            for edit in edits
            if isinstance(edit, TableEdit) and not edit.container.is_watched
        ]
    )


def _head(op: Op, where: bytes) -> bytes:
    return pack(op.value) + where


def _keys(keys: Iterable[str]) -> bytes:
    some = list(keys)
    return pack(some[0]) if len(some) == 1 else pack(some)


def _write_map(out: list[bytes], where: bytes, edit: MapEdit) -> None:
    if edit.cleared:
        out.append(_head(Op.CLEAR, where))
    elif edit.removed:
        out += (_head(Op.REMOVE, where), _keys(edit.removed))
    if edit.added:
        values = [value for _, value in edit.added]
        out += (
            _head(Op.SET, where),
            _keys(key for key, _ in edit.added),
            pack_values(edit.container._field, values),
        )


def _write_set(out: list[bytes], where: bytes, edit: SetEdit) -> None:
    field = edit.container._field
    if edit.cleared:
        out.append(_head(Op.CLEAR, where))
    elif edit.removed:
        out += (_head(Op.DISCARD, where), pack_values(field, edit.removed))
    if edit.added:
        out += (_head(Op.ADD, where), pack_values(field, edit.added))


def _write_list(out: list[bytes], where: bytes, edit: ListEdit) -> None:
    field = edit.container._field
    if edit.steps is None:
        if edit.content:
            out += (_head(Op.ASSIGN, where), pack_values(field, edit.content))
        else:
            out.append(_head(Op.CLEAR, where))
        return
    steps = edit.steps
    at = 0
    while at < len(steps):
        step = steps[at]
        at += 1
        if isinstance(step, Replace):
            out += (
                _head(Op.REPLACE, where),
                pack(step.at),
                pack_values(field, [step.value]),
            )
        elif isinstance(step, Move):
            out += (_head(Op.MOVE, where), pack(step.at), pack(step.to))
        elif isinstance(step, Remove):
            start, count = step.at, 1
            # Removals one after the other at one position, or backwards, are one.
            while at < len(steps) and isinstance(follow := steps[at], Remove):
                if follow.at == start - 1:
                    start -= 1
                elif follow.at != start:
                    break
                count += 1
                at += 1
            out += (_head(Op.ERASE, where), pack(start), pack(count))
        else:
            values = [step.value]
            # Insertions one behind the other are one.
            while (
                at < len(steps)
                and isinstance(follow := steps[at], Insert)
                and follow.at == step.at + len(values)
            ):
                values.append(follow.value)
                at += 1
            out += (_head(Op.INSERT, where), pack(step.at), pack_values(field, values))


_WRITERS: dict[type[Edit], Callable[[list[bytes], bytes, Any], None]] = {
    MapEdit: _write_map,
    SetEdit: _write_set,
    ListEdit: _write_list,
    TableEdit: write_table,
}
