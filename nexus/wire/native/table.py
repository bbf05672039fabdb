"""The entities that a reader holds: a table by id, and who stands where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from nexus.errors import PeerError
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.held import HeldRows
from nexus.wire.native.outline import RemoteClass, RemoteField, RemoteOutline

if TYPE_CHECKING:
    from nexus.wire.native.news import News

__all__ = ["Mirror", "Table"]


#: How deep entities may stand below each other.
MAX_DEPTH: Final = 64
_EMPTY: Final[dict[str, Any]] = {"map": dict, "list": list, "set": set}


class Mirror:
    """One entity as a reader sees it; its fields are attributes.

    A field that the reader may not see raises AttributeError.
    """

    __slots__ = ("_cls", "_field", "_id", "_key", "_parent", "_positions", "_values")

    #: By the number of a list's field: where the entities in it stand; made when asked
    #: for, and dropped when the list changes.
    _positions: dict[int, dict[Mirror, int]] | None

    def __init__(self, id_: int, cls: RemoteClass) -> None:
        self._id = id_
        self._cls = cls
        self._values: list[Any] = [ABSENT] * len(cls.fields)
        self._parent: Mirror | None = None
        self._field: RemoteField | None = None
        self._key: Any = None
        self._positions = None

    def __getattr__(self, name: str) -> Any:
        each = self._cls.by_name.get(name)
        value = ABSENT if each is None else self._values[each.index]
        if each is None or value is ABSENT:
            raise AttributeError(f"{self._cls.name} shows no {name}")
        return content(self, each) if each.shape != "one" else value

    @override
    def __repr__(self) -> str:
        return f"<{self._cls.name} {self._id}>"


def content(mirror: Mirror, each: RemoteField) -> Any:
    """Return a container; it is made when first asked for.

    Raises:
        PeerError: The field is absent.
    """
    value = mirror._values[each.index]
    if value is ABSENT:
        raise PeerError(f"{mirror._cls.name}.{each.name} is absent")
    if value is None:
        made = _EMPTY[each.shape]() if each.rows is None else HeldRows(each.rows)
        value = mirror._values[each.index] = made
    return value


def below(mirror: Mirror) -> list[Mirror]:
    """Return the entities directly below one."""
    found: list[Mirror] = []
    for each in mirror._cls.fields:
        if each is None or not each.nests:
            continue
        value = mirror._values[each.index]
        if not value:
            continue
        if isinstance(value, Mirror):
            found.append(value)
        else:
            found.extend(value.values() if isinstance(value, dict) else value)
    return found


class Table:
    """All entities that a reader holds.

    Args:
        outline: What is known of their classes.
        news: Who is told what becomes of them.
    """

    def __init__(self, outline: RemoteOutline, news: News) -> None:
        self.outline = outline
        self.news = news
        self.mirrors: dict[int, Mirror] = {}
        #: An id above all that entities, and containers of them, ever had here.
        self.bound = 0
        #: Created by this payload, and taken away by it.
        self.loose: list[Mirror] = []
        #: Those whose ids this payload gave to others.
        self.replaced: list[Mirror] = []
        #: Ids that the last payload forgot.
        self.forgotten: list[int] = []

    @property
    def root(self) -> Mirror | None:
        """The root, once there is one."""
        return self.mirrors.get(0)

    def get(self, id_: int) -> Mirror:
        """Return an entity.

        Raises:
            PeerError: There is none with this id.
        """
        mirror = self.mirrors.get(id_)
        if mirror is None:
            raise PeerError(f"no entity has the id {id_}")
        return mirror

    def several(self, ids: list[int]) -> list[Mirror]:
        """Return entities by their ids.

        Raises:
            PeerError: There is none with one of them.
        """
        mirrors = self.mirrors
        try:
            return [mirrors[id_] for id_ in ids]
        except KeyError as error:
            raise PeerError(f"no entity has the id {error.args[0]}") from None

    def create(self, id_: int, cls: RemoteClass) -> Mirror:
        """Enter a new entity; an older one with this id is about to be taken away.

        Raises:
            PeerError: It would replace the root.
        """
        if id_ == 0 and (0 in self.mirrors or cls.number != self.outline.root):
            raise PeerError("a second root, or one of another class")
        older = self.mirrors.get(id_)
        if older is not None:
            self.replaced.append(older)
        mirror = self.mirrors[id_] = Mirror(id_, cls)
        self.news.place(mirror)
        self.loose.append(mirror)
        return mirror

    def link(self, mirror: Mirror, above: Mirror, each: RemoteField, key: Any) -> None:
        """Put an entity into a field.

        Raises:
            PeerError: It stands somewhere, is the root, or is of the wrong class.
        """
        if mirror._parent is not None or mirror._id == 0:
            raise PeerError(f"entity {mirror._id} would stand at two places")
        if not self.outline.stands_for(mirror._cls, each.cls):
            raise PeerError(f"{each.name} holds no {mirror._cls.name}")
        up: Mirror | None = above
        for _ in range(MAX_DEPTH):
            if up is None:
                break
            if up is mirror:
                raise PeerError(f"entity {mirror._id} would stand below itself")
            up = up._parent
        else:
            raise PeerError(f"entities stand at most {MAX_DEPTH} deep")
        self.news.place(mirror)
        mirror._parent, mirror._field, mirror._key = above, each, key

    def unlink(self, mirror: Mirror) -> None:
        """Take an entity away from where it stands."""
        self.news.place(mirror)
        mirror._parent = mirror._field = mirror._key = None
        self.loose.append(mirror)

    def settle(self) -> None:
        """Forget what this payload left standing nowhere.

        Raises:
            PeerError: Something stands too deep, or where another took its id; nothing
                was forgotten.
        """
        gone: dict[Mirror, None] = {}
        deep: set[Mirror] = set()
        for mirror in self.loose:
            if mirror._parent is None and mirror._id != 0:
                _gather(mirror, gone)
            else:
                _check_depth(mirror, deep)
        for mirror in self.replaced:
            if mirror not in gone:
                raise PeerError(f"entity {mirror._id} lost its id, not its place")
        self.loose, self.replaced = [], []
        self.forgotten = []
        for mirror in gone:
            if self.mirrors.get(mirror._id) is mirror:
                del self.mirrors[mirror._id]
                self.forgotten.append(mirror._id)


def _check_depth(mirror: Mirror, seen: set[Mirror]) -> None:
    """Refuse what was built too deep, from the top or from the bottom.

    Args:
        mirror: What was put somewhere, perhaps with much below it.
        seen: What was looked at already.
    """
    depth = 0
    here: Mirror | None = mirror
    while here is not None and depth <= MAX_DEPTH:
        here, depth = here._parent, depth + 1
    waiting = [(mirror, depth)]
    while waiting:
        here, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise PeerError(f"entities stand at most {MAX_DEPTH} deep")
        if here not in seen:
            seen.add(here)
            waiting.extend((each, depth + 1) for each in below(here))


def _gather(mirror: Mirror, gone: dict[Mirror, None]) -> None:
    """Add an entity that is to be forgotten, with all that stands below it."""
    waiting = [mirror]
    while waiting:
        here = waiting.pop()
        if here not in gone:
            gone[here] = None
            waiting.extend(each for each in below(here) if each._parent is here)
