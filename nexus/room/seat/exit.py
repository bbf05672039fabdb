"""Exits: how Clients leave a Room, lose their Connection, and are waited for."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.errors import Close
from nexus.room.client import Client, ClientStatus
from nexus.room.phase import RoomPhase
from nexus.room.plugin import Plugin, hooks
from nexus.room.seat.hold import Hold, NotReturned
from nexus.room.wait import invoke
from nexus.wire.phase import Phase

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Exits", "check_code"]

#: Who has gone, or is going and cannot be stopped.
_OUT = (ClientStatus.LEAVING, ClientStatus.GONE)


def check_code(code: int) -> None:
    """Check that a socket can be closed with a code.

    Raises:
        ValueError: It cannot.
    """
    if code != Close.NORMAL and not 3000 <= code <= 4999:
        raise ValueError(f"a socket is closed with 1000, or 3000 to 4999, not {code}")


#: Why a client left, where nobody said.
_REASONS: Final[dict[int, str]] = {
    Close.CONSENTED: "consented",
    Close.SHUTDOWN: "the node stops",
    Close.ERROR: "an error",
}

#: The codes that stand by themselves in metrics.
_KNOWN: Final = frozenset(map(int, Close))


def _tell(plugin: Plugin, client: Client, code: int) -> None:
    """Tell a plugin of a loss; what it returns, such as a Hold, nobody waits for."""
    plugin.on_drop(client, code)


class Exits:
    """Lets Clients out of one Room."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        #: Clients whose loss the author's code is being told of, and who waits for it.
        self._losing: dict[Client, list[Deferred[None]]] = {}
        #: Clients whose `on_leave` runs.
        self._leaving: set[Client] = set()
        #: Who waits until a client is gone.
        self._awaited: dict[Client, list[Deferred[None]]] = {}

    # Of the client's, or the author's, own will.

    def let_go(self, client: Client, code: int, reason: str) -> None:
        """Let a client go: at once it is deaf and not among the clients any more.

        Its hooks run after the author's code that lets it go, and then its socket is
        closed.

        Raises:
            ValueError: No socket can be closed with such a code.
        """
        check_code(code)
        if client.status in _OUT:
            return
        connection = client.connection
        if client.status is ClientStatus.JOINING:
            # Whoever lets it in sees that, and takes it back.
            if connection is not None:
                connection.close(code, reason)
            return
        told = client.status is ClientStatus.AWAY and client.left
        client.status = ClientStatus.LEAVING
        self._actor.clients.pop(client.session_id, None)
        if connection is not None:
            self._actor.receipts.settle(client)
            connection.enter(Phase.LEAVING)
            if code == Close.ERROR:
                connection.close(code, reason)
        spawn = self._actor.around.background.spawn
        self._actor.turns.after(
            lambda: spawn(self._part(client, code, reason, told=told), "leave")
        )

    async def _part(
        self, client: Client, code: int, reason: str, *, told: bool
    ) -> None:
        """Run the hooks of a client that was let go, and close its socket."""
        if client.hold is not None:
            client.hold.end()
        if not told:
            await self.call_leave(client, code)
        self._say(client, code, reason)
        connection = client.connection
        self.free(client)
        if connection is not None:
            connection.close(code, reason)

    # Against it.

    def lost(self, connection: Connection, client: Client, code: int) -> None:
        """Take note that a client's socket is gone."""
        # A late close of a socket that was replaced cannot hurt the new one; who has
        # not joined yet is noticed by whoever lets it in. In a Room that goes to rest
        # everybody keeps the seat.
        if client.connection is not connection or self._actor.rests.is_resting:
            return
        if client.status is ClientStatus.JOINED and code == Close.CONSENTED:
            # Its SDK closed as it does when it was told to leave.
            self.let_go(client, code, "")
        elif client.status is ClientStatus.JOINED:
            spawn = self._actor.around.background.spawn
            self._actor.turns.after(lambda: spawn(self._lose(client, code), "drop"))

    async def _lose(self, client: Client, code: int) -> None:
        if client.status is not ClientStatus.JOINED:
            return  # it was let go in the turn in which it was lost
        client.connection = None
        client.status = ClientStatus.AWAY
        client.hold_code = code
        actor = self._actor
        actor.clients.pop(client.session_id, None)
        if actor.journal is not None:
            actor.journal.changed(client, away=True)
        self._log.info(
            "{room_id}: {session_id} was lost, {code}",
            room_id=actor.room_id,
            session_id=client.session_id,
            code=int(code),
            act="drop",
        )
        actor.tell("drop", client)
        room = actor.room
        loss: list[Deferred[None]] = []
        self._losing[client] = loss
        for plugin in room.plugin_list:
            # Plain code, so that what the Room's own hook waits for can be long.
            actor.faults.attempt("on_drop", client, _tell, plugin, client, code)
        if room.has_drop:
            try:
                await actor.faults.run(invoke(room.on_drop, client, code), client)
            except NotReturned:
                pass  # who does not catch that is content with it
            except Exception:  # noqa: BLE001  # the author's code may raise anything
                actor.faults.fail("on_drop", client, Failure())
        hold = client.hold
        if hold is None or hold.returned is not None:
            await self._gone(client, code, loss)
        self._settle(client, loss)

    def _settle(self, client: Client, loss: list[Deferred[None]]) -> None:
        """Take note that the author's code is done with a loss."""
        if self._losing.get(client) is loss:
            del self._losing[client]
        self._wake(loss)

    @staticmethod
    def _wake(loss: list[Deferred[None]]) -> None:
        """Let those go on who waited for a loss to be settled."""
        woken, loss[:] = loss[:], []
        for each in woken:
            each.callback(None)

    def returned(self, client: Client) -> None:
        """Take note that a client is back, while hooks may still speak of its loss."""
        self._leaving.discard(client)
        self._wake(self._losing.pop(client, []))

    async def _gone(
        self, client: Client, code: int, loss: list[Deferred[None]]
    ) -> None:
        """Let a lost client go, unless `on_leave` lets it come back."""
        # It may be back since, and may even be lost anew, which is another loss.
        if (
            client.status is not ClientStatus.AWAY
            or self._losing.get(client) is not loss
        ):
            return
        self._leaving.add(client)
        await self.call_leave(client, code)
        if self._losing.get(client) is not loss:
            return
        self._leaving.discard(client)
        hold = client.hold
        back = client.status is not ClientStatus.AWAY
        if back or (hold is not None and hold.returned is None):
            return
        self._say(client, code, "connection lost")
        self.free(client)

    def hold(self, client: Client, seconds: float | None) -> Hold:
        """Keep the seat of a client that is away; None: until somebody ends it.

        Raises:
            ValueError: A time that is none.
        """
        if seconds is not None and not (isfinite(seconds) and seconds >= 0):
            raise ValueError(f"a seat cannot be kept for {seconds!r} s")
        if client.hold is not None:
            return client.hold
        hold = Hold(client)
        closing = self._actor.phase is not RoomPhase.OPEN
        if closing or client.status is not ClientStatus.AWAY:
            hold.end()
            return hold
        client.hold = hold
        if seconds is not None:
            hold.until = self._actor.around.clock.seconds() + seconds
            hold.on_settled(self._actor.later(seconds, hold.end))
        if client.seat.kept is not None:
            hold.on_settled(client.seat.kept())
        hold.on_end(lambda: self._not_returned(client))
        # Whoever waits to return goes on once the author's code has let go of the turn.
        loss = self._losing.get(client)
        if loss is not None:
            _ = self._actor.later(0, lambda: self._wake(loss))
        return hold

    def _not_returned(self, client: Client) -> None:
        """Let a client go that did not come back in time."""
        client.hold = None
        if client.status is not ClientStatus.AWAY or client in self._leaving:
            return
        if self._actor.rests.is_resting:
            return
        self._actor.around.background.spawn(self._expired(client), "leave")

    async def _expired(self, client: Client) -> None:
        if client.left:
            self._say(client, client.hold_code, "did not return")
            self.free(client)
        elif client not in self._losing:
            loss: list[Deferred[None]] = []
            self._losing[client] = loss
            await self._gone(client, client.hold_code, loss)
            self._settle(client, loss)

    async def abandon(self, client: Client) -> None:
        """Wait no longer for a client: the Room ends; returns when it is gone."""
        if client.status is not ClientStatus.AWAY:
            return
        hold, client.hold = client.hold, None
        client.status = ClientStatus.LEAVING
        if hold is not None:
            hold.end()
        if not client.left:
            await self.call_leave(client, client.hold_code)
        self._say(client, client.hold_code, "away when the room ended")
        self.free(client)

    async def make_way(self, client: Client) -> None:
        """Take a client's socket from it, if it has one; another one is there.

        Returns when the author's code has kept the client's seat, or has not.
        """
        old = client.connection
        if old is not None and client.status is ClientStatus.JOINED:
            client.connection = None
            old.close(Close.REPLACED, "the client came by another socket")
            self._actor.around.background.spawn(
                self._lose(client, Close.REPLACED), "drop"
            )
        if client in self._losing and client.hold is None:
            waiting: Deferred[None] = Deferred()
            self._losing[client].append(waiting)
            await waiting

    # In every case.

    async def call_leave(self, client: Client, code: int) -> None:
        """Tell the author's code that a client is gone."""
        faults, room = self._actor.faults, self._actor.room
        client.left = True
        for hook in hooks(room, "on_leave"):
            try:
                await faults.run(invoke(hook, client, code), client)
            except NotReturned:
                pass  # who does not catch that is content with it
            except Exception:  # noqa: BLE001  # the author's code may raise anything
                faults.fail("on_leave", client, Failure())

    def free(self, client: Client) -> None:
        """Give a client's seat back."""
        if client.status is ClientStatus.GONE:
            return
        client.status = ClientStatus.GONE
        actor = self._actor
        actor.clients.pop(client.session_id, None)
        actor.members.pop(client.session_id, None)
        if actor.journal is not None:
            actor.journal.gone(client)
        actor.entry.tokens.forget(client)
        actor.rejoins.outdated.discard(client)
        if actor.fanout is not None:
            actor.fanout.retire(client, actor.members.values())
        client.close_view()
        actor.dispatch.forget(client)
        actor.seats.free(client.session_id)
        actor.tell("leave", client)
        actor.seat_freed()
        for each in self._awaited.pop(client, ()):
            each.callback(None)

    async def gone(self, client: Client) -> None:
        """Wait until a client is gone, whatever its hooks are busy with."""
        if client.status is not ClientStatus.GONE:
            waiting: Deferred[None] = Deferred()
            self._awaited.setdefault(client, []).append(waiting)
            await waiting

    def _say(self, client: Client, code: int, reason: str) -> None:
        client.hold_code = code
        # The peer chooses among two thousand codes; it shall not name our metrics.
        label = str(int(code)) if code in _KNOWN else "other"
        self._actor.around.meters.departures.labels(label).inc()
        self._log.info(
            "{room_id}: {session_id} left, {code}: {reason}",
            room_id=self._actor.room_id,
            session_id=client.session_id,
            code=int(code),
            reason=reason or _REASONS.get(code, "let go"),
            act="leave",
        )
