"""Layout: what is worked out once for each State class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from nexus.state.field import Field
from nexus.state.rule import Lane

if TYPE_CHECKING:
    from nexus.state.state import State

__all__ = ["MAX_FIELDS", "Layout", "members", "slot"]

#: So many fields fit into the peer's own format, and into a mask.
MAX_FIELDS = 63


@define(eq=False)
class Layout:
    """The fields of a State class, and masks over them.

    A mask has bit i for field i. The masks by Lane speak of entities that everybody may
    see; deeper in, every narrower lane is widened by what the way there demands.
    """

    fields: tuple[Field, ...]
    by_name: dict[str, Field] = field(init=False)
    #: Fields that hold a Map, List or Set; the j-th has the id of its State + 1 + j.
    containers: tuple[Field, ...] = field(init=False)
    #: Those of them that hold a Table.
    tables: tuple[Field, ...] = field(init=False)
    #: Fields that hold one State.
    references: tuple[Field, ...] = field(init=False)
    #: Fields that hold one value or one State.
    ones: tuple[Field, ...] = field(init=False)
    #: What clients may ever get, and what is stored.
    sent: int = field(init=False)
    stored: int = field(init=False)
    #: Sent fields that everybody may see who sees the State.
    open: int = field(init=False)
    #: Sent fields that a rule limits, where the rule asks about the State itself.
    limited: tuple[Field, ...] = field(init=False)
    #: The same where the rule asks about the State that the field refers to.
    limited_references: tuple[Field, ...] = field(init=False)
    #: Whether some of those are for whoever owns that State.
    private_references: bool = field(init=False)
    #: Masks over the two, by Lane.
    by_lane: tuple[int, ...] = field(init=False)
    #: The names of the slots of all fields, and of those that lead to States below.
    slots: tuple[str, ...] = field(init=False)
    _below: tuple[tuple[str, bool], ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        fields = self.fields
        self.by_name = {field.name: field for field in fields}
        self.containers = tuple(field for field in fields if field.shape != "one")
        self.tables = tuple(field for field in fields if field.shape == "table")
        self.ones = tuple(field for field in fields if field.shape == "one")
        self.references = tuple(field for field in self.ones if field.state is not None)
        sent = [field for field in fields if not field.said.server_only]
        self.sent = _mask(sent)
        self.stored = _mask([field for field in fields if not field.said.transient])
        # A container of States is seen by all: each State in it is asked about.
        limited = [
            field
            for field in sent
            if field.lane != Lane.SHARED
            and not (field.shape != "one" and field.state is not None)
        ]
        self.open = self.sent & ~_mask(limited)
        self.limited = tuple(field for field in limited if field.state is None)
        self.limited_references = tuple(
            field for field in limited if field.state is not None
        )
        self.private_references = any(
            field.lane == Lane.PRIVATE for field in self.limited_references
        )
        self.by_lane = tuple(
            _mask([field for field in limited if field.lane == lane]) for lane in Lane
        )
        self.slots = tuple(slot(field.name) for field in fields)
        self._below = tuple(
            (slot(field.name), field.shape == "one")
            for field in fields
            if field.state is not None
        )

    def offset(self, field: Field) -> int:
        """Return how far a container's id is from the id of its State."""
        return 1 + self.containers.index(field)

    def children(self, state: State) -> list[State]:
        """Return the States directly below one of this layout, in order."""
        below: list[State] = []
        for name, one in self._below:
            value = getattr(state, name, None)  # None: `__init__` has failed
            if one:
                if value is not None:
                    below.append(value)
            elif value is not None:
                below.extend(value._states())
        return below

    def held(self, state: State) -> list[Any]:
        """Return the containers of a State, in order."""
        return [getattr(state, slot(field.name)) for field in self.containers]

    def was_at(self, state: State, captured: list[Any]) -> bool:
        """Tell whether a State stood where it stands when `capture` returned this."""
        above, hung, key, _ = captured[1]
        return state._parent is above and state._field is hung and state._key == key

    def capture(self, state: State) -> list[Any]:
        """Return a copy of all that a State is: marks, fields, containers."""
        marks = (state._id, state._bucket, state._dirty, state._reach, state._kept)
        link = (state._parent, state._field, state._key, state._owner)
        values = [getattr(state, name) for name in self.slots]
        held = [
            (container, container._capture())
            for field in self.containers
            for container in [values[field.index]]
        ]
        return [marks, link, values, held]

    def restore(self, state: State, captured: list[Any]) -> None:
        """Make a State what it was when `capture` returned this."""
        marks, link, values, held = captured
        state._id, state._bucket, state._dirty, state._reach, state._kept = marks
        state._parent, state._field, state._key, state._owner = link
        for name, value in zip(self.slots, values, strict=True):
            setattr(state, name, value)
        for container, content in held:
            container._restore(*content)


def slot(name: str) -> str:
    """Return the name of the slot that holds a field's value."""
    return f"_f_{name}"


def members(cls: type, *names: str) -> tuple[Any, ...]:
    """Return the descriptors of some slots of a class, for the compiled parts."""
    return tuple(getattr(cls, name) for name in names)


def _mask(fields: Any) -> int:
    """Return the mask with the bits of `fields`."""
    mask = 0
    for each in fields:
        mask |= each.bit
    return mask
