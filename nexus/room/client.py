"""Client: a User inside one Room, who outlives the Connections that come and go."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum, unique
from typing import TYPE_CHECKING, Any

from attrs import define, field

from nexus.errors import Close, StateError
from nexus.room.fanout.pace import Pace
from nexus.room.message.receipt import Receipt
from nexus.room.message.verdict import Verdicts
from nexus.state.view import View
from nexus.wire.envelope import seal
from nexus.wire.frame import encode_bytes, encode_message
from nexus.wire.message import UNDEFINED, encode

if TYPE_CHECKING:
    from nexus.room.connection import Connection
    from nexus.room.fanout.format import Format
    from nexus.room.room import Room
    from nexus.room.seat.hold import Hold
    from nexus.room.seat.seat import Seat
    from nexus.wire.resume import Ring

__all__ = ["Client", "ClientStatus", "Clients"]


@unique
class ClientStatus(Enum):
    """What is going on with a Client."""

    JOINING = "joining"
    JOINED = "joined"
    #: Its Connection was lost; it may come back.
    AWAY = "away"
    LEAVING = "leaving"
    GONE = "gone"


@define(eq=False)
class Client:
    """A User inside one Room, as the Room's author meets it.

    Attributes:
        session_id: What tells the client from all others, also after a return.
        auth: What `on_auth` answered.
        user_data: Whatever the author wants to keep; never sent.
        latency: The last measured round trip in seconds; None before the first.
        status: What is going on with it.
    """

    session_id: str
    room: Room[Any] = field(repr=False)
    seat: Seat = field(repr=False)
    address: str = ""
    auth: Any = None
    user_data: Any = None
    latency: float | None = field(default=None, init=False)
    status: ClientStatus = field(default=ClientStatus.JOINING, init=False)
    #: What lets the client back in, once.
    reconnection_token: str = field(default="", init=False, repr=False)
    #: Its socket's conversation; None while it is away.
    connection: Connection | None = field(default=None, init=False, repr=False)
    #: The way back, while its Connection is lost.
    hold: Hold | None = field(default=None, init=False, repr=False)
    #: What it was lost, or left, with.
    hold_code: int = field(default=Close.ABNORMAL, init=False, repr=False)
    #: Whether `on_leave` was told.
    left: bool = field(default=False, init=False, repr=False)
    #: How its State is written; None in a room without State.
    format: Format | None = field(default=None, init=False, repr=False)
    #: The patches that it may lack when it returns.
    ring: Ring | None = field(default=None, init=False, repr=False)
    #: What it was allowed to see when it was last told of the State.
    sees: Any = field(default=None, init=False, repr=False)
    #: Messages of its own that wait for an earlier one, each with its id if it came
    #: from an outbox, else 0; None: nothing is going on.
    inbox: deque[tuple[Connection, bytes, int]] | None = field(
        default=None, init=False, repr=False
    )
    #: How far its outbox has come; None: it is no client of ours and has none.
    receipt: Receipt | None = field(init=False, repr=False)
    #: How fast it takes patches.
    pace: Pace = field(factory=Pace, init=False, repr=False)
    #: What became of its commands.
    verdicts: Verdicts = field(factory=Verdicts, init=False, repr=False)
    _roles: frozenset[str] = field(default=frozenset(), init=False)
    _view: View | None = field(default=None, init=False, repr=False)

    @receipt.default
    def _new_receipt(self) -> Receipt | None:
        return Receipt() if self.seat.serializer == "nexus" else None

    @property
    def id(self) -> str:
        """The session id, by the name that some know it by."""
        return self.session_id

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the client has; they decide what it may see."""
        return self._roles

    @roles.setter
    def roles(self, roles: Iterable[str]) -> None:
        if isinstance(roles, str):
            raise StateError(f"roles are a set of names, not one name: [{roles!r}]")
        self._roles = frozenset(roles)
        if self._view is not None:
            self._view.roles = self._roles
        journal = self.room.actor.journal
        if journal is not None:
            journal.changed(self, roles=sorted(self._roles))

    @property
    def view(self) -> View:
        """What the client is shown of the State.

        Raises:
            StateError: The room has no State.
        """
        if self._view is None:
            tree = self.room.tree
            if tree is None:
                raise StateError("this room has no state to be viewed")
            self._view = tree.view(self.session_id, self._roles)
        return self._view

    def close_view(self) -> None:
        """Forget what the client was shown; the Room calls it when the client goes."""
        if self._view is not None:
            self._view.close()
            self._view = None

    def send(
        self,
        type_: str | int,
        message: Any = UNDEFINED,
        *,
        after_next_patch: bool = False,
    ) -> None:
        """Send a message to this client; it waits until the client has its state.

        Args:
            type_: What the client listens for.
            message: Anything that msgpack carries; see docs/messages.md.
            after_next_patch: Send it right behind the next patch.
        """
        payload = b"" if message is UNDEFINED else encode(message)
        self.post(encode_message(type_, payload), after_next_patch=after_next_patch)

    def send_bytes(
        self, type_: str | int, content: bytes, *, after_next_patch: bool = False
    ) -> None:
        """Send raw bytes to this client."""
        self.post(encode_bytes(type_, content), after_next_patch=after_next_patch)

    def error(self, code: int, text: str) -> None:
        """Tell the client of an error; nothing is closed."""
        if self.connection is not None:
            self.connection.fail(code, text)

    def post(self, frame: bytes, *, after_next_patch: bool = False) -> None:
        """Send a frame of the protocol as it is."""
        if after_next_patch:
            self.room.actor.rhythm.after_patch(frame, [self])
        elif self.connection is not None:
            self.connection.post(seal(frame))

    def leave(self, code: int = Close.CONSENTED, reason: str = "") -> None:
        """Let the client go: `on_leave` runs, then its socket is closed.

        Args:
            code: What the client is told: 1000, or from 3000 to 4999.
            reason: The words beside the code.
        """
        self.room.actor.exits.let_go(self, code, reason)


class Clients:
    """The clients in a Room, in the order in which they came."""

    __slots__ = ("_clients",)

    def __init__(self, clients: dict[str, Client]) -> None:
        self._clients = clients

    def get(self, session_id: str) -> Client | None:
        """Return the client of a session, or None."""
        return self._clients.get(session_id)

    def __getitem__(self, session_id: str) -> Client:
        return self._clients[session_id]

    def __contains__(self, client: object) -> bool:
        if isinstance(client, Client):
            return self._clients.get(client.session_id) is client
        return client in self._clients

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._clients.values()))

    def __len__(self) -> int:
        return len(self._clients)

    def __bool__(self) -> bool:
        return bool(self._clients)
