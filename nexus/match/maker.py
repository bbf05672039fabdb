"""Maker: which Room fits a wish, and new Rooms where none does."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.python.failure import Failure

from nexus.errors import Code, Refused
from nexus.match.catalog import Kind
from nexus.match.joinable import Fit, Values
from nexus.match.listing import foremost
from nexus.match.registry import Registry
from nexus.room import RoomActor, RoomFull, Surroundings
from nexus.room.ident import make_id

__all__ = ["OURS", "Maker", "canonical", "plain_options"]

#: The join option that carries what is ours.
OURS: Final = "__nexus"

#: What a wish filters by if its kind says nothing of that.
_ALL: Final = Fit(whole=True)


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return join options without what is ours."""
    return {name: value for name, value in options.items() if name != OURS}


def canonical(value: Any) -> Hashable:
    """Return what is equal for values that mean the same, and for no others.

    1 is 1.0, and the order of a dict's keys does not matter; True is not 1, text is no
    number, and a list is no other order of it.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "bool", bool(value)
    if isinstance(value, int | float):
        # NaN is equal to nothing, and still means the same as another one.
        return ("nan",) if value != value else value
    if isinstance(value, list | tuple):
        return ("list", *map(canonical, value))
    if isinstance(value, Mapping):
        pairs = ((canonical(name), canonical(each)) for name, each in value.items())
        return "dict", frozenset(pairs)
    return type(value).__qualname__, repr(value)


def _above(kind: Kind, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return join options, with those of the kind above them."""
    return {**plain_options(options), **kind.options}


class Maker:
    """Finds Rooms and makes them: just one at a time for what is alike.

    Args:
        registry: What knows the Rooms.
        around: What Rooms are given.
    """

    def __init__(self, registry: Registry, around: Surroundings) -> None:
        self._log = around.logger(self)
        self._registry = registry
        self._around = around
        self._making: dict[tuple[Hashable, ...], list[Deferred[None]]] = {}
        self._unique: dict[tuple[Hashable, ...], RoomActor] = {}
        #: Why no Room is made any more; None: Rooms are made.
        self.stopping: str | None = None

    def check_stopping(self) -> None:
        """Refuse when the Node is going down."""
        if self.stopping is not None:
            raise Refused(self.stopping, Code.STOPPING)

    def is_making(self, key: tuple[Hashable, ...]) -> bool:
        """Say whether just such a Room is being made."""
        return key in self._making

    async def made(self, key: tuple[Hashable, ...]) -> None:
        """Wait until the Room that is being made is there, or failed."""
        waiting: Deferred[None] = Deferred()
        self._making[key].append(waiting)
        await waiting

    def find(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor | None:
        """Return the Room that is joined first of those that fit.

        Raises:
            RoomFull: There is at most one that could fit, and it takes nobody in.
        """
        fit = self._fit(kind, options)
        if kind.unique_by:
            actor = self._unique.get(self.key(kind, options))
            if actor is None or not actor.is_open:
                return None
            if actor.is_locked or actor.sign.private:
                raise RoomFull
            return actor
        if not kind.sort_by:
            return self._registry.oldest(kind.name, fit)
        found = self._registry.joinable(kind.name, fit)
        return foremost(found, kind.sort_by) if found else None

    def fits(self, kind: Kind, options: Mapping[str, Any], actor: RoomActor) -> bool:
        """Say whether a wish means a Room, which may be full, locked or private."""
        if actor.kind != kind.name:
            return False
        if kind.unique_by:
            return self._unique.get(self.key(kind, options)) is actor
        return self._fit(kind, options).values <= self._registry.values(actor)

    def closing(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor | None:
        """Return the Room that ends still, and until then keeps its unique key."""
        if not kind.unique_by:
            return None
        actor = self._unique.get(self.key(kind, options))
        ends = actor is not None and not (actor.is_open or actor.is_opening)
        return actor if ends else None

    async def ended(self, actor: RoomActor) -> None:
        """Wait until a Room that closes has ended, as long as a seat would be kept.

        Raises:
            Refused: It takes too long.
        """
        ending = Deferred.fromCoroutine(actor.ended())
        _ = ending.addTimeout(actor.room.seat_seconds, self._around.clock)
        try:
            await ending
        except TookTooLong:
            raise Refused("the room of before ends still", Code.NO_ROOM) from None

    @staticmethod
    def _fit(kind: Kind, options: Mapping[str, Any]) -> Fit:
        """Return what a wish filters by: the options that it has.

        Raises:
            Refused: One of them is too long.
        """
        if not (kind.filter_by or kind.unique_by):
            return _ALL
        found = kind.filters(_above(kind, options))
        values = frozenset((name, canonical(value)) for name, value in found.items())
        return Fit(values, len(found) == len({*kind.filter_by, *kind.unique_by}))

    @staticmethod
    def _values(kind: Kind, filters: Mapping[str, Any]) -> Values:
        """Return what a new Room is filtered by; what it was not given is None."""
        names = (*kind.filter_by, *kind.unique_by)
        return frozenset((name, canonical(filters.get(name))) for name in names)

    def key(self, kind: Kind, options: Mapping[str, Any]) -> tuple[Hashable, ...]:
        """Return what only one Room is made for at a time."""
        if not kind.unique_by:
            return kind.name, self._fit(kind, options).values
        merged = _above(kind, options)
        return kind.name, *(canonical(merged.get(name)) for name in kind.unique_by)

    @contextmanager
    def announced(self, key: tuple[Hashable, ...]) -> Iterator[None]:
        """Let those wait who want just such a Room as is being made."""
        waiting = self._making.setdefault(key, [])
        try:
            yield
        finally:
            if self._making.get(key) is waiting:
                del self._making[key]
            woken, waiting[:] = waiting[:], []
            for each in woken:
                each.callback(None)

    async def make(
        self, kind: Kind, options: Mapping[str, Any], *, private: bool = False
    ) -> RoomActor:
        """Make a Room, which is private from its beginning if that is said."""
        around = self._around
        self.check_stopping()
        if len(self._registry) >= around.limits.rooms:
            around.meters.beyond.labels("rooms").inc()
            raise Refused("this node has no place for another room", Code.LIMIT)
        merged = _above(kind, options)
        filters = kind.filters(merged)
        unique, key = bool(kind.unique_by), self.key(kind, options)
        if unique and key in self._unique:
            raise Refused("there is such a room already", Code.NO_MATCH)
        try:
            actor = RoomActor(
                kind.room,
                kind=kind.name,
                room_id=make_id(around.random),
                around=around,
                registrar=self._registry,
            )
        except Exception as error:
            raise self.opaque("__init__", kind.name, error) from error
        actor.sign.filters, actor.sign.private = filters, private
        values = self._values(kind, filters)
        self._registry.put(actor, code=kind.codes, values=values)
        if unique:
            self._unique[key] = actor
            actor.on_closed(lambda: self._unique.pop(key, None))
        try:
            await actor.open(merged)
        except Refused:
            self._registry.drop(actor)
            raise
        except Exception as error:
            self._registry.drop(actor)
            raise self.opaque("on_create", kind.name, error) from error
        return actor

    def adopt(self, kind: Kind, actor: RoomActor, code: str | None) -> None:
        """Take a Room in that was kept, as if it had just been made.

        Raises:
            Refused: There is one like it already, or no place for another one.
        """
        if len(self._registry) >= self._around.limits.rooms:
            raise Refused("this node has no place for another room", Code.LIMIT)
        key = self.key(kind, actor.sign.filters)
        if kind.unique_by and key in self._unique:
            raise Refused("there is such a room already", Code.NO_MATCH)
        values = self._values(kind, actor.sign.filters)
        try:
            self._registry.put_back(actor, code=code, values=values)
        except ValueError as error:
            raise Refused(str(error), Code.NO_MATCH) from error
        if kind.unique_by:
            self._unique[key] = actor
            actor.on_closed(lambda: self._unique.pop(key, None))

    def opaque(self, act: str, kind: str, error: Exception) -> Refused:
        """Log a mistake of the author's, and return what the peer may know of it."""
        ident = make_id(self._around.random)
        self._log.failure(
            "{act} of {kind} failed, error {error_id}",
            failure=Failure(error),
            act=act,
            kind=kind,
            error_id=ident,
        )
        return Refused(f"internal error {ident}", Code.UNHANDLED)
