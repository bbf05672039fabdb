"""Changes: what one flush found, before it becomes bytes.

A `ChangeSet` holds what one audience has to be told: States that are new to it, fields
that changed, fields that it may no longer see, and what happened in containers. Both
serializers read it; neither changes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field

if TYPE_CHECKING:
    from nexus.state.container import Container
    from nexus.state.state import State

__all__ = [
    "ChangeSet",
    "Created",
    "Edit",
    "Group",
    "Insert",
    "ListEdit",
    "MapEdit",
    "Move",
    "Remove",
    "Replace",
    "SetEdit",
    "Step",
    "TableEdit",
]


@define(eq=False)
class Edit:
    """What happened in one container."""

    container: Container


@define(eq=False)
class MapEdit(Edit):
    """What happened in a Map: first the removals, then the additions in their order.

    A key that is in both was removed and came back: it now stands at the end.
    """

    container: Any
    removed: list[str]
    #: Keys with their values now: new ones, and ones whose value changed.
    added: list[tuple[str, Any]]
    #: What the keys held before, of those that clients knew.
    old: dict[str, Any]
    #: Everything that was there is gone, so that one word says all the removals.
    cleared: bool = field(kw_only=True)


@define(eq=False)
class SetEdit(Edit):
    """What happened in a Set."""

    removed: list[Any]
    added: list[Any]
    cleared: bool = field(kw_only=True)


@define
class Replace:
    """Another value at a position."""

    at: int
    value: Any


@define
class Insert:
    """A value before the one at a position, or at the end."""

    at: int
    value: Any


@define
class Remove:
    """The value at a position is gone."""

    at: int


@define
class Move:
    """The value at a position is taken out and put before the one at another."""

    at: int
    to: int


Step: TypeAlias = Replace | Insert | Remove | Move


@define(eq=False)
class ListEdit(Edit):
    """What happened in a List: step by step, or (None) its content anew."""

    #: What the audience sees now; where it sees all, the List itself.
    content: list[Any]
    steps: list[Step] | None
    #: How many values the audience held.
    before: int


@define(eq=False)
class TableEdit(Edit):
    """What happened in one Table; rows are named by their indices, ascending."""

    container: Any
    #: Rows that are new; of them the fields of `mask` are told.
    came: Any
    #: Rows in which just these fields were written: masks and indices. Of a Table that
    #: is watched some fields may be named that were not.
    written: list[tuple[int, Any]]
    #: Ids of rows that are gone, and the indices that they had.
    gone: Any
    left: Any
    #: After that some rows got other indices: which ones, or None.
    moved: Any
    #: The fields that the audience may see; no other is to be told.
    mask: int
    #: Those that it may see no longer.
    veiled: int = 0


@define(eq=False)
class Group:
    """States of one class, by ascending id, of which the same fields are meant."""

    cls: type[State]
    mask: int
    states: list[State]
    #: Their ids, where whoever made the group had them at hand.
    ids: list[int] | None = None


@define(eq=False)
class Created:
    """A State that is new to the audience, with the fields that it may see."""

    state: State
    mask: int
    #: The content of its containers, of those that are not empty.
    edits: list[Edit]


@define(eq=False)
class ChangeSet:
    """What one audience has to be told."""

    #: Each before what stands below it.
    created: list[Created] = field(factory=list)
    updated: list[Group] = field(factory=list)
    #: Fields that the audience may no longer see.
    hidden: list[Group] = field(factory=list)
    #: Changes in containers that the audience knew.
    edits: list[Edit] = field(factory=list)
    #: States with another owner, for stores.
    owned: list[State] = field(factory=list)
    #: What a serializer made of it, by the serializer's name.
    encoded: dict[str, bytes] = field(factory=dict, repr=False)

    @property
    def plain(self) -> bool:
        """Whether there are updated fields, and nothing else."""
        return not (self.created or self.hidden or self.edits or self.owned)

    def __bool__(self) -> bool:
        return bool(
            self.created or self.updated or self.hidden or self.edits or self.owned
        )
