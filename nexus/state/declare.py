"""Declarations: from the body of a State class to its fields and their defaults."""

from __future__ import annotations

import re
import sys
from keyword import iskeyword
from types import SimpleNamespace
from typing import Any, get_type_hints

import attrs

from nexus.errors import FieldError
from nexus.state import place
from nexus.state.container import Container
from nexus.state.field import Declared, Field
from nexus.state.kind import shorten

__all__ = [
    "check_hidden",
    "check_name",
    "check_reference",
    "converter_of",
    "default_of",
    "hints_of",
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


def check_hidden(
    owner: str, namespace: dict[str, Any], declared: list[str], base: type
) -> None:
    """Check that nothing in a class body hides a field from above.

    Raises:
        FieldError: Something does: the server would read it, and clients the field.
    """
    layout = getattr(base, "__layout__", None)
    if layout is None:
        return
    for key in namespace:
        if key in layout.by_name and key not in declared:
            raise FieldError(
                f"{owner}.{key}: a field above has this name; to give another value, "
                "write it where the State is made"
            )


def said_of(value: Any) -> Declared:
    """Return what the right side of an annotation says."""
    return value if isinstance(value, Declared) else Declared(default=value)


def hints_of(cls: type, name: str, own: list[str]) -> dict[str, Any]:
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
