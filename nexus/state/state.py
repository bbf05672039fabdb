"""State: a declared, typed, slotted class whose writes are checked and noted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import attrgetter
from types import SimpleNamespace
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    cast,
    dataclass_transform,
    get_type_hints,
)

import attrs
from typing_extensions import override

from nexus.errors import FieldError
from nexus.state import place
from nexus.state.container import Container
from nexus.state.field import Declared, Field, field, read
from nexus.state.kind import shorten
from nexus.state.layout import MAX_FIELDS, Layout, slot
from nexus.state.setter import setter

if TYPE_CHECKING:
    from nexus.state.place import Bucket

__all__ = ["State", "StateMeta"]


def _declared(namespace: dict[str, Any]) -> list[str]:
    """Return the names that a class body annotates, but for ClassVars."""
    annotations = namespace.get("__annotations__", {})
    names = []
    for key, hint in annotations.items():
        text = hint if isinstance(hint, str) else str(hint)
        if "ClassVar" not in text and namespace.get("__module__") != __name__:
            names.append(key)
    return names


def _check_name(owner: str, name: str, bases: tuple[type, ...]) -> None:
    if name.startswith("_") or not name.isidentifier():
        raise FieldError(f"{owner}.{name}: a field's name starts with a letter")
    if name == "owner":
        raise FieldError(
            f"{owner}.owner: every State has an owner already, the session id of the "
            "client that owns it; choose another name for the field"
        )
    if name in RESERVED:
        raise FieldError(
            f"{owner}.{name}: the objects of Colyseus' SDKs cannot have this name; "
            "choose another"
        )
    if any(hasattr(base, name) for base in bases):
        raise FieldError(f"{owner}.{name}: the name is taken above {owner}")


#: Names that the official SDKs cannot have as a field: their objects use them, and an
#: object with a `then` is never handed out by `await`.
RESERVED = frozenset({"constructor", "isTrackingPaused", "then"})


def _said(value: Any) -> Declared:
    """Return what the right side of an annotation says."""
    return value if isinstance(value, Declared) else Declared(default=value)


def _hints(cls: type, name: str, own: list[str]) -> dict[str, Any]:
    """Return the annotations of a class's own fields, evaluated."""
    holder = SimpleNamespace(
        __annotations__={key: cls.__annotations__[key] for key in own}
    )
    names = vars(sys.modules[cls.__module__])
    try:
        return get_type_hints(holder, names, {name: cls}, include_extras=True)
    except NameError as error:
        raise FieldError(
            f"{name}: {error}; a State class must see the types that it names: define "
            "it at the top of a module, below them"
        ) from None


def _property(owner: str, each: Field) -> property:
    """Return the property that reads a slot and writes it through a check."""
    name = slot(each.name)

    write: Callable[[Any, Any], None]

    def assign(self: Any, value: Any) -> None:
        getattr(self, name)._assign(value)

    def refer(self: Any, value: Any) -> None:
        _refer(self, each, name, value)

    if each.shape != "one":
        write = assign
    elif each.state is not None:
        write = refer
    else:
        write = setter(owner, each, name)
    return property(attrgetter(name), write, doc=f"The field `{each.name}`.")


def _refer(holder: State, each: Field, name: str, value: Any) -> None:
    """Let a field hold another State."""
    old = getattr(holder, name)
    if value is old:
        return
    _check_reference(type(holder).__name__, each, value)
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


def _check_reference(owner: str, each: Field, value: Any) -> None:
    assert each.state is not None
    if value is None and each.optional:
        return
    if not isinstance(value, each.state):
        raise FieldError(
            f"{owner}.{each.name}: {shorten(value)} is no {each.state.__name__}"
        )


def _default(cls: type, each: Field) -> Any:
    """Return attrs' default of a field.

    Raises:
        FieldError: The field does not take it.
    """
    said = each.said
    name = f"{cls.__name__}.{each.name}"
    if said.factory is not None:
        return attrs.Factory(said.factory)
    if said.default is not attrs.NOTHING:
        default = said.default
        if each.state is not None or each.shape != "one":
            # One State, or one dict, must not become the default of many.
            if default is not None and default:
                raise FieldError(f"{name}: give a factory that makes the default anew")
            if each.shape == "one":
                return None
            return attrs.Factory(tuple if each.shape != "map" else dict)
        _check_value(name, each, default)
        return default
    if each.shape != "one":
        return attrs.Factory(dict if each.shape == "map" else tuple)
    if each.optional:
        return None
    if each.state is not None:
        if issubclass(cls, each.state):
            raise FieldError(
                f"{name}: each {cls.__name__} would need another one without end; "
                "make it optional"
            )
        return attrs.Factory(each.state)
    assert each.kind is not None
    return each.kind.zero


def _converter(cls: Any, each: Field) -> Any:
    """Return what turns an argument of `__init__` into the value of a slot."""

    def contain(value: Any, self: Any) -> Any:
        made = Container.SHAPES[each.shape]
        container = made(self, each, cls.__layout__.offset(each))
        container._assign(value)
        return container

    def refer(value: Any, self: Any) -> Any:
        _check_reference(cls.__name__, each, value)
        if value is not None:
            place.free(value, self)
            place.attach(value, self, each)
        return value

    if each.shape != "one":
        return attrs.Converter(contain, takes_self=True)
    if each.state is not None:
        return attrs.Converter(refer, takes_self=True)
    name = f"{cls.__name__}.{each.name}"
    return lambda value: _check_value(name, each, value)


def _check_value(name: str, each: Field, value: Any) -> Any:
    """Return a value as a field will hold it."""
    if value is None and each.optional:
        return None
    assert each.kind is not None
    try:
        return each.kind.check(value)
    except (TypeError, ValueError) as error:
        raise FieldError(f"{name}: {error}") from None


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class StateMeta(type):
    """Turns the annotations of a State class into slots, checks and an `__init__`."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]
    ) -> StateMeta:
        """Make the class, then read its annotations: they may name the class itself."""
        declared = _declared(namespace)
        for key in declared:
            _check_name(name, key, bases)
        said = {key: _said(namespace.pop(key, attrs.NOTHING)) for key in declared}
        namespace.setdefault("__slots__", tuple(slot(key) for key in declared))
        cls = super().__new__(mcs, name, bases, namespace)
        if len([base for base in bases if isinstance(base, StateMeta)]) > 1:
            raise FieldError(f"{name}: a State class has one State class above it")
        parent = next((base for base in bases if isinstance(base, StateMeta)), None)
        inherited = parent.__layout__.fields if parent is not None else ()
        hints = _hints(cls, name, declared)
        own = tuple(
            read(name, key, len(inherited) + i, hints[key], said[key])
            for i, key in enumerate(declared)
        )
        fields = inherited + own
        if len(fields) > MAX_FIELDS:
            raise FieldError(
                f"{name}.{fields[MAX_FIELDS].name}: a State class has at most "
                f"{MAX_FIELDS} fields"
            )
        cls.__layout__ = Layout(fields)
        for each in own:
            setattr(cls, each.name, _property(name, each))
        # attrs makes the __init__ on top of slots that are there already.
        these = {
            slot(each.name): attrs.field(
                alias=each.name,
                default=_default(cls, each),
                converter=_converter(cls, each),
            )
            for each in fields
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

    @override
    def __call__(cls, **values: Any) -> Any:
        """Make a State; if that fails, the States that were given are free again."""
        state: Any = cast("Any", object).__new__(cls)
        try:
            state.__init__(**values)
        except BaseException:
            for child in cls.__layout__.children(state):
                place.detach(child)
            raise
        return state


class State(metaclass=StateMeta):
    """A part of what a Room shares: subclass it and annotate its fields.

    Each field is checked when it is written, and every write is noted, so that the next
    patch carries what changed and nothing else. A State stands at one place of one tree.
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
    __layout__: ClassVar[Layout]
    #: Names that the class had in older snapshots.
    formerly: ClassVar[tuple[str, ...]] = ()

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
            f"{each.name}={shorten(getattr(self, each.name))}"
            for each in self.__layout__.fields
            if each.state is None and each.shape == "one"
        )
        return f"{type(self).__name__}({values})"

    @override
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a State cannot be pickled or copied; use a snapshot")
