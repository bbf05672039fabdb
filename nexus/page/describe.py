"""What the payload of a Message is to be: in words, and as an example to begin with.

Both go to a page as JSON. What JSON cannot write is written as an object of one key:
`{"$bytes": "00ff"}`, `{"$date": "2026-01-31T12:00:00Z"}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from math import ceil
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from attrs import NOTHING, frozen

from nexus.room import Length, Range
from nexus.room.payload.member import fields_of, is_made_of_members, plain_hints
from nexus.room.payload.scalar import span
from nexus.state.kind import Choice, Kind
from nexus.state.number import Quantized
from nexus.wire.plain import UNDEFINED

__all__ = ["Description", "describe"]

#: Inside of so many others nothing is spelled out.
_DEPTH: Final = 6
#: So many items or characters an example has at most.
_MOST: Final = 64


@frozen
class Description:
    """What a type looks like in a message.

    Attributes:
        text: In words that look like a declaration.
        sample: A value as JSON; UNDEFINED: there is none that would surely be right.
    """

    text: str
    sample: Any = UNDEFINED

    @property
    def has_sample(self) -> bool:
        """Whether there is an example."""
        return self.sample is not UNDEFINED


_ANYTHING: Final = Description("anything")
_SCALARS: Final[Mapping[Any, Description]] = {
    bool: Description("true or false", sample=False),
    int: Description("whole number", 0),
    float: Description("number", 0),
    str: Description("text", ""),
    bytes: Description("bytes", {"$bytes": "00ff"}),
    datetime: Description("date", {"$date": "2026-01-31T12:00:00Z"}),
    None: Description("null", None),
    NoneType: Description("null", None),
}


def describe(hint: Any) -> Description:
    """Describe what an annotation takes; it is one that a listener may have."""
    return _describe(hint, ())


def _describe(hint: Any, above: tuple[Any, ...]) -> Description:
    """Describe a type; `above` are the classes that hold it."""
    hint = getattr(hint, "__supertype__", hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(hint.__origin__, hint.__metadata__, above)
    if origin is Literal:
        return _choice(
            each.value if isinstance(each, Enum) else each for each in arguments
        )
    if origin is Union or origin is UnionType:
        return _union(arguments, above)
    if origin in (list, set, frozenset):
        return _list(arguments[0], above)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return _list(arguments[0], above)
        return _row([_describe(each, above) for each in arguments])
    if origin is dict:
        return Description(f"{{name: {_describe(arguments[1], above).text}}}", {})
    try:
        known = _SCALARS.get(hint)
    except TypeError:
        known = None
    if known is not None:
        return known
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(each.value for each in hint)
    if isinstance(hint, type) and is_made_of_members(hint):
        return _class(hint, above)
    return _ANYTHING


def _choice(values: Iterable[Any]) -> Description:
    listed = [each for each in values if isinstance(each, str | int | float | NoneType)]
    if not listed:
        return _ANYTHING
    shown = [json.dumps(each) for each in listed[:8]]
    more = " or ..." if len(listed) > 8 else ""
    return Description(" or ".join(shown) + more, listed[0])


def _union(hints: tuple[Any, ...], above: tuple[Any, ...]) -> Description:
    found = [_describe(each, above) for each in hints]
    # What is nothing shows least.
    telling = [each for each in found if each.has_sample and each.sample is not None]
    able = telling or [each for each in found if each.has_sample]
    text = " or ".join(each.text for each in found)
    return Description(text, able[0].sample) if able else Description(text)


def _list(hint: Any, above: tuple[Any, ...]) -> Description:
    item = _describe(hint, above)
    return Description(f"[{item.text}, ...]", [item.sample] if item.has_sample else [])


def _row(items: list[Description]) -> Description:
    text = f"[{', '.join(each.text for each in items)}]"
    if all(each.has_sample for each in items):
        return Description(text, [each.sample for each in items])
    return Description(text)


def _class(cls: type[Any], above: tuple[Any, ...]) -> Description:
    if cls in above or len(above) >= _DEPTH:
        return Description(cls.__name__)
    hints = get_type_hints(cls, localns={cls.__name__: cls}, include_extras=True)
    words, sample, whole = [], {}, True
    plain = plain_hints(hints)
    for each in fields_of(cls, hints):
        key, needed = each.alias, each.default is NOTHING
        found = _describe(plain.get(each.name, Any), (*above, cls))
        words.append(f"{key}{'' if needed else '?'}: {found.text}")
        if found.has_sample and needed:
            sample[key] = found.sample
        whole = whole and (found.has_sample or not needed)
    text = f"{{{', '.join(words)}}}"
    return Description(text, sample) if whole else Description(text)


def _annotated(hint: Any, extras: Iterable[Any], above: tuple[Any, ...]) -> Description:
    kinds = [extra for extra in extras if isinstance(extra, Kind)]
    found = _kind(kinds[0]) if kinds else _describe(hint, above)
    for extra in extras:
        if isinstance(extra, Range):
            found = _ranged(found, extra)
        elif isinstance(extra, Length):
            found = _counted(found, extra)
    return found


def _kind(kind: Kind) -> Description:
    if isinstance(kind, Choice):
        return _choice(member.value for member in kind.enum)
    if isinstance(kind, Quantized):
        return Description(f"number from {kind.low:g} to {kind.high:g}", kind.low)
    return Description(kind.name, 0)


def _ranged(found: Description, bound: Range) -> Description:
    text = f"{found.text} {span(bound.low, bound.high)}"
    sample: float = 0
    if bound.low is not None and bound.low > 0:
        sample = ceil(bound.low)
    elif bound.high is not None and bound.high < 0:
        sample = bound.high
    if bound.high is not None and sample > bound.high and bound.low is not None:
        sample = bound.low
    return Description(text, sample)


def _counted(found: Description, bound: Length) -> Description:
    text = f"{found.text} of {span(bound.low, bound.high).removeprefix('from ')}"
    least, sample = bound.low or 0, found.sample
    if isinstance(sample, str) and least <= _MOST:
        return Description(text, "a" * least)
    if isinstance(sample, list) and sample and least <= _MOST:
        count = max(least, 1) if bound.high != 0 else 0
        return Description(text, sample[:1] * count if len(sample) == 1 else sample)
    fits = not least and sample in ("", [], {})
    return Description(text, sample) if fits else Description(text)
