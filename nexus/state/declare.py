"""Declarations: from the body of a State class to its fields and their defaults."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from keyword import iskeyword
from types import SimpleNamespace
from typing import Any, get_type_hints

import attrs

from nexus.errors import FieldError
from nexus.state import place
from nexus.state.container import Container
from nexus.state.field import Declared, Field, read
from nexus.state.kind import shorten
from nexus.state.layout import MAX_FIELDS

__all__ = [
    "again",
    "brief",
    "check_body",
    "check_name",
    "check_reference",
    "converter_of",
    "default_of",
    "fields_of",
    "names_of",
    "said_of",
]


_CLASS_VAR = re.compile(r"(\w+\.)*ClassVar\b")
#: What may be said for an empty container.
_EMPTY: tuple[Any, ...] = ({}, [], (), set(), frozenset())


def names_of(namespace: dict[str, Any]) -> list[str]:
    """Return the names that a class body annotates, but for ClassVars."""
    annotations = namespace.get("__annotations__", {})
    names = []
    for key, hint in annotations.items():
        text = hint if isinstance(hint, str) else str(hint)
        if not _CLASS_VAR.match(text):
            names.append(key)
    return names


def check_name(owner: str, name: str, bases: tuple[type, ...]) -> None:
    """Check that a field may have this name.

    Raises:
        FieldError: It may not.
    """
    if name.startswith("_") or not name.isidentifier() or iskeyword(name):
        raise FieldError(f"{owner}.{name}: a field's name starts with a letter")
    if name == "self":
        raise FieldError(f"{owner}.self: Python has this name for the State itself")
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


def check_body(owner: str, namespace: dict[str, Any]) -> None:
    """Check that a class body writes nothing that a State has of its own.

    Raises:
        FieldError: It does.
    """
    for key in ("__init__", "__new__", "__post_init__"):
        if key in namespace:
            raise FieldError(
                f"{owner}.{key}: a State makes its own `__init__` of its fields; what "
                "is to happen after it goes into `__attrs_post_init__(self)`, and "
                "another way to make one into a classmethod"
            )
    formerly = namespace.get("formerly", ())
    names = isinstance(formerly, Iterable) and not isinstance(formerly, str)
    if not names or not all(isinstance(each, str) for each in formerly):
        raise FieldError(
            f"{owner}.formerly: a tuple of the names that the class had, such as "
            f'("Old",), not {shorten(formerly)}'
        )


def again(
    owner: str,
    namespace: dict[str, Any],
    annotated: list[str],
    inherited: Mapping[str, Field],
) -> list[str]:
    """Return the fields from above that a class body names.

    Args:
        owner: The class.
        namespace: Its body.
        annotated: The names that are annotated as fields are.
        inherited: The fields from above.

    Raises:
        FieldError: Something else has the name of a field: the server would read it,
            and clients the field.
    """
    found = [key for key in annotated if key in inherited]
    for key, value in namespace.items():
        if key not in inherited or key in annotated:
            continue
        method = hasattr(type(value), "__get__") or isinstance(value, type)
        if method or key in namespace.get("__annotations__", {}):
            raise FieldError(f"{owner}.{key}: a field above {owner} has this name")
        found.append(key)
    return found


def _redeclare(owner: str, old: Field, hint: Any, said: Declared) -> Field:
    """Return a field from above with another default.

    Args:
        owner: The class that gives it.
        old: The field from above.
        hint: The annotation, if there is one again.
        said: The default, and nothing else.

    Raises:
        FieldError: Something else would be another one too: clients know the fields of
            a class by those of the class above it.
    """
    name = f"{owner}.{old.name}"
    if hint is not None:
        new = read(
            owner,
            old.name,
            old.index,
            hint,
            Declared(attrs.NOTHING, special=old.said.special),
        )
        kinds = [
            each.kind and (type(each.kind), vars(each.kind)) for each in (old, new)
        ]
        if (new.shape, new.state, new.optional) != (
            old.shape,
            old.state,
            old.optional,
        ) or kinds[0] != kinds[1]:
            raise FieldError(f"{name}: it has another type above {owner}")
    plain = Declared(said.default, said.factory)
    if said not in (
        plain,
        attrs.evolve(old.said, default=said.default, factory=said.factory),
    ):
        raise FieldError(
            f"{name}: below the class that declares a field, only its default can be "
            "another one"
        )
    if said.default is attrs.NOTHING and said.factory is None:
        return old
    return attrs.evolve(
        old, said=attrs.evolve(old.said, default=said.default, factory=said.factory)
    )


def brief(each: Field, value: Any) -> str:
    """Show what a field holds, whatever its size."""
    if each.state is None and each.shape == "one":
        return shorten(value)
    if value is None:
        return "None"
    if each.shape == "one":
        return f"<{type(value).__name__}>"
    if each.state is not None:
        return f"<{len(value)} {each.state.__name__}>"
    if len(value) > 8:
        return f"<{len(value)} values>"
    return shorten(value)


def said_of(value: Any) -> Declared:
    """Return what the right side of an annotation says."""
    return value if isinstance(value, Declared) else Declared(default=value)


def fields_of(
    cls: type,
    annotated: list[str],
    said: Mapping[str, Declared],
    inherited: Mapping[str, Field],
) -> tuple[Field, ...]:
    """Return all fields of a class, those from above first.

    Args:
        cls: The class.
        annotated: The names that its body annotates.
        said: What it says of fields, of some from above too.
        inherited: The fields from above.

    Raises:
        FieldError: One cannot be as it was declared, or there are too many.
    """
    name = cls.__name__
    hints = _hints_of(cls, name, annotated)
    fields = {
        key: _redeclare(name, each, hints.get(key), said[key]) if key in said else each
        for key, each in inherited.items()
    }
    for key in annotated:
        if key not in fields:
            if len(fields) == MAX_FIELDS:
                raise FieldError(
                    f"{name}.{key}: a State class has at most {MAX_FIELDS} fields"
                )
            fields[key] = read(name, key, len(fields), hints[key], said[key])
    return tuple(fields.values())


def _hints_of(cls: type, name: str, own: list[str]) -> dict[str, Any]:
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


def default_of(cls: type, each: Field) -> Any:
    """Return attrs' default of a field.

    Raises:
        FieldError: The field does not take it.
    """
    said = each.said
    name = f"{cls.__name__}.{each.name}"
    if said.factory is not None and said.default is not attrs.NOTHING:
        raise FieldError(f"{name}: give a default or a factory, not both")
    if said.factory is not None:
        return attrs.Factory(said.factory)
    if said.default is not attrs.NOTHING:
        default = said.default
        if each.state is not None or each.shape != "one":
            # One State, or one dict, must not become the default of many.
            empty = default is None if each.shape == "one" else default in _EMPTY
            if not empty or (each.shape == "one" and not each.optional):
                raise FieldError(f"{name}: give a factory that makes the default anew")
            if each.shape == "one":
                return None
            return attrs.Factory(tuple if each.shape != "map" else dict)
        check_value(name, each, default)
        return default
    if each.shape != "one":
        return attrs.Factory(dict if each.shape == "map" else tuple)
    if each.optional:
        return None
    if each.state is not None:
        if each.state is cls:
            raise FieldError(
                f"{name}: each {cls.__name__} would need another one without end; "
                "make it optional"
            )
        return attrs.Factory(each.state)
    assert each.kind is not None
    return each.kind.zero


def converter_of(cls: Any, each: Field) -> Any:
    """Return what turns an argument of `__init__` into the value of a slot."""

    def contain(value: Any, self: Any) -> Any:
        made = Container.SHAPES[each.shape]
        container = made(self, each, cls.__layout__.offset(each))
        container._assign(value)
        return container

    def refer(value: Any, self: Any) -> Any:
        check_reference(cls.__name__, each, value)
        if value is not None:
            place.free(value, self)
            place.attach(value, self, each)
        return value

    if each.shape != "one":
        return attrs.Converter(contain, takes_self=True)
    if each.state is not None:
        return attrs.Converter(refer, takes_self=True)
    name = f"{cls.__name__}.{each.name}"
    return lambda value: check_value(name, each, value)


def check_value(name: str, each: Field, value: Any) -> Any:
    """Return a value as a field will hold it."""
    if value is None and each.optional:
        return None
    assert each.kind is not None
    try:
        return each.kind.check(value)
    except (TypeError, ValueError) as error:
        raise FieldError(f"{name}: {error}") from None


def check_reference(owner: str, each: Field, value: Any) -> None:
    """Check that a field may refer to this.

    Raises:
        FieldError: It may not.
    """
    assert each.state is not None
    if value is None and each.optional:
        return
    if not isinstance(value, each.state):
        raise FieldError(
            f"{owner}.{each.name}: {shorten(value)} is no {each.state.__name__}"
        )
