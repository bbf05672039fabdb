"""Matchmaker: from a wish to play to a Seat in a Room, found or made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from nexus.errors import Close, Code, Refused
from nexus.match.call import Calls
from nexus.match.catalog import Catalog, Kind
from nexus.match.ending import end_as_wished, end_now
from nexus.match.listing import Listing, matches, ordered
from nexus.match.maker import Maker
from nexus.match.promise import Counted, Promises, session_of
from nexus.match.registry import Registry
from nexus.match.reservation import Reservation, SeatWish
from nexus.match.search import Search
from nexus.match.stats import Stats
from nexus.room import Context, Room, RoomActor, RoomFull, Surroundings
from nexus.room.seat.seat import SeatExpired
from nexus.room.wait import invoke

__all__ = ["Matchmaker"]


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
        self.registry = Registry(around.random, around.logger(self))
        self.maker = Maker(self.registry, around)
        self.promises = Promises(self.registry, around)
        self.calls = Calls(around.clock)
        self.search = Search(self.maker, self.registry)
        around.matchmaker = self

    # What clients ask for.

    async def join_or_create(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in some Room of a kind, made if none fits."""
        kind = self.catalog.get(name)
        with self.promises.counted(context) as counted:
            auth = await self._ask(kind, options, context)
            actor = self.search.own(kind, options, auth)
            if actor is None:
                actor = await self.search.found(kind, options)
            if actor is None:
                return await self._create(kind, options, auth, counted)
            return await self._promise(actor, options, auth, counted)

    async def create(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in a new Room."""
        kind = self.catalog.get(name)
        with self.promises.counted(context) as counted:
            auth = await self._ask(kind, options, context)
            return await self._create(kind, options, auth, counted)

    async def join(
        self, name: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in a Room of a kind that is there."""
        kind = self.catalog.get(name)
        with self.promises.counted(context) as counted:
            auth = await self._ask(kind, options, context)
            actor = self.search.own(kind, options, auth) or self.maker.find(
                kind, options
            )
            actor = actor or await self.search.woken(kind, options)
            if actor is None:
                raise Refused("no rooms found with provided criteria", Code.NO_MATCH)
            return await self._promise(actor, options, auth, counted)

    async def join_by_id(
        self, room_id: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Promise a seat in one Room, by its id or code; one that sleeps wakes."""
        kind = self.catalog.get(await self.search.kind_of(room_id))
        with self.promises.counted(context) as counted:
            auth = await self._ask(kind, options, context)
            # Whoever is not let in wakes nobody.
            actor = await self.search.open_to(room_id, session_of(auth))
            return await self._promise(actor, options, auth, counted)

    async def reconnect(
        self, room_id: str, options: Mapping[str, Any], context: Context | None = None
    ) -> Reservation:
        """Return the seat of a client that comes back with its token."""
        # A Node that starts may have the Room in a moment.
        self.maker.check_stopping()
        said = options.get("reconnectionToken")
        token = said if isinstance(said, str) else ""
        try:
            actor = await self.search.regained(room_id, token)
            client = actor.entry.tokens.find(token)
        except SeatExpired:
            if not token:
                text = "'reconnectionToken' must be provided for reconnection."
                raise Refused(text, Code.UNHANDLED) from None
            text = "reconnection token invalid or expired."
            raise Refused(text, Code.EXPIRED) from None
        except Refused as refusal:
            if refusal.code == Code.STOPPING:
                raise  # the database is away: there may be such a Room
            text = f'room "{room_id}" has been disposed.'
            raise Refused(text, Code.NO_ROOM) from None
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

    def find_one(
        self, name: str, options: Mapping[str, Any] | None = None
    ) -> Listing | None:
        """Return the card of the Room that `join` would lead into; None: there is none.

        Raises:
            Refused: There is no such kind, or an option is too long to filter by.
        """
        kind = self.catalog.get(name)
        try:
            actor = self.maker.find(kind, options or {})
        except RoomFull:
            return None
        return None if actor is None else self.listing(actor)

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
        wish = SeatWish(options, auth, session_id)
        [reservation] = await self.reserve_many(room_id, [wish])
        return reservation

    async def reserve_many(
        self, room_id: str, wishes: Iterable[SeatWish]
    ) -> list[Reservation]:
        """Promise several seats in one Room, all of them or none, for a party.

        Raises:
            Refused: There is no such Room, it has fewer seats, or takes nobody in.
        """
        actor = self.registry.get(room_id)
        self.maker.check_stopping()
        seats = await self.promises.promise_all(actor, list(wishes))
        listing = self.listing(actor)
        return [Reservation(listing, seat.session_id) for seat in seats]

    async def call(
        self, room_id: str, name: str, *arguments: Any, timeout: float = 2.0
    ) -> Any:
        """Call a method of a Room that is marked with `@on_call`, or read an attribute.

        Arguments and the answer are copied, as values that Rooms share are; the call
        begins in a later turn than this one.

        Args:
            room_id: The Room's id, or code.
            name: The method, or a public attribute of the author's, without arguments.
            *arguments: What the method takes.
            timeout: Seconds to wait for the answer; the call itself goes on.

        Raises:
            Refused: There is no such Room, nothing of that name that may be called, or
                no answer in time; or the method refused, or failed.
            TypeError: An argument cannot be shared.
        """
        actor = self.registry.get(room_id)
        return await self.calls.call(actor, name, arguments, timeout)

    def listing(self, room: RoomActor | str) -> Listing:
        """Return the card of a Room, also by its id or code.

        Raises:
            Refused: There is none with this id or code.
        """
        actor = self.registry.get(room) if isinstance(room, str) else room
        return Listing.of(actor, self.process_id)

    @property
    def stats(self) -> Stats:
        """How many Rooms there are now, and clients in them."""
        return Stats.of(self.registry)

    async def disconnect_all(self, code: int = Close.CONSENTED) -> None:
        """Let everybody go and end all Rooms that are open; returns when they ended.

        Rooms that open meanwhile are left alone. In a hook it does not wait for the
        Room whose hook it is.

        Raises:
            ValueError: No socket can be closed with such a code.
        """
        await end_now(self.registry, self.around, code)

    def stop(self, reason: str) -> list[Deferred[Any]]:
        """Make no Room any more, and let those that are there end as they wish."""
        self.maker.stopping = reason
        around, registry = self.around, self.registry
        ends = [end_as_wished(actor, around) for actor in registry]
        ends += [actor.ended() for actor in registry.closing]
        return [around.background.start(each, "shutdown") for each in ends]

    def force(self) -> None:
        """End the Rooms that took too long to end as they wished."""
        code = self.around.shutdown_code
        for actor in self.registry:
            if actor.is_open:
                actor.faults.spawn(actor.close(code), "shutdown")

    # How.

    async def _ask(
        self, kind: Kind, options: Mapping[str, Any], context: Context | None
    ) -> Any:
        """Ask the kind who wants to join, if it wants to know.

        Calls of our own come without a context.
        """
        if context is None or kind.room.on_auth_static is Room.on_auth_static:
            return None
        asking: Deferred[Any] = Deferred.fromCoroutine(
            invoke(kind.room.on_auth_static, context.token, options, context)
        )
        if kind.room.message_seconds and not asking.called:
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

    async def _create(
        self, kind: Kind, options: Mapping[str, Any], auth: Any, counted: Counted | None
    ) -> Reservation:
        """Make a Room, and promise a seat in it before others get theirs."""
        with self.maker.announced(self.maker.key(kind, options)):
            actor = await self.maker.make(kind, options)
            actor.idle.awaits_maker = True
            return await self._promise(actor, options, auth, counted)

    async def _promise(
        self,
        actor: RoomActor,
        options: Mapping[str, Any],
        auth: Any,
        counted: Counted | None = None,
    ) -> Reservation:
        """Promise a seat in a Room."""
        self.maker.check_stopping()
        wish = SeatWish(options, auth)
        seat = await self.promises.promise(actor, wish, counted)
        return Reservation(self.listing(actor), seat.session_id)
