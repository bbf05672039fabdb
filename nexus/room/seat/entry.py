"""Entry: how a Connection becomes a Client of a Room."""

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
from nexus.room.seat.seat import SeatExpired
from nexus.room.seat.token import Tokens
from nexus.room.wait import settle
from nexus.wire.frame import encode_join

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Context", "Entry", "Left"]


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


class Left(Exception):  # nothing is wrong: it is how a join ends early
    """The socket was closed while its client joined, or returned."""

    def __init__(self) -> None:
        super().__init__("its socket was closed")


class Entry:
    """Lets Connections into one Room."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self.tokens = Tokens(actor.around.random)
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
            await self.limited(client, self._admit(client, connection, context))
            # What the hooks put off was done since, such as the end of the Room.
            if connection.closed is not None:
                raise Left
        except BaseException as error:
            del self.joining[session_id]
            was_in = await self._undo(client)
            denial = self.denial("join", client, error)
            self.say(client, connection, denial, Close.ERROR, was_in=was_in)
            if isinstance(error, Left):
                return
            raise denial from error
        del self.joining[session_id]
        actor.idle.entered()
        self.announce(client, connection)
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
            raise Left
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
            raise Left
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

    def say(
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

    def denial(self, act: str, client: Client, error: BaseException) -> BaseException:
        """Return what the peer is told of what went wrong."""
        if isinstance(error, (Refused, Left)) or not isinstance(error, Exception):
            return error
        if isinstance(error, CancelledError):
            return Refused("the room has ended", Code.NO_ROOM)
        if isinstance(error, TookTooLong):
            return Refused("joining took too long", Code.APPLICATION)
        ident = self._actor.faults.fail(act, client, Failure(error))
        return Refused(f"internal error {ident}", Code.APPLICATION)

    def announce(self, client: Client, connection: Connection) -> None:
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
        connection.begins_anew = client in self._actor.rejoins.outdated
        knows = connection.skips_handshake and not connection.begins_anew
        if format_ is not None and not knows:
            handshake = format_.handshake()
        name = "none" if format_ is None else format_.name
        connection.announce(
            encode_join(connection.dialect, client.reconnection_token, name, handshake)
        )

    async def limited(self, client: Client, work: Any) -> None:
        """Wait for the author's code, but not for ever, nor beyond the Room's end."""
        running = self._running[client] = self._actor.faults.start(work)
        try:
            await running
        finally:
            del self._running[client]

    def is_asked_about(self, client: Client) -> bool:
        """Say whether the author's code has still to say if a client may come in."""
        return client in self._running

    def give_up(self, client: Client) -> None:
        """Stop to let a client in, whatever its hooks wait for."""
        running = self._running.get(client)
        if running is not None:
            running.cancel()
