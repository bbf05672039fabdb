"""State: a declared, typed, slotted class whose writes are checked and noted."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

import attrs
from typing_extensions import override

from nexus.compiled import parts
from nexus.errors import FieldError
from nexus.state import place
from nexus.state.declare import (
    again,
    brief,
    check_body,
    check_name,
    check_reference,
    converter_of,
    default_of,
    fields_of,
    names_of,
    said_of,
)
from nexus.state.field import Field
from nexus.state.kind import shorten
from nexus.state.layout import Layout, members, slot
from nexus.state.setter import setter

if TYPE_CHECKING:
    from nexus.state.place import Bucket

__all__ = ["State", "StateMeta"]


def _property(cls: type, each: Field) -> Any:
    """Return the property that reads a slot and writes it through a check."""
    name = slot(each.name)

    write: Callable[[Any, Any], None]

    def assign(self: Any, value: Any) -> None:
        held = getattr(self, name)
        # `state.items += [...]` ends with handing the container back to itself.
        if value is not held:
            held._assign(value)

    def refer(self: Any, value: Any) -> None:
        _refer(self, each, name, value)

    if each.shape != "one":
        write = assign
    elif each.state is not None:
        write = refer
    else:
        write = setter(cls.__name__, each, name)
    doc = f"The field `{each.name}`."
    if parts is None:
        return property(attrgetter(name), write, doc=doc)
    return parts.Property(
        slots=(
            *members(cls, name),
            *members(Node, "_dirty", "_bucket"),
            *members(place.Bucket, "undo"),
        ),
        bit=each.bit,
        form=each.kind.form() if each.kind and each.shape == "one" else ("any",),
        optional=each.optional and each.kind is not None,
        write=write,
        doc=doc,
    )


def _refer(holder: State, each: Field, name: str, value: Any) -> None:
    """Let a field hold another State."""
    old = getattr(holder, name)
    if value is old:
        return
    check_reference(type(holder).__name__, each, value)
    if value is not None:
        place.free(value, holder)
        place.attach(value, holder, each)
    bucket, dirty = holder._bucket, holder._dirty
    if bucket.undo is not None:
        bucket.undo.append((_refer_back, holder, name, old, dirty))
    if dirty:
        holder._dirty = dirty | each.bit
    else:
        holder._dirty = each.bit
        bucket.append(holder)
    setattr(holder, name, value)
    if old is not None:
        place.detach(old)


def _refer_back(holder: State, name: str, old: Any, dirty: int) -> None:
    """Undo a reference."""
    setattr(holder, name, old)
    holder._dirty = dirty


# `field` is no field specifier: to type checkers, what it is called for then has a
# default, as every field has that can be left out.
@dataclass_transform(kw_only_default=True)
class StateMeta(type):
    """Turns the annotations of a State class into slots, checks and an `__init__`."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]
    ) -> StateMeta:
        """Make the class, then read its annotations: they may name the class itself."""
        parent = next((base for base in bases if isinstance(base, StateMeta)), None)
        if len([base for base in bases if isinstance(base, StateMeta)]) > 1:
            raise FieldError(f"{name}: a State class has one State class above it")
        annotated, inherited = [], {}
        if parent is not None:
            check_body(name, namespace)
            annotated, inherited = names_of(namespace), parent.__layout__.by_name
        declared = [key for key in annotated if key not in inherited]
        for key in declared:
            check_name(name, key, bases)
        said = {
            key: said_of(namespace.pop(key, attrs.NOTHING))
            for key in [*declared, *again(name, namespace, annotated, inherited)]
        }
        slots = namespace.get("__slots__", ())
        own_slots = (slots,) if isinstance(slots, str) else tuple(slots)
        namespace["__slots__"] = (*own_slots, *(slot(key) for key in declared))
        cls = super().__new__(mcs, name, bases, namespace)
        cls.__layout__ = Layout(fields_of(cls, annotated, said, inherited))
        for key in said:
            setattr(cls, key, _property(cls, cls.__layout__.by_name[key]))
        # attrs makes the __init__ on top of slots that are there already.
        these = {
            slot(each.name): attrs.field(
                alias=each.name,
                default=default_of(cls, each),
                converter=converter_of(cls, each),
            )
            for each in cls.__layout__.fields
        }
        return attrs.define(
            cls,
            these=these,
            slots=False,
            eq=False,
            repr=False,
            kw_only=True,
            on_setattr=attrs.setters.NO_OP,
        )

    __layout__: Layout

    if not TYPE_CHECKING:
        # Pyright would take its result for what each class makes: Any.
        @override
        def __call__(cls, /, *unnamed: Any, **values: Any) -> Any:
            """Make a State; if that fails, States that were given are free again."""
            if unnamed:
                names = ", ".join(f"{key}=..." for key in cls.__layout__.by_name)
                raise TypeError(
                    f"{cls.__name__} takes its fields by name: {cls.__name__}({names})"
                )
            state: Any = object.__new__(cls)
            try:
                state.__init__(**values)
            except BaseException:
                for child in cls.__layout__.children(state):
                    place.detach(child)
                raise
            return state


class Node:
    """What every State has beside its fields.

    It stands apart so that type checkers do not take these for fields.
    """

    __slots__ = (
        "__weakref__",
        "_bucket",
        "_dirty",
        "_field",
        "_id",
        "_kept",
        "_key",
        "_mark",
        "_owner",
        "_parent",
        "_reach",
    )

    #: Its number in the tree; meaningless while it stands in none.
    _id: int
    #: A mask of fields that were written since the last flush.
    _dirty: int
    _bucket: Bucket
    #: The State above, the field there, and the key when that field is a Map.
    _parent: State | None
    _field: Field | None
    _key: str | None
    _owner: str | None
    #: The narrowest Lane on the way here.
    _reach: int
    #: Whether it is stored: nothing on the way here is transient.
    _kept: bool
    #: Bytes that a serializer keeps beside the State.
    _mark: bytes


class State(Node, metaclass=StateMeta):
    """A part of what a Room shares: subclass it and annotate its fields.

    Each field is checked when it is written, and every write is noted, so that the next
    patch carries what changed and nothing else. It stands at one place of one tree.
    """

    __slots__ = ()
    __layout__: ClassVar[Layout]
    #: Names that the class had in older snapshots.
    formerly: ClassVar[tuple[str, ...]] = ()

    def __attrs_pre_init__(self) -> None:
        """Stand nowhere yet."""
        self._id = 0
        self._dirty = place.NEW
        self._bucket = place.IDLE
        self._parent = None
        self._field = None
        self._key = None
        self._owner = None
        self._reach = 0
        self._kept = True
        self._mark = b""

    @property
    def owner(self) -> str | None:
        """The session whose client owns this State, or else the one above it."""
        here: State | None = self
        while here is not None:
            if here._owner is not None:
                return here._owner
            here = here._parent
        return None

    @owner.setter
    def owner(self, session: str | None) -> None:
        if session is not None and not isinstance(session, str):
            raise FieldError(
                f"{type(self).__name__}.owner: {shorten(session)} is no session id"
            )
        if session == self._owner:
            return
        bucket = self._bucket
        if bucket.tree is not None:
            bucket.tree.owned(self)
            if bucket.undo is not None:
                bucket.undo.append((setattr, self, "_owner", self._owner))
        self._owner = session

    @override
    def __repr__(self) -> str:
        values = ", ".join(
            f"{each.name}={brief(each, getattr(self, slot(each.name), None))}"
            for each in self.__layout__.fields
        )
        return f"{type(self).__name__}({values})"

    @override
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a State cannot be pickled or copied; use a snapshot")
