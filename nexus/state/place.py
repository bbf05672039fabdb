"""Places: where a State stands in a tree, and how it gets there and away.

A State that stands nowhere has the bucket `IDLE`. Ids are given out in the order in
which States arrive, a parent before its children, and never twice: so a smaller id is
never below a greater one. A State takes one id for itself and one for each container.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from nexus.errors import PlaceError, StateError

if TYPE_CHECKING:
    from nexus.state.field import Field
    from nexus.state.state import State
    from nexus.state.tree import Tree

__all__ = [
    "BY_ID",
    "IDLE",
    "NEW",
    "Bucket",
    "Undo",
    "attach",
    "detach",
    "expect",
    "free",
    "take_ids",
    "walk",
]

#: What `_dirty` says of a State whose fields nobody has been told yet. All bits are
#: set, so a write marks nothing further.
NEW: Final = -1


class Undo(list[tuple[Any, ...]]):
    """How to put back what one atomic stretch wrote, in the order of writing."""

    __slots__ = ("captured", "ordered")

    def __init__(self) -> None:
        super().__init__()
        #: Ids of the containers whose whole content is among what is put back, so that
        #: what happens to them later needs no note.
        self.captured: set[int] = set()
        #: Ids of the Maps whose order is among what is put back.
        self.ordered: set[int] = set()


class Bucket(list["State"]):
    """The States of one class in one tree that were written since the last flush."""

    __slots__ = ("tree", "undo")

    tree: Tree | None
    #: How to put back what was written since the atomic stretch began; None: there is
    #: no such stretch.
    undo: Undo | None

    def __init__(self, tree: Tree | None) -> None:
        super().__init__()
        self.tree = tree
        self.undo = None


IDLE: Final = Bucket(None)

#: Sorts States so that each stands before what is below it.
BY_ID: Final = attrgetter("_id")


def walk(node: State) -> Iterator[State]:
    """Yield a State and all below it, each before its children."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        below = here.__layout__.children(here)
        below.reverse()
        waiting.extend(below)


def free(child: State, holder: State) -> None:
    """Check that `child` may be placed below `holder`.

    Raises:
        PlaceError: It stands somewhere already, or `holder` is below it.
    """
    above: State | None = holder
    while above is not None:
        if above is child:
            raise PlaceError(f"a {type(child).__name__} cannot stand below itself")
        above = above._parent
    if child._parent is not None or child._bucket is not IDLE:
        raise PlaceError(
            f"this {type(child).__name__} stands in a tree already; remove it there "
            "first, or make another one"
        )


def expect(child: State, holder: State) -> None:
    """Check that the tree of `holder`, if it stands in one, knows what `child` brings.

    Raises:
        FieldError: It, or one below it, is of a class that the tree does not know.
    """
    tree = holder._bucket.tree
    if tree is not None:
        tree.expect(child, holder)


def attach(child: State, holder: State, field: Field, key: str | None = None) -> None:
    """Place a free State in a field of `holder`.

    Raises:
        FieldError: It, or one below it, is of a class that the tree does not know;
            nothing has been changed.
    """
    bucket = holder._bucket
    tree = bucket.tree
    if tree is not None:
        tree.expect(child, holder)
    child._parent = holder
    child._field = field
    child._key = key
    if tree is not None:
        tree.arrive(child)
        if bucket.undo is not None:
            bucket.undo.append((_leave, child))


def detach(child: State) -> None:
    """Take a State, with all below it, out of its place."""
    bucket = child._bucket
    tree = bucket.tree
    if tree is not None:
        if bucket.undo is not None:
            nodes = [(node, node.__layout__.capture(node)) for node in walk(child)]
            bucket.undo.append((_return, nodes))
        tree.depart(child)
    child._parent = None
    child._field = None
    child._key = None


def _leave(child: State) -> None:
    """Undo an arrival: the ids and marks go back with the tree's own counters."""
    for node in walk(child):
        node._bucket = IDLE
        node._dirty = NEW
    child._parent = None
    child._field = None
    child._key = None


def _return(nodes: list[tuple[State, list[Any]]]) -> None:
    """Undo a departure: every State below is what it was, with its ids and marks."""
    for node, captured in nodes:
        if node._parent is not None and not node.__layout__.was_at(node, captured):
            # It was put below a free State or into another tree, where nothing is
            # undone: that it goes from there is a change like any other.
            _evict(node)
    known = {id(node) for node, _ in nodes}
    for node, _ in nodes:
        for child in node.__layout__.children(node):
            if id(child) not in known:
                # It was put here while nobody kept notes, and will not stand here.
                child._parent = child._field = child._key = None
    for node, captured in nodes:
        node.__layout__.restore(node, captured)


def _evict(state: State) -> None:
    """Take a State out of where it stands."""
    above, field = state._parent, state._field
    assert above is not None
    assert field is not None
    if field.shape == "map":
        del getattr(above, field.name)[state._key]
    elif field.shape == "list":
        held = getattr(above, field.name)
        held.pop(next(at for at, each in enumerate(held) if each is state))
    elif field.optional:
        setattr(above, field.name, None)
    else:
        # The field must hold something: what it holds when nothing is given.
        assert field.state is not None
        setattr(above, field.name, (field.said.factory or field.state)())


def take_ids(root: State, ids: dict[int, int], next_id: int) -> None:
    """Give a State and all below it the ids that they once had.

    Args:
        root: The State.
        ids: The id of each, by the identity of the State.
        next_id: An id above all of them.

    Raises:
        StateError: They overlap, or are not below `next_id`, or a State stands above an
            older one.
    """
    states = list(walk(root))
    taken = 0
    for state in sorted(states, key=lambda state: ids.get(id(state), -1)):
        id_ = ids.get(id(state), -1)
        if id_ < taken:
            raise StateError("the ids of a snapshot overlap, or are missing")
        taken = id_ + 1 + len(state.__layout__.containers)
    for state in states:
        above = state._parent
        if above is not None and ids[id(above)] > ids[id(state)]:
            raise StateError("a snapshot with an entity above an older one")
    if taken > next_id or ids[id(root)] != 0:
        raise StateError("a snapshot with an id that is still to come")
    for state in states:
        state._id = ids[id(state)]
