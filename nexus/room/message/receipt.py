"""Receipts: what a Room took of the outboxes of its Clients, and when it says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from attrs import define

from nexus.wire.ours import ack_frame, commanded_frame, refused_frame
from nexus.wire.phase import Phase

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.client import Client
    from nexus.room.connection import Connection

__all__ = ["Receipt", "Receipts"]

#: A client is told of what was taken of its outbox at most so often, in seconds.
_INTERVAL: Final = 0.1

#: So many refusals are kept for a client that may not have heard of them; the oldest
#: are forgotten. An outbox holds as many messages, unless its client says otherwise.
_MOST_REFUSALS: Final = 1_000


@define(eq=False)
class Receipt:
    """How far one Client's outbox has come; it outlives the Connections.

    A message that waits in the inbox is taken, so that it is not taken again, and not
    heard, so that it is not acknowledged: it would be lost if the client were let go.

    Attributes:
        taken: The last id that is not taken again.
        heard: The last id that came to the author's code, or that nobody asks for.
        safe: The last id of those that are heard for good, in a Room that is kept.
        is_awaited: Whether it is said what is safe as soon as more of it is.
        refusals: The frames that said what was refused.
    """

    taken: int = 0
    heard: int = 0
    safe: int = 0
    is_awaited: bool = False
    refusals: deque[bytes] | None = None


class Receipts:
    """Acknowledges what came to the author's code of the outboxes of a Room's Clients.

    One timer serves all of a Room, and runs only while somebody is to be told.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        #: Who is to be told, in order.
        self._owed: dict[Client, None] = {}
        self._cancel: Callable[[], None] | None = None

    def owe(self, client: Client) -> None:
        """Take note that a client is to be told."""
        self._owed[client] = None
        if self._cancel is None:
            self._cancel = self._actor.later(_INTERVAL, self._tell)

    def _tell(self) -> None:
        """Tell everybody who can be told; the others hear of it when they return."""
        self._cancel = None
        owed, self._owed = self._owed, {}
        for client in owed:
            connection = client.connection
            # One that has not acknowledged its join is told when it does so.
            if connection is not None and connection.phase is Phase.JOINED:
                self._say(client, connection)

    def settle(self, client: Client) -> None:
        """Tell a client that is about to be let go, if it is to be told."""
        connection = client.connection
        if client in self._owed and connection is not None:
            self._say(client, connection)
        self.forget(client)

    def forget(self, client: Client) -> None:
        """Owe a client nothing any more."""
        self._owed.pop(client, None)

    def begin(self, client: Client, connection: Connection) -> None:
        """Tell a client that took its join what its outbox needs to know to go on.

        Refusals come once more, and first: the client may have been lost before it
        heard of them, and is not to think that these messages were heard.
        """
        receipt = client.receipt
        if receipt is None or not (connection.returns or receipt.taken):
            return
        self.forget(client)
        for frame in receipt.refusals or ():
            connection.deliver(frame)
        if client.verdicts.last:
            connection.deliver(commanded_frame(client.verdicts.last))
        ident = receipt.heard if self._actor.journal is None else receipt.safe
        if connection.returns and not connection.skips_handshake:
            # Another object came, to which nobody reports what waits in the inbox; it
            # has to count on from there.
            receipt.heard = ident = receipt.taken
        connection.deliver(ack_frame(ident))
        if ident < receipt.heard:
            self._say(client, connection)

    def refuse(self, client: Client, ident: int, reason: str) -> None:
        """Tell a client that a message of its outbox is dropped."""
        receipt, connection = client.receipt, client.connection
        assert receipt is not None
        frame = refused_frame(ident, reason)
        if receipt.refusals is None:
            receipt.refusals = deque(maxlen=_MOST_REFUSALS)
        receipt.refusals.append(frame)
        if connection is not None and connection.phase is Phase.JOINED:
            connection.deliver(frame)

    def stop(self) -> None:
        """Tell nobody any more: the Room ends."""
        self._owed.clear()
        cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()

    def _say(self, client: Client, connection: Connection) -> None:
        """Say what was heard; in a Room that is kept, as soon as that is safe."""
        receipt, journal = client.receipt, self._actor.journal
        if receipt is None:
            return
        heard = receipt.heard
        if journal is None:
            connection.deliver(ack_frame(heard))
        elif not receipt.is_awaited:
            # However much is heard while the database is away, one call waits for it.
            receipt.is_awaited = True
            journal.when_saved(lambda: self._saved(client, receipt, heard))

    def _saved(self, client: Client, receipt: Receipt, heard: int) -> None:
        """Tell a client that what was heard of its outbox up to an id is safe."""
        receipt.is_awaited = False
        receipt.safe = max(receipt.safe, heard)
        connection = client.connection
        if connection is None or connection.closed is not None:
            return
        if connection.phase in (Phase.JOINED, Phase.LEAVING):
            connection.deliver(ack_frame(receipt.safe))
            if receipt.heard > heard:
                self._say(client, connection)
