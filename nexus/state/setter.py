"""Setters: the generated code that writes a value, where C does not.

A write is the most frequent thing that a Room does, so each field gets a function of
its own with its check spelled out: `python -m bench.write`
prints what it costs; a property test holds the check equal to `Kind.check`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.errors import FieldError
from nexus.state.field import Field

__all__ = ["setter"]

_SOURCE = """
def write(self, value):
    {check}
    if value != self.{slot}:
        bucket = self._bucket
        if bucket.undo is not None:
            bucket.undo.append((undo, self, self.{slot}, self._dirty))
        if self._dirty:
            self._dirty |= {bit}
        else:
            self._dirty = {bit}
            bucket.append(self)
        self.{slot} = value

def undo(self, value, dirty):
    self.{slot} = value
    self._dirty = dirty
"""


def setter(owner: str, each: Field, slot: str) -> Callable[[Any, Any], None]:
    """Return the function that writes a field that holds a value.

    Args:
        owner: The class, for error messages.
        each: The field.
        slot: Where the value is kept.
    """
    kind = each.kind
    assert kind is not None
    convert = kind.check

    def check(value: Any) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError) as error:
            raise FieldError(f"{owner}.{each.name}: {error}") from None

    lines = kind.lines()
    if each.optional:
        lines = ["if value is not None:", *(f"    {line}" for line in lines)]
    source = _SOURCE.format(check="\n    ".join(lines), slot=slot, bit=each.bit)
    names = {**kind.names(), "check": check}
    exec(compile(source, f"<{owner}.{each.name}>", "exec"), names)
    write: Callable[[Any, Any], None] = names["write"]
    return write
