"""Making States of entities that were stored, also of older classes' ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from attrs import frozen

from nexus.errors import FieldError
from nexus.state.field import Field
from nexus.state.outline import Outline
from nexus.state.state import State
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.outline import RemoteClass, RemoteField, RemoteOutline
from nexus.wire.native.replica import plain
from nexus.wire.native.table import Mirror

__all__ = ["Maker"]

#: So many States are made before others may have a turn: some 3 ms.
_MANY: Final = 250


@frozen
class _Plan:
    """How a State of one class is made of the entities of an older one."""

    cls: type[State]
    #: Fields whose values are taken as they are: names, and where entities have them.
    same: list[tuple[str, int]]
    #: Fields that are made of what stood there before.
    others: list[tuple[Field, RemoteField]]
    #: Maps and Lists of States, which are made after it.
    later: list[tuple[Field, RemoteField]]
    #: Fields that only one of the two has, as they are told of.
    missing: list[str]
    dropped: list[str]


class Maker:
    """Makes States of entities, class by name and field by name.

    A State is made without the States in its Maps and Lists, and `fill` makes these,
    some at a time. Only where a class has something happen after `__init__` all are
    made with what they hold, as whoever wrote that expects.

    Args:
        outline: The classes that there are.
        old: Those that the entities are of.

    Attributes:
        made: What was made, beside what it was made of.
        dropped: How often each field was dropped that the classes no longer have.
        defaulted: How often each field took its default, since entities have it not.
    """

    def __init__(self, outline: Outline, old: RemoteOutline) -> None:
        self._old = old
        self._later: list[tuple[State, Field, Any]] = []
        self._is_at_once = any(
            hasattr(cls, "__attrs_post_init__") for cls in outline.classes
        )
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
        waiting: list[tuple[Field, Any]] = []
        for each, before in plan.later:
            if held[before.index] is ABSENT:
                self.defaulted[f"{cls.__name__}.{each.name}"] += 1
            else:
                # Not what a factory would put there.
                values[each.name] = {} if each.shape == "map" else []
                waiting.append((each, getattr(mirror, before.name)))
        state = cls(**values)
        self.made.append((mirror, state))
        self._later += [(state, each, entries) for each, entries in waiting]
        return state

    @property
    def is_long(self) -> bool:
        """Whether so much was made that others may have a turn."""
        return len(self.made) > _MANY

    def fill(self) -> Iterator[None]:
        """Make what is still to be made; others may have a turn after each step.

        Raises:
            FieldError: A State cannot be made.
        """
        due = len(self.made) + _MANY
        # What is made may hold more, which comes after it.
        for state, each, held in self._later:
            container = getattr(state, each.name)
            is_map = each.shape == "map"
            for key, entry in held.items() if is_map else enumerate(held):
                made = self.make(entry)
                if is_map:
                    container[key] = made
                else:
                    container.append(made)
                if len(self.made) >= due:
                    yield
                    due = len(self.made) + _MANY

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
        plan = _Plan(cls, [], [], [], [], [])
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
            elif self._is_later(before, each):
                plan.later.append((each, before))
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

    def _is_later(self, before: RemoteField, each: Field) -> bool:
        """Tell whether what a field holds may come after the State that has it."""
        return (
            not self._is_at_once
            and before.kind is None
            and each.kind is None
            and before.shape == each.shape
            and each.shape in ("map", "list")
            and self._type(before) not in (each.said.convert or {})
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
