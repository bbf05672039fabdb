"""Classes with fields of all sorts, and a way to make more of them."""

from __future__ import annotations

from typing import Any, ClassVar

from nexus.state import List, Map, Set, State, field, uint8
from tests.state.stage import Item

__all__ = ["Base", "Below", "Town", "make"]


class Town(State):
    """Defaults of all sorts."""

    size: uint8 = 7
    name: str = field(default="here")
    number: uint8 = field(factory=iter([1, 2, 3]).__next__)
    best: uint8 | None
    worst: uint8 | None = 3
    mayor: Item
    guest: Item | None
    given: Item = field(factory=lambda: Item(name="given"))
    items: Map[str, Item]
    things: List[Item] = field(factory=lambda: [Item(name="a")])
    marks: Set[uint8] = field(factory=lambda: {1, 2})
    empty: List[uint8] = ()  # type: ignore[assignment]  # an empty default is taken
    LIMIT: ClassVar[int] = 5


class Base(State):
    """A class above another."""

    one: uint8


class Below(Base):
    """A class below another."""

    two: uint8


def make(name: str, annotations: dict[str, Any], **said: Any) -> Any:
    """Make a State class."""
    namespace = {"__module__": __name__, "__annotations__": annotations, **said}
    return type(State)(name, (State,), namespace)
