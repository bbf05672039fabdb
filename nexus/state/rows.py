"""Rows: the kind of what stands in a Table, known by the State class of its rows."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from nexus.state.kind import Kind
from nexus.state.rule import EVERYONE

__all__ = ["Rows"]


class Rows(Kind):
    """Entities of one class that live in columns instead of objects.

    Args:
        cls: The State class that says which columns there are.

    Raises:
        ValueError: One of its fields cannot be a column.
    """

    name = "rows"

    def __init__(self, cls: type[Any]) -> None:
        self.cls = cls
        fields = cls.__layout__.fields
        if not fields:
            raise ValueError(f"{cls.__name__} has no fields, so its rows are empty")
        for each in fields:
            why = _refusal(each)
            if why:
                raise ValueError(
                    f"{cls.__name__}.{each.name} cannot be a column: {why}"
                )

    @override
    def guard(self) -> str:
        return "True"

    @override
    def check(self, value: Any) -> Any:
        raise TypeError("rows come by `add`")

    @override
    def describe(self) -> list[Any]:
        return [self.name, self.cls.__name__]


def _refusal(each: Any) -> str:
    """Return why a field cannot be a column; empty if it can."""
    if each.shape != "one" or each.kind is None:
        return "a row holds single values; put what is nested into a Map of States"
    if each.optional:
        return "a column has a value in each row; choose one that means none"
    if not each.kind.width:
        return (
            f"{each.kind.name} has no fixed width; use a number, a bool, an Enum or "
            "a datetime"
        )
    if each.said.visible is not EVERYONE:
        return (
            "everybody sees the columns of the rows that they see; put what is for "
            "some into another Table or a Map"
        )
    if each.said.factory is not None:
        return "give a default instead of a factory"
    return ""
