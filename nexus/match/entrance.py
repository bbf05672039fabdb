"""Entrance: where sockets arrive, and are shown to their Room."""

from __future__ import annotations

import re
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.errors import Close, Code, Refused
from nexus.match.matchmaker import Matchmaker
from nexus.net.port import Arrival, Receiver, Socket
from nexus.room import Connection, Context
from nexus.room.ident import make_id
from nexus.wire.dialect import CURRENT, DIALECTS, Dialect
from nexus.wire.envelope import seal

__all__ = ["Entrance", "dialect_of", "split_dialect"]

#: The end of the path of a room's socket: a process, and a room.
_ROOM: Final = re.compile(r"/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)$")
_VERSION: Final = re.compile(r"/v(16|17|18)(?=/|$)")

#: The answer to whatever a probe sends.
_PROBE: Final = seal(b"\x12")
#: How long a probe may measure, in seconds.
_PROBE_SECONDS: Final = 1.0


def split_dialect(path: str) -> tuple[Dialect | None, str]:
    """Return the version that a path begins with, and the rest of the path."""
    found = _VERSION.match(path)
    if found is None:
        return None, path
    return DIALECTS[found[1]], path[found.end() :] or "/"


def dialect_of(path: str, wish: str | None) -> Dialect:
    """Return the version that an endpoint names in its path or query; else the newest.

    Raises:
        Refused: The query names a version that there is none of.
    """
    named, _ = split_dialect(path)
    if wish is None:
        return named or CURRENT
    if wish not in DIALECTS:
        raise Refused(f"nexus-sdk can be {', '.join(DIALECTS)}", Code.UNHANDLED)
    return DIALECTS[wish]


class _Probe:
    """A socket that belongs to no room: a client measures how far away we are."""

    def __init__(self, socket: Socket, clock: IReactorTime) -> None:
        self._socket = socket
        self._end = clock.callLater(_PROBE_SECONDS, socket.close, Close.NORMAL, "")

    def receive(self, data: bytes) -> None:
        """Answer."""
        self._socket.deliver(_PROBE)

    def lost(self, code: int, reason: str) -> None:
        """Stop waiting for the end."""
        if self._end.active():
            self._end.cancel()

    def measured(self, seconds: float) -> None:
        """Nobody wants to know."""


class Entrance:
    """Makes a Connection of each socket, and lets it claim its Seat.

    Args:
        matchmaker: What knows the Rooms.
    """

    _log = Logger()

    def __init__(self, matchmaker: Matchmaker) -> None:
        self._matchmaker = matchmaker
        self._around = matchmaker.around

    def accept(self, arrival: Arrival, socket: Socket) -> Receiver:
        """Take a socket in."""
        around, query = self._around, arrival.query
        room = _ROOM.search(arrival.path)
        if room is None and "sessionId" not in query:
            return _Probe(socket, around.clock)
        try:
            dialect, wrong = dialect_of(arrival.path, query.get("nexus-sdk")), None
        except Refused as refusal:
            dialect, wrong = CURRENT, refusal
        connection = Connection(
            socket,
            dialect,
            around.limits,
            around.clock,
            address=arrival.address,
            skips_handshake="skipHandshake" in query,
            returns="reconnectionToken" in query,
        )
        if room is None or wrong is not None:
            self._turn_away(connection, wrong or Refused("no room in the path"))
        else:
            around.background.spawn(self._let_in(connection, room[2], arrival), "join")
        return connection

    async def _let_in(
        self, connection: Connection, room_id: str, arrival: Arrival
    ) -> None:
        query = arrival.query
        session_id = query.get("sessionId", "")
        context = Context(query.get("_authToken", ""), arrival.address, arrival.headers)
        try:
            try:
                actor = await self._matchmaker.search.running(room_id)
            except Refused:
                raise Refused("seat reservation expired.", Code.EXPIRED) from None
            if connection.returns:
                token = query["reconnectionToken"]
                await actor.rejoins.rejoin(connection, session_id, token)
            else:
                await actor.entry.join(connection, session_id, context)
        except Refused as refusal:
            self._turn_away(connection, refusal)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            ident = make_id(self._around.random)
            self._log.failure(
                "a join of {room_id} failed, error {error_id}",
                failure=Failure(),
                room_id=room_id,
                session_id=session_id,
                act="join",
                error_id=ident,
            )
            self._turn_away(connection, Refused(f"internal error {ident}"))

    def _turn_away(self, connection: Connection, refusal: Refused) -> None:
        """Tell a client why it is not let in, and close its socket."""
        # Whoever had a seat already was told of by the Room.
        if connection.client is None:
            self._log.info(
                "{address} was not let in: {why}",
                address=connection.address,
                why=str(refusal),
                act="join",
            )
        self._around.meters.denials.labels(str(refusal.code)).inc()
        connection.fail(refusal.code, str(refusal))
        connection.close(Close.NOT_REJOINED if connection.returns else Close.ERROR)
