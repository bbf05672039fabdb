"""How a class is made of an object in a payload: by code generated for the class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from nexus.room.payload.member import Member
from nexus.room.payload.nested import step
from nexus.room.payload.scalar import MISSING, NAMES, Reader, UnfitError, unfit
from nexus.wire.plain import UNDEFINED

__all__ = ["assembly_of"]

#: The type of what attrs calls for a default.
_FACTORY: Final[type[Any]] = type(attrs.Factory(list))
#: How much of what a validator says is told.
_TOLD: Final = 200


def _member(key: str, reader: Reader, default: Any) -> Callable[[Any], Any]:
    """Return what reads one field: the default, or the value with its path."""
    factory = default.factory if isinstance(default, _FACTORY) else None

    def read(value: Any) -> Any:
        if value is UNDEFINED or value is MISSING:
            if factory is not None:
                return factory()
            if default is not attrs.NOTHING:
                return default
            value = MISSING
        try:
            if value is MISSING:
                raise unfit("", value)
            return reader.read(value)
        except UnfitError as error:
            error.path.append(step(key))
            raise

    return read


def _invalid(error: Exception) -> UnfitError:
    """Return what is told of an error in a converter or validator.

    Only what such code says on purpose is told: anything else may give away too much.
    """
    said = error.args[0] if error.args else None
    if isinstance(error, ValueError | TypeError) and isinstance(said, str):
        return UnfitError(f"is not valid: {said[:_TOLD]}")
    return UnfitError("is not valid")


def assembly_of(cls: Any, readers: dict[Member, Reader]) -> Callable[[Any], Any]:
    """Generate the function that makes a class of an object: no loop, few calls."""
    names: dict[str, Any] = {
        **NAMES,
        "cls": cls,
        "unfit": unfit,
        "invalid": _invalid,
        "UNDEFINED": UNDEFINED,
        "MISSING": MISSING,
    }
    lines = [
        "def read(value):",
        "    if type(value) is not dict: raise unfit('an object', value)",
        "    get = value.get",
    ]
    arguments = []
    for i, (each, reader) in enumerate(readers.items()):
        key = each.alias
        default = each.default
        lines.append(f"    value = get({key!r}, MISSING)")
        if isinstance(default, _FACTORY) and default.takes_self:
            # attrs alone can call such a factory: the argument is left out.
            names[f"read{i}"] = _member(key, reader, attrs.NOTHING)
            lines.append(f"    v{i} = {{}}")
            lines.append("    if value is not MISSING and value is not UNDEFINED:")
            lines.append(f"        v{i}[{key!r}] = read{i}(value)")
            arguments.append(f"**v{i}")
            continue
        names[f"read{i}"] = _member(key, reader, default)
        guard = f"if {reader.guard}: " if reader.guard else ""
        if reader.whole:
            lines.append(f"    if {reader.whole}: value = float(value)")
            guard = f"el{guard}" if guard else "else: "
        lines.append(f"    {guard}value = read{i}(value)")
        if reader.finish:
            lines.append(f"    else: {reader.finish}")
        lines.append(f"    v{i} = value")
        arguments.append(f"{key}=v{i}")
    lines += [
        f"    try: return cls({', '.join(arguments)})",
        "    except Exception as error: raise invalid(error) from error",
    ]
    exec("\n".join(lines), names)
    read: Callable[[Any], Any] = names["read"]
    return read
