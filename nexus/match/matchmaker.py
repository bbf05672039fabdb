"""Matchmaker: from a wish to play to a Seat in a Room, found or made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.errors import Close, Code, Refused
from nexus.match.catalog import Catalog, Kind
from nexus.match.listing import Listing, matches, ordered
from nexus.match.registry import Registry
from nexus.room import Context, Room, RoomActor, RoomFull, Seat, Surroundings
from nexus.room.ident import make_id
from nexus.room.wait import invoke, settle
from nexus.wire.dialect import Dialect

__all__ = ["OURS", "Matchmaker", "Reservation"]

#: The join option that carries what is ours.
OURS: Final = "__nexus"
_SESSION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SERIALIZERS: Final = ("schema", "nexus")


@frozen
class Reservation:
    """A promised Seat, as the client is told of it."""

    listing: Listing
    session_id: str

    def plain(self, dialect: Dialect) -> dict[str, Any]:
        """Return what an SDK reads, in JSON or in a message."""
        listing = self.listing
        if not dialect.nested:
            return {
                "name": listing.name,
                "sessionId": self.session_id,
                "roomId": listing.room_id,
                "processId": listing.process_id,
            }
        created = listing.created_at.isoformat(timespec="milliseconds")
        room = {
            "clients": listing.clients,
            "locked": listing.locked,
            "private": listing.private,
            "maxClients": listing.max_clients,
            "unlisted": listing.unlisted,
            "createdAt": created.replace("+00:00", "Z"),
            "name": listing.name,
            "processId": listing.process_id,
            "roomId": listing.room_id,
        }
        return {"room": room, "sessionId": self.session_id}


class Matchmaker:
    """Finds Rooms, makes them, and promises Seats in them.

    Args:
        catalog: The kinds of Room that there are.
        process_id: What this Node is called.
        around: What Rooms are given.
    """

    _log = Logger()

    def __init__(
        self, catalog: Catalog, *, process_id: str, around: Surroundings
    ) -> None:
        self.catalog = catalog
        self.process_id = process_id
        self.around = around
        self.registry = Registry(around.random)
        self._making: dict[tuple[Any, ...], list[Deferred[None]]] = {}
        self._unique: dict[tuple[Any, ...], RoomActor] = {}
        #: Why no Room is made any more; None: Rooms are made.
        self.stopping: str | None = None
        around.lend(self)

    # What clients ask for.

    async def join_or_create(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in some Room of a kind, made if none fits."""
        kind = self.catalog.get(name)
        auth = await self._ask(kind, options, context)
        key = self._key(kind, options)
        while True:
            actor = self._find(kind, options)
            if actor is not None:
                return await self._promise(actor, options, auth)
            if key not in self._making:
                break
            # Somebody makes just such a Room: it may have a seat for us, too.
            made: Deferred[None] = Deferred()
            self._making[key].append(made)
            await made
        return await self._create(kind, options, auth)

    async def create(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in a new Room."""
        kind = self.catalog.get(name)
        auth = await self._ask(kind, options, context)
        return await self._create(kind, options, auth)

    async def join(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in a Room of a kind that is there."""
        kind = self.catalog.get(name)
        auth = await self._ask(kind, options, context)
        actor = self._find(kind, options)
        if actor is None:
            raise Refused("no rooms found with provided criteria", Code.NO_MATCH)
        return await self._promise(actor, options, auth)

    async def join_by_id(
        self, room_id: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in one Room, by its id or code."""
        actor = self.registry.get(room_id)
        if actor.is_locked:
            raise Refused(f'room "{room_id}" is locked', Code.NO_ROOM)
        auth = await self._ask(self.catalog.get(actor.kind), options, context)
        return await self._promise(actor, options, auth)

    async def reconnect(
        self, room_id: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Return the seat of a client that comes back with its token."""
        try:
            actor = self.registry.get(room_id)
        except Refused:
            text = f'room "{room_id}" has been disposed.'
            raise Refused(text, Code.NO_ROOM) from None
        token = options.get("reconnectionToken")
        if not isinstance(token, str) or not token:
            raise Refused(
                "'reconnectionToken' must be provided for reconnection.", Code.UNHANDLED
            )
        try:
            client = actor.entry.find(token)
        except Refused:
            raise Refused(
                "reconnection token invalid or expired.", Code.EXPIRED
            ) from None
        return Reservation(self.listing(actor), client.session_id)

    # What Rooms and apps ask for.

    async def create_room(
        self, name: str, options: Mapping[str, Any] | None = None
    ) -> Listing:
        """Make a Room that nobody has a seat in; it ends if nobody comes in time."""
        kind = self.catalog.get(name)
        options = options or {}
        with self._announced(self._key(kind, options)):
            return self.listing(await self._make(kind, options))

    def query(
        self,
        conditions: Mapping[str, Any] | None = None,
        sort_by: Iterable[tuple[str, bool]] = (),
    ) -> list[Listing]:
        """Return the cards of Rooms whose fields have these values."""
        cards = [self.listing(actor) for actor in self.registry if actor.is_open]
        wanted = conditions or {}
        return ordered([each for each in cards if matches(each, wanted)], sort_by)

    def room(self, room_id: str) -> Room[Any]:
        """Return a Room of this Node.

        Raises:
            Refused: There is none with this id or code.
        """
        return self.registry.get(room_id).room

    async def reserve(
        self,
        room_id: str,
        options: Mapping[str, Any],
        auth: Any = None,
        session_id: str | None = None,
    ) -> Reservation:
        """Promise somebody a seat in one Room, for a queue or a party."""
        actor = self.registry.get(room_id)
        return await self._promise(actor, options, auth, session_id)

    def listing(self, actor: RoomActor) -> Listing:
        """Return the card of a Room."""
        return Listing.of(actor, self.process_id)

    def stop(self, reason: str) -> list[Deferred[Any]]:
        """Make no Room any more, and let those that are there end as they wish."""
        self.stopping = reason
        start = self.around.background.start
        return [
            *(start(self._stop(actor), "shutdown") for actor in self.registry),
            *(start(actor.ended(), "shutdown") for actor in self.registry.closing),
        ]

    def force(self) -> None:
        """End the Rooms that took too long to end as they wished."""
        for actor in self.registry:
            if actor.is_open:
                actor.faults.spawn(actor.close(Close.SHUTDOWN), "shutdown")

    async def _stop(self, actor: RoomActor) -> None:
        try:
            await settle(actor.room.on_before_shutdown())
        except CancelledError:
            raise
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            actor.faults.fail("on_before_shutdown", None, Failure())
            await actor.close(Close.SHUTDOWN)
        # Who overrides the hook may end the Room later, when a game is over.
        await actor.ended()

    # How.

    async def _ask(
        self, kind: Kind, options: Mapping[str, Any], context: Context | None
    ) -> Any:
        """Ask the kind who wants to join; calls of our own come without a context."""
        if context is None:
            return None
        asking: Deferred[Any] = Deferred.fromCoroutine(
            invoke(kind.room.on_auth_static, context.token, options, context)
        )
        if kind.room.message_seconds:
            _ = asking.addTimeout(kind.room.message_seconds, self.around.clock)
        try:
            auth = await asking
        except Refused:
            raise
        except Exception as error:
            raise self._opaque("on_auth_static", kind.name, error) from error
        if auth is None or auth is False:
            raise Refused("onAuth failed", Code.AUTH_FAILED)
        return None if auth is True else auth

    def _opaque(self, act: str, kind: str, error: Exception) -> Refused:
        """Log a mistake of the author's, and return what the peer may know of it."""
        ident = make_id(self.around.random)
        self._log.failure(
            "{act} of {kind} failed, error {error_id}",
            failure=Failure(error),
            act=act,
            kind=kind,
            error_id=ident,
        )
        return Refused(f"internal error {ident}", Code.UNHANDLED)

    def _find(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor | None:
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
        found = [
            actor
            for actor in self.registry
            if actor.kind == kind.name and not actor.is_locked and not actor.private
        ]
        if wanted:
            found = [each for each in found if matches(self.listing(each), wanted)]
        if not kind.sort_by or len(found) < 2:
            return found[0] if found else None
        by_id = {each.room_id: each for each in found}
        cards = ordered(map(self.listing, found), kind.sort_by)
        return by_id[cards[0].room_id]

    def _key(self, kind: Kind, options: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what only one Room is made for at a time."""
        unique = kind.key(options)
        if unique is not None:
            return kind.name, unique
        return kind.name, repr(sorted(kind.filters(options).items()))

    @contextmanager
    def _announced(self, key: tuple[Any, ...]) -> Iterator[None]:
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

    async def _create(
        self, kind: Kind, options: Mapping[str, Any], auth: Any
    ) -> Reservation:
        """Make a Room, and promise a seat in it before others get theirs."""
        with self._announced(self._key(kind, options)):
            actor = await self._make(kind, options)
            return await self._promise(actor, options, auth)

    async def _make(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor:
        """Make a Room."""
        around = self.around
        if self.stopping is not None:
            raise Refused(self.stopping, Code.STOPPING)
        if len(self.registry) >= around.limits.rooms:
            around.meters.beyond.labels("rooms").inc()
            raise Refused("this node has no place for another room", Code.LIMIT)
        unique, key = kind.key(options) is not None, self._key(kind, options)
        if unique and key in self._unique:
            raise Refused("there is such a room already", Code.NO_MATCH)
        merged = {**self.plain_options(options), **kind.options}
        try:
            actor = RoomActor(
                kind.room,
                kind=kind.name,
                room_id=make_id(around.random),
                around=around,
                registrar=self.registry,
            )
        except Exception as error:
            raise self._opaque("__init__", kind.name, error) from error
        actor.metadata = kind.filters(merged) or None
        self.registry.put(actor, code=kind.codes)
        if unique:
            self._unique[key] = actor
            actor.on_closed(lambda: self._unique.pop(key, None))
        try:
            await actor.open(merged)
        except Refused:
            self.registry.drop(actor)
            raise
        except Exception as error:
            self.registry.drop(actor)
            raise self._opaque("on_create", kind.name, error) from error
        return actor

    async def _promise(
        self,
        actor: RoomActor,
        options: Mapping[str, Any],
        auth: Any,
        session_id: str | None = None,
    ) -> Reservation:
        """Promise a seat in a Room."""
        if self.stopping is not None:
            raise Refused(self.stopping, Code.STOPPING)
        ours = options.get(OURS)
        wish = ours.get("serializer") if isinstance(ours, Mapping) else None
        if wish is not None and wish not in _SERIALIZERS:
            raise Refused("there is no such serializer", Code.UNHANDLED)
        if isinstance(auth, Mapping) and "session_id" in auth:
            session_id = str(auth["session_id"])
        with actor.expecting():
            if session_id is None:
                session_id = make_id(self.around.random)
            else:
                if not _SESSION.fullmatch(session_id):
                    raise Refused("a session id that fits no path", Code.AUTH_FAILED)
                await self._second(actor, session_id)
            seat = Seat(session_id, self.plain_options(options), auth, wish or "schema")
            actor.reserve(seat)
        return Reservation(self.listing(actor), session_id)

    async def _second(self, actor: RoomActor, session_id: str) -> None:
        """Do with a session that has a seat already what the Room says.

        Raises:
            Refused: The first comer stays.
        """
        while session_id in actor.seats:
            if actor.room.second_seat == "refuse":
                raise Refused("this session is in the room already", Code.EXPIRED)
            joining = actor.entry.joining.get(session_id)
            client = actor.members.get(session_id) or joining
            if client is None:
                actor.seats.free(session_id)
                continue
            why = "the session came by another socket"
            actor.exits.let_go(client, Close.REPLACED, why)
            actor.entry.give_up(client)
            await actor.exits.gone(client)

    @staticmethod
    def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
        """Return join options without what is ours."""
        return {name: value for name, value in options.items() if name != OURS}
