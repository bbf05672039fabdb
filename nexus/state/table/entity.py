"""Entity: one entity of a Table, as an object with attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nexus.state.kind import Choice, Moment

if TYPE_CHECKING:
    from nexus.state.table.table import Table

__all__ = ["Entity"]


class Entity:
    """One entity of a Table.

    Its attributes are the values in the columns. It is made when asked for, so for many
    entities the columns themselves are far quicker.
    """

    __slots__ = ("_table", "id")

    id: int

    def __init__(self, table: Table[Any], id_: int) -> None:
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "id", id_)

    def __getattr__(self, name: str) -> Any:
        column = self._table._columns.get(name)
        if column is None:
            raise AttributeError(f"{self._table._name()} has no column {name!r}")
        value = column.data[self._table.find(self.id)].item()
        kind = column.field.kind
        return kind.value(value) if isinstance(kind, Choice | Moment) else value

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        self._table.put(self._table.find(self.id), **{name: value})

    @override
    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Entity)
            and other._table is self._table
            and other.id == self.id
        )

    @override
    def __hash__(self) -> int:
        return hash((id(self._table), self.id))

    @override
    def __repr__(self) -> str:
        return f"<{self._table._row_class.__name__} {self.id}>"
