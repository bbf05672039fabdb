"""Patterns of the server's listeners: whether there is anything to be told of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from nexus.errors import StateError
from nexus.state.listen import Event

if TYPE_CHECKING:
    from nexus.state.field import Field
    from nexus.state.outline import Outline
    from nexus.state.state import State

__all__ = ["check_pattern"]

#: What a pattern has come to: States of these classes, these fields, or their entries.
_States: TypeAlias = dict["type[State]", None]
_Fields: TypeAlias = dict["Field", None]


def check_pattern(outline: Outline, event: Event, segments: tuple[str, ...]) -> None:
    """Check that listeners below a root can ever be told of a pattern.

    One of stars alone is no mistake, however long it is.

    Args:
        outline: The classes below the root.
        event: What is listened to.
        segments: The pattern.

    Raises:
        StateError: They cannot; it says why.
    """
    if set(segments) == {"*"}:
        return
    text = ".".join(segments)
    states: _States = {outline.root: None}
    fields: _Fields = {}
    entries: _Fields = {}
    for at, segment in enumerate(segments):
        before, rows = states, [each for each in entries if each.shape == "table"]
        entries = {each: None for each in fields if each.shape != "one"}
        fields = {
            each: None
            for cls in states
            for each in cls.__layout__.fields
            if segment in ("*", each.name)
        }
        if not fields and not entries:
            if rows:
                raise StateError(f"the pattern {text!r}: {_ROWS}")
            raise StateError(_miss(text, segments[:at], segment, before))
        one = [each for each in fields if each.shape == "one"]
        states = {}
        for each in (*one, *entries):
            states |= _fit(each.state, outline)
    if not any(_tells(each, event) for each in fields) and not any(
        _tells_entry(each, event) for each in entries
    ):
        [*found] = fields or entries
        raise StateError(_silence(text, event, found[0], entry=not fields))


def _fit(cls: type[State] | None, outline: Outline) -> _States:
    """Return the classes whose States can stand where one is named."""
    if cls is None:
        return {}
    return {each: None for each in outline.classes if issubclass(each, cls)}


def _tells(each: Field, event: Event) -> bool:
    """Tell whether an event is told of a field."""
    if each.shape == "one":
        return event == "changed" or each.state is not None
    return each.shape != "table" and event != "changed"


def _tells_entry(each: Field, event: Event) -> bool:
    """Tell whether an event is told of the entries of a field, one by one."""
    return event == "changed" and each.kind is not None and each.shape in _VALUED


_VALUED = ("map", "list")
_ROWS = "the server's listeners hear nothing of rows"


def _miss(text: str, above: tuple[str, ...], segment: str, there: _States) -> str:
    """Return what to say of a segment that names nothing."""
    if not there:
        return f"the pattern {text!r}: nothing stands below {'.'.join(above)!r}"
    names = ", ".join(sorted(set(_names(there)))) or "no fields"
    classes = " and ".join(sorted(cls.__name__ for cls in there))
    return f"the pattern {text!r}: {classes} has no field {segment!r}, only {names}"


def _names(there: _States) -> Iterator[str]:
    """Yield the names of all fields."""
    for cls in there:
        yield from cls.__layout__.by_name


def _silence(text: str, event: Event, each: Field, *, entry: bool) -> str:
    """Return what to say of a pattern that such an event is never told of."""
    if each.shape == "table":
        why = _ROWS
    elif entry:
        if each.kind is None:
            why = f"what stands in {each.name!r} is added and removed there; name that"
        else:
            why = f"name {each.name!r} alone to hear what is added and removed there"
    elif each.shape == "one":
        why = f"{each.name!r} holds one value, which changes: use on_change"
    else:
        why = f"entries of {each.name!r} come and go: use on_add and on_remove"
        if _tells_entry(each, "changed"):
            why += f", or on_change of '{text}.*'"
    return f"nothing is ever {event} at {text!r}: {why}"
