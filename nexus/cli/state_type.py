"""State classes as interfaces: what a client of ours sees of them."""

from __future__ import annotations

from typing import Any, Final

from attrs import define, field

from nexus.cli.text import (
    Names,
    attributes_of,
    comment,
    key,
    literal,
    noted,
    summary_of,
    union,
)
from nexus.state import State
from nexus.state.field import Field
from nexus.state.kind import Bool, Bytes, Choice, Kind, Moment, Text
from nexus.state.number import Integer, Number, Quantized
from nexus.state.outline import Outline
from nexus.state.rule import Lane

__all__ = ["StateTypes"]

_PLAIN: Final[tuple[tuple[type[Kind], str], ...]] = (
    (Bool, "boolean"),
    (Text, "string"),
    (Bytes, "Uint8Array"),
    (Moment, "Date"),
    (Number, "number"),
)


@define(eq=False)
class StateTypes:
    """Declares State classes, each once.

    Attributes:
        blocks: What was declared, in order.
    """

    _names: Names
    blocks: list[str] = field(factory=list, init=False)
    _declared: set[type] = field(factory=set, init=False)

    def root(self, state: type[State]) -> str:
        """Return the name of a Room's State, with all that may stand below it."""
        outline = Outline(state)
        for each in outline.classes:
            if each not in self._declared:
                self._declared.add(each)
                self._interface(each, outline)
        return self._name(state)

    def _name(self, cls: type) -> str:
        return self._names.of(cls, cls.__name__)

    def _interface(self, cls: type[State], outline: Outline) -> None:
        parent = outline.parent(cls)
        head = f"export interface {self._name(cls)}"
        if parent is not None:
            head += f" extends {self._name(parent)}"
        inherited = {} if parent is None else parent.__layout__.by_name
        said = attributes_of(cls)
        lines = [*comment(summary_of(cls)), head + " {"]
        for each in cls.__layout__.fields:
            if each.name in inherited or each.lane is Lane.NEVER:
                continue
            lines += comment(said.get(each.name, ""), "  ")
            lines.append(f"  readonly {key(each.name)}: {self._field(each, outline)};")
        self.blocks.append("\n".join([*lines, "}"]))

    def _field(self, each: Field, outline: Outline) -> str:
        held = self._held(each, outline)
        is_wide = " | " in held
        if each.shape == "map":
            kind = f"ReadonlyMap<string, {held}>"
        elif each.shape == "set":
            kind = f"ReadonlySet<{held}>"
        elif each.shape == "list":
            kind = f"readonly ({held})[]" if is_wide else f"readonly {_item(held)}[]"
        else:
            kind = held
        may = [kind]
        is_limited = each.lane is not Lane.SHARED
        # A container shows those of its States that may be seen; it is always there.
        is_hidden = is_limited and (each.state is None or each.shape == "one")
        if each.optional or (is_hidden and each.state is not None):
            may.append("null")
        if is_hidden:
            may.append("undefined")
        return union(may)

    def _held(self, each: Field, outline: Outline) -> str:
        """Return the type of a value, or of each value of a container."""
        if each.kind is not None:
            return self._kind(each.kind)
        assert each.state is not None
        below = [cls for cls in outline.classes if issubclass(cls, each.state)]
        return union(self._name(cls) for cls in below)

    def _kind(self, kind: Kind) -> str:
        if isinstance(kind, Choice):
            return self._choice(kind)
        if isinstance(kind, Quantized):
            return noted("number", f"{kind.low:g} to {kind.high:g}")
        for plain, name in _PLAIN:
            if isinstance(kind, plain):
                return name
        is_wide = isinstance(kind, Integer) and kind.bits == 64
        return noted("bigint" if is_wide else "number", kind.name)

    def _choice(self, kind: Choice) -> str:
        enum: Any = kind.enum
        name = self._name(enum)
        if enum not in self._declared:
            self._declared.add(enum)
            members = union(literal(member.name) for member in kind.members)
            text = "" if enum.__doc__ in (None, "An enumeration.") else summary_of(enum)
            lines = [*comment(text), f"export type {name} = {members};"]
            self.blocks.append("\n".join(lines))
        return name


def _item(held: str) -> str:
    """Put what has a note into brackets, so that `[]` stands by the whole."""
    return f"({held})" if "/*" in held else held
