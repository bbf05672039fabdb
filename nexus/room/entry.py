"""Entry: how a Connection becomes, or takes over, a Client of a Room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.errors import Close, Code, Refused
from nexus.room.client import Client, ClientStatus
from nexus.room.phase import RoomPhase
from nexus.room.plugin import hooks
from nexus.room.seat import SeatExpired
from nexus.room.token import Tokens
from nexus.room.wait import settle
from nexus.wire.frame import encode_join

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection
    from nexus.room.hold import Hold

__all__ = ["Context", "Entry"]


@frozen
class Context:
    """What is known of a peer that asks to join.

    Attributes:
        token: What its SDK holds in `client.auth.token`; empty if nothing.
        address: Its IP address.
        headers: The headers of its request, by names in lower case.
        holder: Whom its seats are counted for; empty: nobody.
    """

    token: str
    address: str
    headers: Mapping[str, str]
    holder: str = ""


class _Left(Exception):  # nothing is wrong: it is how a join ends early
    """The socket was closed while its client joined."""

    def __init__(self) -> None:
        super().__init__("its socket was closed")


class Entry:
    """Lets Connections into one Room."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self.tokens = Tokens(actor.around.random)
        #: Who may know other classes than those of the State.
        self.outdated: set[Client] = set()
        #: Who waits until a client's earlier return is over.
        self._awaited: dict[Client, list[Deferred[None]]] = {}
        #: Clients that are not in yet, by session, and what lets them in.
        self.joining: dict[str, Client] = {}
        self._running: dict[Client, Deferred[Any]] = {}

    async def join(
        self, connection: Connection, session_id: str, context: Context
    ) -> None:
        """Let a Connection claim a seat and join; returns when JOIN_ROOM went out.

        Raises:
            Refused: There is no such seat, or the author's code denied it.
        """
        actor = self._actor
        if actor.phase is not RoomPhase.OPEN:
            raise SeatExpired
        seat = actor.seats.claim(session_id)
        client = Client(session_id, actor.room, seat, connection.address, seat.auth)
        client.connection, connection.client = connection, client
        connection.actor = actor
        self.joining[session_id] = client
        actor.rhythm.wake()
        try:
            await self._limited(client, self._admit(client, connection, context))
            # What the hooks put off was done since, such as the end of the Room.
            if connection.closed is not None:
                raise _Left
        except BaseException as error:
            del self.joining[session_id]
            was_in = await self._undo(client)
            denial = self._denial("join", client, error)
            self._say(client, connection, denial, Close.ERROR, was_in=was_in)
            if isinstance(error, _Left):
                return
            raise denial from error
        del self.joining[session_id]
        self._announce(client, connection)
        actor.tell("join", client)

    async def _admit(
        self, client: Client, connection: Connection, context: Context
    ) -> None:
        """Ask the author's code whether the client may join, and let it."""
        actor, room, options = self._actor, self._actor.room, client.seat.options
        if client.auth is None:
            for plugin in room.plugin_list:
                await settle(plugin.on_auth(client, options, context))
            auth = await settle(room.on_auth(client, options, context))
            if auth is None:
                self._log.warn(
                    "{room_id}: on_auth of {kind} returned None, which denies"
                    " {session_id}: return True, or who it is",
                    room_id=actor.room_id,
                    kind=actor.kind,
                    session_id=client.session_id,
                    act="on_auth",
                )
            if auth is None or auth is False:
                raise Refused("onAuth failed", Code.AUTH_FAILED)
            client.auth = None if auth is True else auth
        if connection.closed is not None:
            raise _Left
        if actor.phase is not RoomPhase.OPEN:
            raise SeatExpired
        actor.clients[client.session_id] = client
        actor.members[client.session_id] = client
        self.tokens.renew(client)
        if actor.fanout is not None:
            actor.fanout.enroll(client)
        for hook in hooks(room, "on_join"):
            await settle(hook(client, options))
        if connection.closed is not None or client.status is not ClientStatus.JOINING:
            raise _Left
        if actor.journal is not None:
            # Whoever is told that it is in comes back also after a crash.
            actor.journal.joined(client)
            await actor.journal.safe()

    async def _undo(self, client: Client) -> bool:
        """Take back a join that did not come to its end.

        Returns:
            Whether the client was a member already.
        """
        actor = self._actor
        was_in = client.session_id in actor.members
        actor.clients.pop(client.session_id, None)
        client.status = ClientStatus.LEAVING
        if was_in:
            await actor.exits.call_leave(client, Close.ERROR)
        actor.exits.free(client)
        return was_in

    def _say(
        self,
        client: Client,
        connection: Connection,
        why: BaseException,
        code: int,
        *,
        was_in: bool,
    ) -> None:
        """Log why a client was not let in; members that it cost have left."""
        if was_in:
            self._actor.around.meters.departures.labels(str(int(code))).inc()
        closed = connection.closed
        self._log.info(
            "{room_id}: {session_id} {how}, {code}: {why}",
            room_id=self._actor.room_id,
            session_id=client.session_id,
            how="did not come back" if connection.returns else "was not let in",
            code=int(code if closed is None else closed),
            why=str(why),
            act="join",
        )

    def _denial(self, act: str, client: Client, error: BaseException) -> BaseException:
        """Return what the peer is told of what went wrong."""
        if isinstance(error, (Refused, _Left)) or not isinstance(error, Exception):
            return error
        if isinstance(error, CancelledError):
            return Refused("the room has ended", Code.NO_ROOM)
        if isinstance(error, TookTooLong):
            return Refused("joining took too long", Code.APPLICATION)
        ident = self._actor.faults.fail(act, client, Failure(error))
        return Refused(f"internal error {ident}", Code.APPLICATION)

    def _announce(self, client: Client, connection: Connection) -> None:
        """Send JOIN_ROOM."""
        self._log.info(
            "{room_id}: {session_id} {how}",
            room_id=self._actor.room_id,
            session_id=client.session_id,
            how="returned" if connection.returns else "joined",
            act="join",
        )
        client.status = ClientStatus.JOINED
        format_ = client.format
        handshake = b""
        connection.begins_anew = client in self.outdated
        knows = connection.skips_handshake and not connection.begins_anew
        if format_ is not None and not knows:
            handshake = format_.handshake()
        name = "none" if format_ is None else format_.name
        connection.announce(
            encode_join(connection.dialect, client.reconnection_token, name, handshake)
        )

    async def rejoin(self, connection: Connection, session_id: str, token: str) -> None:
        """Let a Connection take a Client over; returns when JOIN_ROOM went out.

        The socket that the client had before, if it still lives, is closed at once, and
        nothing that it says or does later hurts.

        Raises:
            Refused: The token lets nobody in, or the author's code denied it.
        """
        actor = self._actor
        client = self.tokens.find(token)
        if client.session_id != session_id:
            raise SeatExpired
        while client in self._running:
            # Its last socket may be dead, and its return not over.
            waiting: Deferred[None] = Deferred()
            self._awaited.setdefault(client, []).append(waiting)
            await waiting
            client = self.tokens.find(token)
        self._check_classes(client, connection)
        self.tokens.use(client)
        await actor.exits.make_way(client)
        hold = client.hold
        if hold is None or hold.returned is not None:
            raise SeatExpired
        if connection.closed is not None:
            # The token was not used: the client may try again.
            self.tokens.restore(client)
            raise SeatExpired
        connection.actor, connection.client = actor, client
        await self._return(client, connection, token, hold)

    def _check_classes(self, client: Client, connection: Connection) -> None:
        """Check that a client can be told of the classes that there are now.

        An SDK that comes back by itself keeps those that it knew, whatever it is told.

        Raises:
            Refused: It cannot; with a new object it can come back by the same token.
        """
        is_deaf = connection.skips_handshake and client.seat.serializer == "schema"
        if is_deaf and client in self.outdated and self._actor.fanout is not None:
            raise Refused("the state has other fields now: join anew", Code.EXPIRED)

    def acknowledged(self, client: Client) -> None:
        """Take note that a client has its JOIN_ROOM, and knows what that says."""
        self.tokens.acknowledged(client)
        if client in self.outdated:
            self.outdated.discard(client)
            if self._actor.journal is not None:
                self._actor.journal.changed(client, outdated=False)

    async def _return(
        self, client: Client, connection: Connection, token: str, hold: Hold
    ) -> None:
        """Let a client that is away have its new Connection."""
        actor = self._actor
        client.connection = connection
        client.address = connection.address
        client.status = ClientStatus.JOINING
        actor.clients[client.session_id] = client
        actor.rhythm.wake()
        self.tokens.renew(client, token)
        if actor.journal is not None:
            counter = self.tokens.key(client).counter
            actor.journal.changed(client, counter=counter, away=False)
        actor.exits.returned(client)
        hold.take()
        client.hold = None
        client.left = False
        try:
            await self._limited(client, self._greet_again(client))
            if connection.closed is not None:
                raise _Left
            if client.status is not ClientStatus.JOINING:
                raise SeatExpired
        except BaseException as error:
            actor.clients.pop(client.session_id, None)
            if isinstance(error, _Left) and self._went_away(client, connection, hold):
                return
            client.status = ClientStatus.LEAVING
            client.hold_code = code = Close.NOT_REJOINED
            await actor.exits.call_leave(client, code)
            actor.exits.free(client)
            denial = self._denial("on_reconnect", client, error)
            self._say(client, connection, denial, code, was_in=True)
            if isinstance(error, _Left):
                return
            raise denial from error
        else:
            if actor.fanout is not None:
                actor.fanout.enroll_again(client, actor.members.values())
            self._announce(client, connection)
            actor.tell("reconnect", client)
        finally:
            for each in self._awaited.pop(client, ()):
                each.callback(None)

    async def _greet_again(self, client: Client) -> None:
        """Ask the author's code whether a client may return."""
        for hook in hooks(self._actor.room, "on_reconnect"):
            await settle(hook(client))

    def _went_away(self, client: Client, connection: Connection, hold: Hold) -> bool:
        """Keep a client's seat for what is left of its hold, if its return was cut off.

        Returns:
            Whether that is so; it is not where somebody let the client go.
        """
        actor = self._actor
        if not connection.was_lost or actor.phase is not RoomPhase.OPEN:
            return False
        client.connection = None
        client.status = ClientStatus.AWAY
        client.hold_code = connection.closed or Close.ABNORMAL
        left = None
        if hold.until is not None:
            left = max(0.0, hold.until - actor.around.clock.seconds())
        _ = actor.exits.hold(client, left)
        self._log.info(
            "{room_id}: {session_id} was lost as it returned, {code}",
            room_id=actor.room_id,
            session_id=client.session_id,
            code=int(client.hold_code),
            act="drop",
        )
        return True

    async def _limited(self, client: Client, work: Any) -> None:
        """Wait for the author's code, but not for ever, nor beyond the Room's end."""
        running = Deferred.fromCoroutine(self._actor.faults.run(work))
        self._running[client] = running
        try:
            await running
        finally:
            del self._running[client]

    def give_up(self, client: Client) -> None:
        """Stop to let a client in, whatever its hooks wait for."""
        running = self._running.get(client)
        if running is not None:
            running.cancel()
