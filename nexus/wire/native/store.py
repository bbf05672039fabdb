"""Snapshots for a store, and States made of them, also of older classes' ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Generic, cast

from attrs import define, field, frozen
from typing_extensions import TypeVar

from nexus.errors import FieldError, PeerError, StateError
from nexus.state.outline import Outline
from nexus.state.state import State
from nexus.state.tree import Tree
from nexus.wire.codec import Reader, pack
from nexus.wire.native.encoder import Encoder, encode_outline
from nexus.wire.native.ids import MAX_ID
from nexus.wire.native.maker import Maker
from nexus.wire.native.replica import LIMIT, Replica

__all__ = ["Restored", "Saved", "load", "read_saved", "restore", "restoring", "save"]


@frozen
class Saved:
    """A snapshot of all that is stored, and what is needed to read it and go on."""

    outline: bytes
    snapshot: bytes
    #: The id that the next State gets.
    next_id: int

    def written(self) -> bytes:
        """Return it as `save` does."""
        return pack(self.outline) + pack(self.snapshot) + pack(self.next_id)

    def replica(self, *, limit: int = LIMIT) -> Replica:
        """Return a Replica that holds it.

        Raises:
            PeerError: It is no snapshot.
        """
        replica = Replica(self.outline, limit=limit)
        replica.apply_snapshot(self.snapshot)
        return replica


def read_saved(data: bytes, *, limit: int = LIMIT) -> Saved:
    """Take apart what `save` returned; the snapshot is not looked into.

    Raises:
        PeerError: The bytes are something else.
    """
    reader = Reader(data, limit)
    saved = Saved(reader.data(), reader.data(), reader.integer(1, MAX_ID))
    reader.end()
    return saved


def save(tree: Tree) -> bytes:
    """Return a snapshot of all that is stored, with the outline that it needs.

    Raises:
        StateError: Something was written since the last flush.
    """
    outline = encode_outline(tree.outline, stored=True)
    snapshot = Encoder(tree, stored=True).snapshot()
    return Saved(outline, snapshot, tree.next_id).written()


#: The class of the root.
R = TypeVar("R", bound=State, default=State)


@define(eq=False)
class Restored(Generic[R]):
    """A tree made of a snapshot, and what was lost or won on the way."""

    tree: Tree[R]
    #: How often each field was dropped that the classes no longer have.
    dropped: Counter[str] = field(factory=Counter)
    #: How often each field took its default, since the snapshot has it not.
    defaulted: Counter[str] = field(factory=Counter)
    #: The Tables, by the ids that the States which have them had, and by field.
    tables: dict[tuple[int, str], Any] = field(factory=dict)
    #: Whether the classes, or their fields, are other ones, or what they begin with.
    is_recast: bool = False
    #: Whether there are States that are not of the snapshot, under ids of their own.
    is_grown: bool = False
    #: Whether entities have other ids than in the snapshot, as a class has other
    #: containers now: clients that come back need the outline anew.
    renumbered: bool = False


def load(data: bytes, root: type[R], *, limit: int = LIMIT) -> Restored[R]:
    """Make a tree of what `save` returned, maybe for an older `root` class.

    Raises:
        PeerError: The bytes are no snapshot.
        FieldError: A field cannot take what the snapshot has; it is named.
    """
    saved = read_saved(data, limit=limit)
    return restore(saved.replica(limit=limit), root, next_id=saved.next_id)


def restore(replica: Replica, root: type[R], *, next_id: int) -> Restored[R]:
    """Make a tree of a Replica that was kept by snapshots and patches of a store.

    Raises:
        PeerError: The ids cannot be.
        FieldError: A field cannot take what the Replica has; it is named.
    """
    *_, restored = restoring(replica, root, next_id=next_id)
    assert restored is not None
    return restored


def restoring(
    replica: Replica, root: type[R], *, next_id: int
) -> Iterator[Restored[R] | None]:
    """Do what `restore` does in steps, so that others may have a turn after each.

    Yields:
        None after each step, and last of all the tree.

    Raises:
        PeerError: The ids cannot be.
        FieldError: A field cannot take what the Replica has; it is named.
    """
    maker = Maker(Outline(root), replica.outline)
    stored = replica.state._cls.name
    if stored != root.__name__ and stored not in root.formerly:
        raise FieldError(
            f"the snapshot is of a {stored}, not of a {root.__name__}; if it was "
            f'renamed, say so: formerly = ("{stored}",)'
        )
    tree = Tree(cast("R", maker.make(replica.state, root)))
    for _ in maker.fill():
        # What came to stand in the tree so far is noted no longer.
        tree.flush()
        yield None
    tree.flush()
    if maker.is_long:
        yield None
    restored = Restored(tree, maker.dropped, maker.defaulted)
    for mirror, state in maker.made:
        state._owner = replica.owners.get(mirror._id)
    restored.renumbered = any(
        [each.name for each in before.containers]
        != [each.name for each in cls.__layout__.containers]
        for before, cls in {(mirror._cls, type(state)) for mirror, state in maker.made}
    )
    ids = {id(state): mirror._id for mirror, state in maker.made}
    # What is not stored, or was not there yet, gets ids that nobody knows; each stands
    # before what is below it.
    born = [state for state in tree.states() if id(state) not in ids]
    restored.is_grown = bool(born)
    if maker.is_long:
        yield None
    if not restored.renumbered:
        for state in born:
            ids[id(state)] = next_id
            next_id += 1 + len(state.__layout__.containers)
        try:
            tree.take_ids(ids, next_id)
        except StateError as error:
            raise PeerError(str(error)) from None
    else:
        # Rows have their ids still.
        tree.take_row_ids(max(0, next_id - tree.next_id))
    restored.tables = {
        (mirror._id, each.name): getattr(state, each.name)
        for mirror, state in maker.made
        for each in type(state).__layout__.tables
    }
    now = tree.outline.fingerprint(stored=True)
    restored.is_recast = now != replica.outline.fingerprint or any(
        state._kept for state in born
    )
    tree.version = replica.version
    yield restored
