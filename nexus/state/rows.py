"""Rows: the kind of what stands in a Table, known by the State class of its rows."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from typing_extensions import override

from nexus.state.kind import Kind
from nexus.state.rule import EVERYONE, Role

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
        #: The columns that clients may get, of those that are for a role some.
        self.sent_fields = tuple(f for f in fields if not f.said.server_only)
        self._by_role: dict[str, int] = {}
        for each in self.sent_fields:
            if isinstance(each.rule, Role):
                mask = self._by_role.get(each.rule.tag, 0) | each.bit
                self._by_role[each.rule.tag] = mask

    @property
    def roles(self) -> Set[str]:
        """The roles for which there are columns."""
        return self._by_role.keys()

    def limited(self, roles: Set[str]) -> int:
        """Return the mask of the columns that are just for some roles."""
        mask = 0
        for role in self._by_role.keys() & roles:
            mask |= self._by_role[role]
        return mask

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
    if each.said.visible is not EVERYONE and not isinstance(each.said.visible, Role):
        return (
            "rows have no owner and are not shown one by one, so a column is for "
            'everybody or for a role, as Role("gm"); put what is for others into a Map'
        )
    if each.said.factory is not None:
        return "give a default instead of a factory"
    return ""
