"""RelayRoom: passes on what its clients say to each other, and knows nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from typing_extensions import override

from nexus.errors import Code, Refused
from nexus.room import Client, Room, on_message
from nexus.state import Map, State, field
from nexus.wire.frame import encode_message
from nexus.wire.message import encode

__all__ = ["RelayPlayer", "RelayRoom", "RelayState"]

#: How long a seat is kept at most for a client that was lost, in seconds.
_LONGEST: Final = 40.0
#: How long a player's name may be.
_NAME: Final = 64


class RelayPlayer(State):
    """Somebody in a relay."""

    name: str = ""
    connected: bool = True


class RelayState(State):
    """Who is in a relay, by session id."""

    players: Map[str, RelayPlayer] = field(factory=dict)


#: What every object of JavaScript has. SDKs look listeners up in plain objects, find
#: these, and raise as they call what is none; one client could end all the others.
_NATIVE: Final = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)


class RelayRoom(Room[RelayState]):
    """A Room without rules, for games whose clients settle everything themselves.

    A message of any type goes to all other clients under the same type, as
    `[session_id, payload]`. Bytes come as a message with bytes as its payload.

    Who creates one may set `maxClients`, `allowReconnectionTime` (seconds, at most 40)
    and `metadata`; everybody joins with a `name` if it likes.
    """

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Take the wishes of the creator."""
        self.state = RelayState()
        most = options.get("maxClients")
        limit = self.actor.around.limits.clients_per_room
        if most is not None:
            if isinstance(most, bool) or not isinstance(most, int):
                raise _wrong("maxClients", f"a whole number from 1 to {limit}")
            if not 1 <= most <= limit:
                raise _wrong("maxClients", f"a whole number from 1 to {limit}")
            self.max_clients = most
        self._seconds = self._time(options.get("allowReconnectionTime"))
        metadata = options.get("metadata")
        if metadata is not None:
            if not isinstance(metadata, dict):
                raise _wrong("metadata", "an object")
            self.set_metadata(metadata)

    @staticmethod
    def _time(seconds: Any) -> float:
        """Return how long a lost client is waited for."""
        if seconds is None:
            return 0.0
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise _wrong("allowReconnectionTime", "a number of seconds")
        if not seconds >= 0 or (isinstance(seconds, float) and not isfinite(seconds)):
            raise _wrong("allowReconnectionTime", "a number of seconds")
        return float(min(seconds, _LONGEST))

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Show everybody who came."""
        name = options.get("name", "")
        if not isinstance(name, str) or len(name) > _NAME:
            raise _wrong("name", f"text of at most {_NAME} characters")
        self.state.players[client.session_id] = RelayPlayer(name=name)

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Show that a client was lost, and wait for it if the creator wanted that."""
        if self._seconds:
            self.state.players[client.session_id].connected = False
            _ = self.allow_reconnection(client, self._seconds)

    @override
    def on_reconnect(self, client: Client) -> None:
        """Show that a client is back."""
        self.state.players[client.session_id].connected = True

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Show that a client is gone."""
        self.state.players.pop(client.session_id, None)

    @on_message("*")
    def relay(self, client: Client, type_: str | int, message: Any) -> None:
        """Pass a message on to all others.

        Raises:
            Refused: It is too deep to be wrapped, or holds what we cannot send; or its
                type would make the SDKs of the others fail.
        """
        if type_ in _NATIVE:
            raise Refused(f'"{type_}" cannot be relayed', Code.INVALID_MESSAGE)
        try:
            payload = encode([client.session_id, message])
        except ValueError as error:
            raise Refused(str(error), Code.INVALID_MESSAGE) from None
        others = self.actor.clients.values()
        self.actor.rhythm.deliver(encode_message(type_, payload), others, (client,))


def _wrong(name: str, wanted: str) -> Refused:
    return Refused(f"the option {name} is to be {wanted}", Code.UNHANDLED)
