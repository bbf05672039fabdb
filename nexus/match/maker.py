"""Maker: which Room fits a wish, and new Rooms where none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.errors import Code, Refused
from nexus.match.catalog import Kind
from nexus.match.listing import Listing, matches, ordered
from nexus.match.registry import Registry
from nexus.room import RoomActor, RoomFull, Surroundings
from nexus.room.ident import make_id

__all__ = ["OURS", "Maker", "plain_options"]

#: The join option that carries what is ours.
OURS: Final = "__nexus"


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return join options without what is ours."""
    return {name: value for name, value in options.items() if name != OURS}


class Maker:
    """Finds Rooms and makes them: just one at a time for what is alike.

    Args:
        registry: What knows the Rooms.
        around: What Rooms are given.
    """

    _log = Logger()

    def __init__(self, registry: Registry, around: Surroundings) -> None:
        self._registry = registry
        self._around = around
        self._making: dict[tuple[Any, ...], list[Deferred[None]]] = {}
        self._unique: dict[tuple[Any, ...], RoomActor] = {}
        #: Why no Room is made any more; None: Rooms are made.
        self.stopping: str | None = None

    def check_stopping(self) -> None:
        """Refuse when the Node is going down."""
        if self.stopping is not None:
            raise Refused(self.stopping, Code.STOPPING)

    def is_making(self, key: tuple[Any, ...]) -> bool:
        """Say whether just such a Room is being made."""
        return key in self._making

    async def made(self, key: tuple[Any, ...]) -> None:
        """Wait until the Room that is being made is there, or failed."""
        waiting: Deferred[None] = Deferred()
        self._making[key].append(waiting)
        await waiting

    def find(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor | None:
        """Return the Room that is joined first of those that fit."""
        unique = kind.key(options)
        if unique is not None:
            actor = self._unique.get((kind.name, unique))
            if actor is None or actor.is_opening:
                return None
            if actor.is_locked or actor.private:
                raise RoomFull
            return actor
        wanted = kind.filters(options)
        found = self._registry.joinable(kind.name)
        if wanted:
            found = [each for each in found if matches(Listing.of(each, ""), wanted)]
        if not kind.sort_by or len(found) < 2:
            return found[0] if found else None
        by_id = {each.room_id: each for each in found}
        cards = ordered((Listing.of(each, "") for each in found), kind.sort_by)
        return by_id[cards[0].room_id]

    def key(self, kind: Kind, options: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what only one Room is made for at a time."""
        unique = kind.key(options)
        if unique is not None:
            return kind.name, unique
        return kind.name, repr(sorted(kind.filters(options).items()))

    @contextmanager
    def announced(self, key: tuple[Any, ...]) -> Iterator[None]:
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

    async def make(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor:
        """Make a Room."""
        around = self._around
        self.check_stopping()
        if len(self._registry) >= around.limits.rooms:
            around.meters.beyond.labels("rooms").inc()
            raise Refused("this node has no place for another room", Code.LIMIT)
        unique, key = kind.key(options) is not None, self.key(kind, options)
        if unique and key in self._unique:
            raise Refused("there is such a room already", Code.NO_MATCH)
        merged = {**plain_options(options), **kind.options}
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
        actor.filters = kind.filters(merged)
        self._registry.put(actor, code=kind.codes)
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
