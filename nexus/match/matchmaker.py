"""Matchmaker: from a wish to play to a Seat in a Room, found or made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.errors import Close, Code, Refused
from nexus.match.catalog import Catalog, Kind
from nexus.match.listing import Listing, matches, ordered
from nexus.match.maker import OURS, Maker, plain_options
from nexus.match.promise import Promises, Settle, session_of
from nexus.match.registry import Registry
from nexus.room import Context, Room, RoomActor, Seat, Surroundings
from nexus.room.ident import make_id
from nexus.room.wait import invoke, settle
from nexus.wire.dialect import Dialect

__all__ = ["Matchmaker", "Reservation"]

_SERIALIZERS: Final = ("schema", "nexus")
#: How many Rooms, one after another, a wish waits for that end still.
_ENDS: Final = 3


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
        self.maker = Maker(self.registry, around)
        self.promises = Promises(self.registry, around)
        around.matchmaker = self

    # What clients ask for.

    async def join_or_create(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in some Room of a kind, made if none fits."""
        kind = self.catalog.get(name)
        with self.promises.counted(context) as settle_wish:
            auth = await self._ask(kind, options, context)
            actor = self._own(kind, options, auth)
            if actor is None:
                actor = await self._found(kind, options)
            if actor is None:
                return await self._create(kind, options, auth, settle_wish)
            return await self._promise(actor, options, auth, settle_wish)

    async def create(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in a new Room."""
        kind = self.catalog.get(name)
        with self.promises.counted(context) as settle_wish:
            auth = await self._ask(kind, options, context)
            return await self._create(kind, options, auth, settle_wish)

    async def join(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in a Room of a kind that is there."""
        kind = self.catalog.get(name)
        with self.promises.counted(context) as settle_wish:
            auth = await self._ask(kind, options, context)
            actor = self._own(kind, options, auth) or self.maker.find(kind, options)
            if actor is None:
                raise Refused("no rooms found with provided criteria", Code.NO_MATCH)
            return await self._promise(actor, options, auth, settle_wish)

    async def join_by_id(
        self, room_id: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in one Room, by its id or code."""
        actor = self.registry.get(room_id)
        with self.promises.counted(context) as settle_wish:
            auth = await self._ask(self.catalog.get(actor.kind), options, context)
            session_id = session_of(auth)
            if actor.is_locked and session_id not in actor.seats:
                raise Refused(f'room "{room_id}" is locked', Code.NO_ROOM)
            return await self._promise(actor, options, auth, settle_wish)

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
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        *,
        private: bool = False,
    ) -> Listing:
        """Make a Room that nobody has a seat in; it ends if nobody comes in time.

        Args:
            name: The kind.
            options: What its `on_create` gets.
            private: Whether it is private from its beginning, so that nobody gets in
                but those for whom `reserve` is called, or who know its id.
        """
        kind = self.catalog.get(name)
        options = options or {}
        if private:
            # Nobody waits for it: nobody could join it.
            return self.listing(await self.maker.make(kind, options, private=True))
        with self.maker.announced(self.maker.key(kind, options)):
            return self.listing(await self.maker.make(kind, options))

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
        return await self._promise(actor, options, auth, session_id=session_id)

    def listing(self, actor: RoomActor) -> Listing:
        """Return the card of a Room."""
        return Listing.of(actor, self.process_id)

    def stop(self, reason: str) -> list[Deferred[Any]]:
        """Make no Room any more, and let those that are there end as they wish."""
        self.maker.stopping = reason
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
            raise self.maker.opaque("on_auth_static", kind.name, error) from error
        if auth is None or auth is False:
            raise Refused("onAuth failed", Code.AUTH_FAILED)
        return None if auth is True else auth

    def _own(
        self, kind: Kind, options: Mapping[str, Any], auth: Any
    ) -> RoomActor | None:
        """Return the Room that a wish means in which its session has a seat already."""
        session_id = session_of(auth)
        if session_id is None:
            return None
        for actor in self.registry.seated(session_id):
            if self.maker.fits(kind, options, actor):
                return actor
        return None

    async def _found(self, kind: Kind, options: Mapping[str, Any]) -> RoomActor | None:
        """Return the Room that fits, or will soon; None: one is to be made.

        Raises:
            Refused: There is one that takes nobody in, or does not end in time.
        """
        maker, ends = self.maker, 0
        key = maker.key(kind, options)
        while True:
            actor = maker.find(kind, options)
            if actor is not None:
                return actor
            closing = maker.closing(kind, options)
            if maker.is_making(key):
                # Somebody makes just such a Room: it may have a seat for us, too.
                await maker.made(key)
            elif closing is None:
                return None
            elif ends == _ENDS:
                raise Refused("its rooms end too soon", Code.NO_ROOM)
            else:
                ends += 1
                await maker.ended(closing)

    async def _create(
        self, kind: Kind, options: Mapping[str, Any], auth: Any, settle_wish: Settle
    ) -> Reservation:
        """Make a Room, and promise a seat in it before others get theirs."""
        with self.maker.announced(self.maker.key(kind, options)):
            actor = await self.maker.make(kind, options)
            return await self._promise(actor, options, auth, settle_wish)

    async def _promise(
        self,
        actor: RoomActor,
        options: Mapping[str, Any],
        auth: Any,
        settle_wish: Settle = None,
        session_id: str | None = None,
    ) -> Reservation:
        """Promise a seat in a Room."""
        self.maker.check_stopping()
        ours = options.get(OURS)
        wish = ours.get("serializer") if isinstance(ours, Mapping) else None
        if wish is not None and wish not in _SERIALIZERS:
            raise Refused("there is no such serializer", Code.UNHANDLED)
        session_id = session_of(auth) or session_id
        seat = Seat(
            session_id or make_id(self.around.random),
            plain_options(options),
            auth,
            wish or "schema",
        )
        with actor.idle.expecting():
            if session_id is None:
                actor.reserve(seat)
            else:
                await self.promises.reserve(actor, seat)
            seat.settled = self.promises.settled(actor, seat, settle_wish)
        return Reservation(self.listing(actor), seat.session_id)
