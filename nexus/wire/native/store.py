"""Snapshots for a store, and States made of them, also of older classes' ones."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import Any, Generic, cast

from attrs import define, field, frozen
from typing_extensions import TypeVar

from nexus.errors import FieldError, PeerError, StateError
from nexus.state.field import Field
from nexus.state.outline import Outline
from nexus.state.state import State
from nexus.state.tree import Tree
from nexus.wire.codec import Reader, pack
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.encoder import Encoder, encode_outline
from nexus.wire.native.ids import MAX_ID
from nexus.wire.native.outline import RemoteClass, RemoteField, RemoteOutline
from nexus.wire.native.replica import LIMIT, Replica, plain
from nexus.wire.native.table import Mirror

__all__ = ["Restored", "Saved", "load", "read_saved", "restore", "save"]


@frozen
class Saved:
    """A snapshot of all that is stored, and what is needed to read it and go on."""

    outline: bytes
    snapshot: bytes
    #: The id that the next State gets.
    next_id: int

    def written(self) -> bytes:
        """Return it as `save` does."""
        return pack(self.outline) + pack(self.snapshot) + pack(self.next_id)

    def replica(self, *, limit: int = LIMIT) -> Replica:
        """Return a Replica that holds it.

        Raises:
            PeerError: It is no snapshot.
        """
        replica = Replica(self.outline, limit=limit)
        replica.apply_snapshot(self.snapshot)
        return replica


def read_saved(data: bytes, *, limit: int = LIMIT) -> Saved:
    """Take apart what `save` returned; the snapshot is not looked into.

    Raises:
        PeerError: The bytes are something else.
    """
    reader = Reader(data, limit)
    saved = Saved(reader.data(), reader.data(), reader.integer(1, MAX_ID))
    reader.end()
    return saved


def save(tree: Tree) -> bytes:
    """Return a snapshot of all that is stored, with the outline that it needs.

    Raises:
        StateError: Something was written since the last flush.
    """
    outline = encode_outline(tree.outline, stored=True)
    snapshot = Encoder(tree, stored=True).snapshot()
    return Saved(outline, snapshot, tree.next_id).written()


#: The class of the root.
R = TypeVar("R", bound=State, default=State)


@define(eq=False)
class Restored(Generic[R]):
    """A tree made of a snapshot, and what was lost or won on the way."""

    tree: Tree[R]
    #: How often each field was dropped that the classes no longer have.
    dropped: Counter[str] = field(factory=Counter)
    #: How often each field took its default, since the snapshot has it not.
    defaulted: Counter[str] = field(factory=Counter)
    #: The Tables, by the ids that the States which have them had, and by field.
    tables: dict[tuple[int, str], Any] = field(factory=dict)
    #: Whether the classes, or their fields, are other ones.
    is_recast: bool = False
    #: Whether entities have other ids than in the snapshot, as a class has other
    #: containers now: clients that come back need the outline anew.
    renumbered: bool = False


def load(data: bytes, root: type[R], *, limit: int = LIMIT) -> Restored[R]:
    """Make a tree of what `save` returned, maybe for an older `root` class.

    Raises:
        PeerError: The bytes are no snapshot.
        FieldError: A field cannot take what the snapshot has; it is named.
    """
    saved = read_saved(data, limit=limit)
    return restore(saved.replica(limit=limit), root, next_id=saved.next_id)


def restore(replica: Replica, root: type[R], *, next_id: int) -> Restored[R]:
    """Make a tree of a Replica that was kept by snapshots and patches of a store.

    Raises:
        PeerError: The ids cannot be.
        FieldError: A field cannot take what the Replica has; it is named.
    """
    maker = _Maker(Outline(root), replica.outline)
    stored = replica.state._cls.name
    if stored != root.__name__ and stored not in root.formerly:
        raise FieldError(
            f"the snapshot is of a {stored}, not of a {root.__name__}; if it was "
            f'renamed, say so: formerly = ("{stored}",)'
        )
    tree = Tree(cast("R", maker.make(replica.state, root)))
    restored = Restored(tree, maker.dropped, maker.defaulted)
    for mirror, state in maker.made:
        state._owner = replica.owners.get(mirror._id)
    restored.renumbered = any(
        [each.name for each in before.containers]
        != [each.name for each in cls.__layout__.containers]
        for before, cls in {(mirror._cls, type(state)) for mirror, state in maker.made}
    )
    ids = {id(state): mirror._id for mirror, state in maker.made}
    if not restored.renumbered:
        try:
            tree.take_ids(ids, next_id)
        except StateError as error:
            raise PeerError(str(error)) from None
    else:
        # Rows have their ids still.
        tree.take_row_ids(max(0, next_id - tree.next_id))
    restored.tables = {
        (mirror._id, each.name): getattr(state, each.name)
        for mirror, state in maker.made
        for each in type(state).__layout__.tables
    }
    now = tree.outline.fingerprint(stored=True)
    restored.is_recast = now != replica.outline.fingerprint
    tree.version = replica.version
    return restored


@frozen
class _Plan:
    """How a State of one class is made of the entities of an older one."""

    cls: type[State]
    #: Fields whose values are taken as they are: names, and where entities have them.
    same: list[tuple[str, int]]
    #: Fields that are made of what stood there before.
    others: list[tuple[Field, RemoteField]]
    #: Fields that only one of the two has, as they are told of.
    missing: list[str]
    dropped: list[str]


class _Maker:
    """Makes States of entities, class by name and field by name."""

    def __init__(self, outline: Outline, old: RemoteOutline) -> None:
        self._old = old
        self._classes = {cls.__name__: cls for cls in outline.classes}
        for cls in outline.classes:
            for name in cls.formerly:
                self._classes.setdefault(name, cls)
        self._plans: dict[tuple[int, type[State] | None], _Plan] = {}
        self.made: list[tuple[Mirror, State]] = []
        self.dropped: Counter[str] = Counter()
        self.defaulted: Counter[str] = Counter()

    def make(self, mirror: Mirror, cls: type[State] | None = None) -> State:
        """Return the State that an entity stands for.

        Raises:
            FieldError: It cannot be made.
        """
        old = mirror._cls
        plan = self._plans.get((old.number, cls))
        if plan is None:
            plan = self._plans[old.number, cls] = self._plan(old, cls)
        cls, held = plan.cls, mirror._values
        values: dict[str, Any] = {}
        for name, index in plan.same:
            value = held[index]
            if value is ABSENT:
                self.defaulted[f"{cls.__name__}.{name}"] += 1
            else:
                values[name] = value
        for each, before in plan.others:
            if held[before.index] is ABSENT:
                self.defaulted[f"{cls.__name__}.{each.name}"] += 1
            else:
                values[each.name] = self._value(mirror, before, cls, each)
        if plan.missing:
            self.defaulted.update(plan.missing)
        if plan.dropped:
            self.dropped.update(plan.dropped)
        state = cls(**values)
        self.made.append((mirror, state))
        return state

    def _plan(self, old: RemoteClass, cls: type[State] | None) -> _Plan:
        """Work out once how entities of a class are read.

        Raises:
            FieldError: There is no such class any more.
        """
        cls = cls or self._classes.get(old.name)
        if cls is None:
            raise FieldError(
                f"the snapshot holds a {old.name}, and there is no such class now; "
                f'name it in the new one: formerly = ("{old.name}",)'
            )
        plan = _Plan(cls, [], [], [], [])
        for each in cls.__layout__.fields:
            before = old.by_name.get(each.name)
            # Rows are stored apart.
            tables = before is not None and before.shape == each.shape == "table"
            if each.said.transient or tables:
                continue
            if before is None:
                plan.missing.append(f"{cls.__name__}.{each.name}")
            elif self._is_same(before, each):
                plan.same.append((each.name, before.index))
            else:
                plan.others.append((each, before))
        known = cls.__layout__.by_name
        plan.dropped.extend(
            f"{cls.__name__}.{name}" for name in old.by_name if name not in known
        )
        return plan

    def _is_same(self, before: RemoteField, each: Field) -> bool:
        """Tell whether a field takes its values as they were."""
        if before.kind is None or each.kind is None:
            return False
        return (
            before.shape == each.shape == "one"
            and before.type == each.kind.name
            and self._type(before) not in (each.said.convert or {})
            and getattr(each.kind, "members", None) is None
        )

    def _value(
        self, mirror: Mirror, before: RemoteField, cls: type[State], each: Field
    ) -> Any:
        """Return what a field takes of an entity."""
        name = f"{cls.__name__}.{each.name}"
        old = self._type(before)
        held = getattr(mirror, before.name)
        convert = (each.said.convert or {}).get(old)
        if convert is not None:
            return convert(plain(held))
        if before.shape != each.shape or (before.kind is None) != (each.kind is None):
            raise FieldError(f"{name}: {_advice(old)}")
        if each.kind is None:
            if each.shape == "map":
                return {key: self.make(entry) for key, entry in held.items()}
            if each.shape == "list":
                return [self.make(entry) for entry in held]
            return None if held is None else self.make(held)
        if before.type != each.kind.name:
            raise FieldError(f"{name}: {_advice(old)}")
        if each.shape == "map":
            return {key: self._one(each, entry, name) for key, entry in held.items()}
        if each.shape in ("list", "set"):
            return [self._one(each, entry, name) for entry in held]
        return None if held is None else self._one(each, held, name)

    def _type(self, before: RemoteField) -> str:
        """Return what a converter is declared for: `int32`, `list[str]`, `Player`."""
        held = before.type if before.kind else self._old.classes[before.cls].name
        return held if before.shape == "one" else f"{before.shape}[{held}]"

    def _one(self, each: Field, value: Any, name: str) -> Any:
        """Return one value of a kind of the same name."""
        members = getattr(each.kind, "members", None)
        if members is None:
            return value
        found: dict[str, Enum] = {member.name: member for member in members}
        if value not in found:
            raise FieldError(f"{name}: the enum has no member {value} now")
        return found[value]


def _advice(old: str) -> str:
    return (
        f"the snapshot has {old} here; declare how to make the new value of it: "
        f'field(convert={{"{old}": ...}})'
    )
