"""Views: what each client may see, with bytes shared by those who see the same.

What everybody may see is told in one lane. What rules limit is told in two more: one
for clients with equal roles and equal shown entities, one for what belongs to a single
session. An `Audience` is one set of listeners in such a lane; it remembers which States
and fields its listeners hold, so that a change of mind costs what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from hashlib import blake2b
from secrets import token_bytes
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import define, field
from typing_extensions import override

from nexus.errors import StateError
from nexus.state.audience import Audience
from nexus.state.kind import shorten
from nexus.state.place import IDLE

if TYPE_CHECKING:
    from nexus.state.state import State
    from nexus.state.tree import Tree

__all__ = ["View", "ViewKey", "checked_roles", "checked_session"]

#: The roles of a client, and the sum of the digests of what it was shown. To freeze the
#: set at each change would cost as much as it holds. Nobody who does not know the key
#: of this process can look for sets that are different and have equal sums.
ViewKey: TypeAlias = tuple[frozenset[str], int]
_SUMS: Final = (1 << 128) - 1
_KEY: Final = token_bytes(32)


@define(eq=False)
class View:
    """What one client may see of a tree.

    Made by `Tree.view`. Changes take effect with the next flush.
    """

    _tree: Tree
    #: The client's session: it owns what names it as its owner.
    session: str | None
    _roles: frozenset[str]
    #: Ids of entities that the client was shown, with the tag.
    shown: set[tuple[int, int]] = field(factory=set, init=False)
    group: Audience | None = field(default=None, init=False)
    private: Audience | None = field(default=None, init=False)
    #: By identity: what is to be looked at again, since what may be seen of it changed.
    _doubts: dict[int, State] = field(factory=dict, init=False)
    _sum: int = field(default=0, init=False)
    _key: ViewKey | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)
    #: How many flushes took something from the client that it had owned.
    losses: int = field(default=0, init=False)

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the client has."""
        return self._roles

    @roles.setter
    def roles(self, roles: Iterable[str]) -> None:
        new = checked_roles(roles)
        self.expect(self._tree)
        if new != self._roles:
            self._roles = new
            self._doubt(self._tree.root)

    def add(self, entity: State, tag: int = 0) -> None:
        """Show an entity to the client, under a tag.

        Raises:
            StateError: The entity stands in another tree, or in none; or no field is
                for those who were shown something under this tag.
        """
        self.expect(self._tree)
        self._check(entity)
        if tag not in self._tree.outline.tags:
            rule = "SHOWN" if tag == 0 else f"Shown({shorten(tag)})"
            raise StateError(
                f"no field below {type(self._tree.root).__name__} is declared with "
                f"visible={rule}, so showing something under this tag shows nothing"
            )
        if (entity._id, tag) not in self.shown:
            self.shown.add((entity._id, tag))
            self._sum = self._sum + _digest(entity._id, tag) & _SUMS
            self._doubt(entity)

    def remove(self, entity: State, tag: int = 0) -> None:
        """Show an entity no longer; nothing happens if it was not shown."""
        self.expect(self._tree)
        if self.has(entity, tag):
            self.shown.discard((entity._id, tag))
            self._sum = self._sum - _digest(entity._id, tag) & _SUMS
            self._doubt(entity)

    def has(self, entity: State, tag: int = 0) -> bool:
        """Tell whether the entity is shown under the tag."""
        return entity._bucket.tree is self._tree and (entity._id, tag) in self.shown

    def close(self) -> None:
        """Forget the client; the view can be used no more."""
        self._tree._audiences.close(self)
        self.shown.clear()
        self._doubts.clear()
        self._closed = True

    def expect(self, tree: Tree) -> None:
        """Check that the view can be used, and with this tree.

        Raises:
            StateError: It cannot.
        """
        if self._closed:
            raise StateError(f"the {self!r} was closed; make another one")
        if tree is not self._tree:
            raise StateError(f"the {self!r} is one of another tree")

    def key(self) -> ViewKey:
        """Return what clients have in common that get the same group bytes."""
        if self._key is None:
            self._key = self._roles, self._sum
        return self._key

    def sight(self) -> tuple[ViewKey, int]:
        """Return what is another one when the client may see less than before."""
        return self.key(), self.losses

    def enter(self, group: Audience) -> None:
        """Get from now on what this group gets."""
        self.group = group
        # Equal keys that are one object are compared in no time.
        self._key = group.key
        group.listeners[self] = None

    def forget(self, lost: Set[tuple[int, int]]) -> bool:
        """Show no longer what is in no tree any more; tell whether any of it was."""
        found = self.shown & lost
        self.shown -= found
        for id_, tag in found:
            self._sum = self._sum - _digest(id_, tag) & _SUMS
            self._key = None
        return bool(found)

    def take_doubts(self) -> list[State]:
        """Return the entities to be looked at again that still stand in the tree."""
        doubts, self._doubts = self._doubts, {}
        return [state for state in doubts.values() if state._bucket.tree is self._tree]

    def _doubt(self, state: State) -> None:
        """Let the next flush look at a State again, with all below it."""
        self._key = None
        if self.group is not None:
            # Who has no snapshot yet holds nothing that could be wrong.
            self._doubts[id(state)] = state
            self._tree._audiences.note(self)

    def _check(self, entity: State) -> None:
        if not hasattr(entity, "__layout__"):
            raise StateError(f"{shorten(entity)} is no State, so it cannot be shown")
        if entity._bucket is IDLE:
            raise StateError(
                f"this {type(entity).__name__} stands in no tree: place it first"
            )
        if entity._bucket.tree is not self._tree:
            raise StateError(f"this {type(entity).__name__} stands in another tree")

    @override
    def __repr__(self) -> str:
        roles = "".join(f", {role}" for role in sorted(self._roles))
        closed = ", closed" if self._closed else ""
        return f"<View of {self.session or 'nobody'}{roles}{closed}>"


def _digest(id_: int, tag: int) -> int:
    """Return what an entity shown under a tag adds to the sum."""
    digest = blake2b(b"%d %d" % (id_, tag), key=_KEY, digest_size=16)
    return int.from_bytes(digest.digest(), "little")


def checked_session(session: object) -> str | None:
    """Return a session id, or None.

    Raises:
        StateError: It is neither.
    """
    if session is not None and not isinstance(session, str):
        raise StateError(f"a session is a str or None, not {shorten(session)}")
    return session


def checked_roles(roles: object) -> frozenset[str]:
    """Return names of roles as a set.

    Raises:
        StateError: They are none.
    """
    if isinstance(roles, str):
        raise StateError(f"roles are a set of names, not one name: [{roles!r}]")
    if not isinstance(roles, Iterable):
        raise StateError(f"roles are a set of names, not {shorten(roles)}")
    found = list(roles)
    for role in found:
        if not isinstance(role, str):
            raise StateError(f"a role is a str, not {shorten(role)}")
    return frozenset(found)
