"""What Map, List and Set have in common: a place in a State, and marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from nexus.errors import FieldError, PlaceError
from nexus.state import place
from nexus.state.kind import shorten

if TYPE_CHECKING:
    from nexus.state.change import Edit
    from nexus.state.field import Field, Shape
    from nexus.state.place import Undo
    from nexus.state.state import State
    from nexus.state.tree import Tree

__all__ = ["Container"]


class Container:
    """A container that lives in one field of one State, for as long as the State does.

    It notes what changes while its State is known to somebody, so that a flush costs as
    much as was changed. Each concrete class keeps the notes that fit it in `_notes`.
    """

    __slots__ = ()
    __shape__: ClassVar[Shape]
    #: The concrete class of each shape; each enters itself.
    SHAPES: ClassVar[dict[str, type[Any]]] = {}

    # The slots are in the concrete classes: two bases with slots do not go together.
    if TYPE_CHECKING:
        _holder: State
        _field: Field
        #: Its id is that of its State plus this.
        _offset: int
        _notes: Any

    @classmethod
    @override
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Container.SHAPES[cls.__shape__] = cls

    @property
    def _id(self) -> int:
        return self._holder._id + self._offset

    def stands_in(self, tree: Tree) -> bool:
        """Tell whether its State stands in a tree."""
        return self._holder._bucket.tree is tree

    def _check(self, value: Any, key: object = "") -> Any:
        """Return a value as the container will hold it; a State must be free.

        Raises:
            FieldError: It is none of what the container holds.
            PlaceError: It is a State that stands somewhere already.
        """
        field = self._field
        if field.kind is not None:
            try:
                return field.kind.check(value)
            except (TypeError, ValueError) as error:
                raise FieldError(f"{self._name()}[{key!r}]: {error}") from None
        self._check_class(value, key)
        try:
            place.free(value, self._holder)
        except PlaceError as error:
            raise PlaceError(f"{self._name()}[{key!r}]: {error}") from None
        return value

    def _check_class(self, value: Any, key: object = "") -> None:
        """Check that a value is a State of the class that the container holds."""
        state = self._field.state
        assert state is not None
        if not isinstance(value, state):
            raise FieldError(
                f"{self._name()}[{key!r}]: {shorten(value)} is no {state.__name__}"
            )

    def _name(self) -> str:
        """Return what error messages call the container."""
        return f"{type(self._holder).__name__}.{self._field.name}"

    def _tree(self) -> Tree | None:
        """Return the tree that wants to be told of changes, if there is one."""
        holder = self._holder
        return holder._bucket.tree if holder._dirty != place.NEW else None

    def _undo(self) -> Undo | None:
        """Return where to say how a change is undone, if that is not said already."""
        holder = self._holder
        undo = holder._bucket.undo
        if undo is None or holder._id + self._offset in undo.captured:
            return None
        return undo

    def _undo_all(self) -> None:
        """Say once how to put back all that is held, whatever happens to it."""
        undo = self._undo()
        if undo is not None:
            # The id is another one when the State was taken out and put back: what was
            # captured before says nothing of what it brings then.
            undo.captured.add(self._id)
            undo.append((self._restore, *self._capture()))

    def _capture(self) -> tuple[Any, ...]:
        """Return a copy of what it holds and has noted."""
        raise NotImplementedError

    def _restore(self, *captured: Any) -> None:
        """Put back what `_capture` returned."""
        raise NotImplementedError

    def _states(self) -> list[State]:
        """Return the States that it holds, in order."""
        raise NotImplementedError

    def _assign(self, values: Any) -> None:
        """Hold these values instead; all of them, or nothing is changed."""
        raise NotImplementedError

    def _edit(self) -> Edit | None:
        """Return what changed since the last flush, and forget it."""
        raise NotImplementedError

    def _unnote(self) -> None:
        """Forget what changed since the last flush, as all of it was undone."""
        self._edit()

    def _whole(self) -> Edit:
        """Return the change from nothing to what it holds."""
        raise NotImplementedError
