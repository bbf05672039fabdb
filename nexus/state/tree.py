"""Tree: a root State with all below it, its ids, its version and its flushes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic
from weakref import WeakSet

from typing_extensions import TypeVar, override

from nexus.errors import PlaceError, StateError
from nexus.state import place
from nexus.state.change import ChangeSet, Edit, Group
from nexus.state.collect import Take, all_of, open_to_all, take_created, take_of
from nexus.state.container import Container
from nexus.state.flush import Flush, shared, stored
from nexus.state.gallery import Audiences
from nexus.state.kind import shorten
from nexus.state.layout import slot
from nexus.state.listen import Callback, Pattern
from nexus.state.notice import Notices
from nexus.state.outline import Outline
from nexus.state.place import IDLE, NEW, Bucket, Undo
from nexus.state.rule import Lane
from nexus.state.state import State
from nexus.state.view import View

if TYPE_CHECKING:
    from nexus.state.table import Table

__all__ = ["Tree"]

#: How deep States may stand below each other; readers refuse more as well.
MAX_DEPTH = 64


#: The class of the root.
R = TypeVar("R", bound=State, covariant=True, default=State)


class Tree(Generic[R]):
    """A root State with all below it: what one Room shares.

    Args:
        root: The State that everything hangs from; it must stand in no tree yet.
    """

    root: R

    def __init__(self, root: R) -> None:
        if isinstance(root, type) and issubclass(root, State):
            name = root.__name__
            raise StateError(f"a Tree takes a State, not a class: Tree({name}())")
        if not isinstance(root, State):
            raise StateError(f"a Tree takes a State, not {shorten(root)}")
        if root._bucket is not IDLE or root._parent is not None:
            raise PlaceError(f"this {type(root).__name__} stands in a tree already")
        self.root = root
        self.outline = Outline(type(root))
        self.version = 0
        #: Containers that were changed since the last flush.
        self.edited: list[Container] = []
        #: All Tables that ever came to stand in the tree; some may have left it.
        self.tables: WeakSet[Table[Any]] = WeakSet()
        self._buckets = {cls: Bucket(self) for cls in self.outline.classes}
        self._takes: list[tuple[type[State], Bucket, Take]] = [
            (cls, bucket, take_of(cls)) for cls, bucket in self._buckets.items()
        ]
        self._created: list[State] = []
        self._gone: list[int] = []
        #: States that got another owner, and who owned each before.
        self._owned: list[tuple[State, str | None]] = []
        self._moved = False
        self._flushes = 0
        self._next_id = 0
        self._atomic = False
        self._audiences = Audiences(self)
        self._notices = Notices(self.outline)
        self.expect(root, None)
        self.arrive(root)
        self.flush()

    @override
    def __repr__(self) -> str:
        return f"<Tree of a {type(self.root).__name__} at version {self.version}>"

    def expect(self, child: State, holder: State | None) -> None:
        """Check that a State and all below it can stand here.

        Args:
            child: The State.
            holder: Where it is to be put; None: it is the root.

        Raises:
            FieldError: One of them is of a class that the tree does not know.
            PlaceError: One of them would stand too deep.
        """
        depth, here = 1, holder
        while here is not None:
            depth += 1
            here = here._parent
        for node in place.walk(child):
            self.outline.number(type(node))
            below, here = depth, node
            while here is not child:
                below += 1
                assert here is not None
                here = here._parent
            if below > MAX_DEPTH:
                raise PlaceError(f"States stand at most {MAX_DEPTH} deep")

    def arrive(self, child: State) -> None:
        """Give ids to a State that got a place, and to all below it."""
        for node in place.walk(child):
            node._id = self._next_id
            self._next_id += 1 + len(node.__layout__.containers)
            node._bucket = self._buckets[type(node)]
            for each in node.__layout__.tables:
                getattr(node, slot(each.name))._settle()
            node._dirty = NEW
            above, field = node._parent, node._field
            if above is None or field is None:
                node._reach, node._kept = Lane.SHARED, True
            else:
                node._reach = max(above._reach, field.lane)
                node._kept = above._kept and not field.said.transient
            self._created.append(node)
        self._moved = True

    def depart(self, child: State) -> None:
        """Take the marks off a State that loses its place, and off all below it."""
        for node in place.walk(child):
            node._bucket = IDLE
            node._dirty = NEW
            for container in node.__layout__.held(node):
                container._edit()
            self._gone.append(node._id)
        self._moved = True

    @property
    def next_id(self) -> int:
        """The id that the next State gets."""
        return self._next_id

    def take_row_ids(self, count: int) -> int:
        """Give ids to rows of a Table; return the first of them."""
        first = self._next_id
        self._next_id += count
        return first

    def jump(self, far: int) -> None:
        """Go on far ahead, so that what others may know of is never meant again."""
        self.version += far
        self._next_id += far

    def take_ids(self, ids: dict[int, int], next_id: int) -> None:
        """Give all States the ids that they once had, and the next one this.

        Raises:
            StateError: These are not what ids can be.
        """
        place.take_ids(self.root, ids, next_id)
        self._next_id = next_id

    def owned(self, state: State) -> None:
        """Note that a State is about to get another owner."""
        self._owned.append((state, state.owner))

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Put everything back that was written inside, if it ends with an exception.

        Views and what they show are not State, and are not put back.
        """
        if self._atomic:
            raise StateError("an atomic stretch cannot stand inside another")
        undo = Undo()
        lengths = [(bucket, len(bucket)) for bucket in self._buckets.values()]
        for bucket, _ in lengths:
            bucket.undo = undo
        others: tuple[list[Any], ...] = (self._gone, self._owned, self._created)
        before = [len(noted) for noted in others]
        edited, born = len(self.edited), self._next_id
        self._atomic = True
        try:
            yield
        except BaseException:
            self._stop_atomic()
            for act, *arguments in reversed(undo):
                act(*arguments)
            for bucket, length in lengths:
                del bucket[length:]
            for noted, length in zip(others, before, strict=True):
                del noted[length:]
            # Nothing was noted of these before; what they hold is what it was.
            for container in self.edited[edited:]:
                container._unnote()
            del self.edited[edited:]
            self._audiences.forget(range(born, self._next_id))
            raise
        finally:
            self._stop_atomic()

    def _stop_atomic(self) -> None:
        self._atomic = False
        for bucket in self._buckets.values():
            bucket.undo = None

    def flush(self, *, anyway: bool = False) -> Flush:
        """Collect what was written since the last flush; the version grows if any was.

        Args:
            anyway: The version grows even if nothing was: somebody has to be told of
                something that was written earlier.

        Raises:
            StateError: An atomic stretch is not over.
        """
        if self._atomic:
            raise StateError("flush after the atomic stretch, not inside")
        self._flushes += 1
        groups: list[Group] = []
        moved = self._moved
        for cls, bucket, take in self._takes:
            if bucket:
                groups += take(cls, bucket, moved)
        watched = self.outline.hides or self._notices.listeners
        if not (watched or moved or self.edited or self._owned or anyway):
            return self._flush_plain(groups)
        waiting, self._created = self._created, []
        created = take_created(waiting, self)
        edits: list[Edit] = []
        edited, self.edited = self.edited, []
        for container in edited:
            if container._holder._bucket.tree is self:
                edit = container._edit()
                if edit is not None:
                    edits.append(edit)
        self._moved = False
        gone, self._gone = self._gone, []
        turned = [pair for pair in self._owned if pair[0]._bucket.tree is self]
        owned = [state for state, _ in turned]
        self._owned = []
        pick = open_to_all if self.outline.hides else all_of
        shared = pick(created, groups, edits)
        told = self._audiences.advance(created, groups, edits, gone, turned)
        changed = told or anyway or bool(created or groups or edits or owned)
        self.version += changed
        calls = self._notices.collect(created, groups, edits, gone)
        return Flush(
            self.version,
            shared,
            changed,
            self,
            self._flushes,
            groups,
            created,
            edits,
            owned,
            calls,
        )

    def _flush_plain(self, groups: list[Group]) -> Flush:
        """Return a flush in which values were written, for everybody to see."""
        if not groups:
            return Flush(self.version, ChangeSet(), False, self, self._flushes)  # noqa: FBT003  # nothing changed
        self.version += 1
        # Nobody sees less than everybody, or the tree would be watched.
        shared = ChangeSet([], groups, [], [], [], {})
        return Flush(self.version, shared, True, self, self._flushes, groups)  # noqa: FBT003  # something did

    def on_add(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that comes to a container.

        Returns:
            What ends it.

        Raises:
            StateError: Nothing can ever be told of the pattern, or something was
                written since the last flush.
        """
        return self._listen(self._notices.listeners.on_add, pattern, callback)

    def on_change(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, previous, path) when a value becomes another one.

        Returns:
            What ends it.
        """
        return self._listen(self._notices.listeners.on_change, pattern, callback)

    def on_remove(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that leaves a container.

        Returns:
            What ends it.
        """
        return self._listen(self._notices.listeners.on_remove, pattern, callback)

    def _listen(
        self,
        enter: Callable[[Pattern, Callback], Callable[[], None]],
        pattern: Pattern,
        callback: Callback,
    ) -> Callable[[], None]:
        self._settled()
        end = enter(pattern, callback)
        self._notices.begin(self.root)
        return end

    def view(self, session: str | None = None, roles: Iterable[str] = ()) -> View:
        """Return the view of a new client; it gets patches after its first snapshot."""
        return self._audiences.open(session, roles)

    def full(self, view: View | None = None) -> ChangeSet:
        """Return all that a client may see: what a newcomer has to be told.

        Raises:
            StateError: Something was written since the last flush, or the view is
                closed or one of another tree.
        """
        self._settled()
        changes = ChangeSet()
        if view is None:
            changes.created.extend(
                shared(state) for state in self.states() if state._reach == Lane.SHARED
            )
            return changes
        view.expect(self)
        return self._audiences.full(view)

    def states(self) -> list[State]:
        """Return all States by ascending id, so each before what stands below it."""
        return sorted(place.walk(self.root), key=place.BY_ID)

    def full_stored(self) -> ChangeSet:
        """Return all that is stored.

        Raises:
            StateError: Something was written since the last flush.
        """
        self._settled()
        return ChangeSet(
            created=[stored(state) for state in self.states() if state._kept]
        )

    def _settled(self) -> None:
        if self._created or self.edited or any(self._buckets.values()):
            raise StateError("flush first: a snapshot is taken at a version")
