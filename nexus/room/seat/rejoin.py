"""Rejoins: how a Connection takes over a Client of a Room, which was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from nexus.errors import Close, Code, Refused
from nexus.room.client import Client, ClientStatus
from nexus.room.phase import RoomPhase
from nexus.room.plugin import hooks
from nexus.room.seat.entry import Left
from nexus.room.seat.seat import SeatExpired
from nexus.room.wait import settle

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection
    from nexus.room.seat.hold import Hold

__all__ = ["Rejoins"]


class Rejoins:
    """Lets Clients back into one Room.

    Args:
        actor: The Room, which has its Entry already.
    """

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._entry = actor.entry
        self._tokens = actor.entry.tokens
        #: Who may know other classes than those of the State.
        self.outdated: set[Client] = set()
        #: Who waits until a client's earlier return is over.
        self._awaited: dict[Client, list[Deferred[None]]] = {}

    async def rejoin(self, connection: Connection, session_id: str, token: str) -> None:
        """Let a Connection take a Client over; returns when JOIN_ROOM went out.

        The socket that the client had before, if it still lives, is closed at once, and
        nothing that it says or does later hurts.

        Raises:
            Refused: The token lets nobody in, or the author's code denied it.
        """
        actor = self._actor
        client = self._tokens.find(token)
        if client.session_id != session_id:
            raise SeatExpired
        while self._entry.is_asked_about(client):
            # Its last socket may be dead, and its return not over.
            waiting: Deferred[None] = Deferred()
            self._awaited.setdefault(client, []).append(waiting)
            await waiting
            client = self._tokens.find(token)
        self._check_classes(client, connection)
        self._tokens.use(client)
        try:
            await actor.exits.make_way(client)
            hold = client.hold
            if hold is None or hold.returned is not None:
                raise SeatExpired
            if connection.closed is not None:
                raise SeatExpired
        except BaseException:
            # The token was not used: the client may try again.
            self._tokens.restore(client)
            raise
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
        self._tokens.acknowledged(client)
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
        self._tokens.renew(client, token)
        if actor.journal is not None:
            counter = self._tokens.key(client).counter
            actor.journal.changed(client, counter=counter, away=False)
        actor.exits.returned(client)
        hold.take()
        client.hold = None
        client.left = False
        try:
            await self._entry.limited(client, self._greet_again(client))
            if connection.closed is not None:
                raise Left
            if client.status is not ClientStatus.JOINING:
                raise SeatExpired
        except BaseException as error:
            actor.clients.pop(client.session_id, None)
            if isinstance(error, Left) and self._went_away(client, connection, hold):
                return
            client.status = ClientStatus.LEAVING
            client.hold_code = code = Close.NOT_REJOINED
            await actor.exits.call_leave(client, code)
            actor.exits.free(client)
            denial = self._entry.denial("on_reconnect", client, error)
            self._entry.say(client, connection, denial, code, was_in=True)
            if isinstance(error, Left):
                return
            raise denial from error
        else:
            if actor.fanout is not None:
                actor.fanout.enroll_again(client, actor.members.values())
            self._entry.announce(client, connection)
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
