"""The small parts of a TypeScript file: names, literals, unions, comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any, Final

from attrs import define, field

__all__ = [
    "Names",
    "attributes_of",
    "comment",
    "key",
    "literal",
    "noted",
    "optional",
    "summary_of",
    "union",
]

#: Names that an interface cannot have, or that the text refers to.
_TAKEN: Final = frozenset(
    re.findall(
        r"\w+",
        """
        any bigint boolean never null number object string symbol undefined unknown
        void Date Map Promise ReadonlyMap ReadonlySet Record Rooms RoomOf Sent Set
        Uint8Array arguments await break case catch class const continue debugger
        default delete do else enum eval export extends false finally for function if
        implements import in instanceof interface let new package private protected
        public return static super switch this throw true try typeof var while with
        yield
        """,
    )
)

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")

#: A union, or one type, without anything in it that brackets or quotes hold together.
_SIMPLE: Final = re.compile(r"[\w$ |]+")

#: Beyond this JavaScript skips whole numbers.
_WHOLE: Final = 2**53

_SECTION: Final = re.compile(
    r"^(Args|Attributes|Example|Examples|Note|Notes|Raises|Returns|Yields):\s*$", re.M
)


@define(eq=False)
class Names:
    """Gives everything that is declared a name of its own."""

    _given: dict[object, str] = field(factory=dict, init=False)
    _taken: set[str] = field(factory=lambda: set(_TAKEN), init=False)

    def of(self, owner: object, wanted: str) -> str:
        """Return the name of something, the same each time.

        Args:
            owner: What is named.
            wanted: Its name, unless that is taken.
        """
        if owner in self._given:
            return self._given[owner]
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}{number}", number + 1
        self._taken.add(name)
        self._given[owner] = name
        return name


def key(name: str) -> str:
    """Write a property's name."""
    return name if _PLAIN_KEY.fullmatch(name) else json.dumps(name)


def literal(value: Any) -> str:
    """Write a value as a type that has this value only, or the nearest there is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(str.__str__(value))
    if isinstance(value, int):
        return str(int(value)) if abs(value) <= _WHOLE else "number"
    if isinstance(value, float):
        number = float(value)
        return repr(number) if number - number == 0.0 else "number"
    return "Uint8Array" if isinstance(value, bytes) else "unknown"


def noted(kind: str, note: str) -> str:
    """Write a type with a word about what it cannot say."""
    return f"{kind} /* {_harmless(note)} */" if note else kind


def union(kinds: Iterable[str]) -> str:
    """Write a type that is one of several, each named once."""
    parts: list[str] = []
    for kind in kinds:
        parts += kind.split(" | ") if _SIMPLE.fullmatch(kind) else [kind]
    return " | ".join(dict.fromkeys(parts)) or "never"


def optional(kind: str) -> str:
    """Write a type that may be left out."""
    return kind if kind.endswith("undefined") else f"{kind} | undefined"


def comment(text: str, indent: str = "") -> list[str]:
    """Write what a person says as the lines of a comment; none if nothing is said."""
    lines = [line.rstrip() for line in _harmless(text).strip().splitlines()]
    if not lines:
        return []
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    body = [f"{indent} * {line}".rstrip() for line in lines]
    return [f"{indent}/**", *body, f"{indent} */"]


def _harmless(text: str) -> str:
    return text.replace("*/", "*\\/")


def summary_of(owner: Any) -> str:
    """Return what a docstring says before its first section."""
    text = vars(owner).get("__doc__") if isinstance(owner, type) else owner.__doc__
    return _SECTION.split(cleandoc(text))[0].strip() if text else ""


def attributes_of(owner: type) -> Mapping[str, str]:
    """Return what the section `Attributes` of a docstring says, by name."""
    parts = _SECTION.split(cleandoc(vars(owner).get("__doc__") or ""))
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    found: dict[str, str] = {}
    name = ""
    for line in cleandoc("\n" + sections.get("Attributes", "")).splitlines():
        head = re.match(r"(\w+)(?: \([^)]*\))?:\s*(.*)", line)
        if head:
            name = head[1]
            found[name] = head[2]
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
