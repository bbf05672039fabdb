"""Inboxes: messages of Clients that wait for an earlier one of theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from nexus.errors import LimitError
from nexus.limit import Limits
from nexus.room.client import Client, ClientStatus

if TYPE_CHECKING:
    from nexus.room.connection import Connection

__all__ = ["Inboxes"]

#: So many bytes of messages may wait in a Room.
_MOST_BYTES: Final = 16 * 2**20

#: What waits: where it came from, the frame, and its id if it has one, else 0.
_Waiting = tuple["Connection", bytes, int]


class Inboxes:
    """What waits in one Room; a client has an inbox while something of it goes on.

    Args:
        limits: How much may wait.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        #: Messages that wait, of all clients.
        self._count = 0
        self._weight = 0

    @staticmethod
    def open(client: Client) -> None:
        """Let further messages of a client wait."""
        if client.inbox is None:
            client.inbox = deque()

    def put(
        self, client: Client, connection: Connection, data: bytes, ident: int
    ) -> LimitError | None:
        """Let a message wait; returns what is in the way of that, if something is."""
        beyond = self._beyond(client, data)
        if beyond is None:
            assert client.inbox is not None
            self._count += 1
            self._weight += len(data)
            client.inbox.append((connection, data, ident))
        return beyond

    def _beyond(self, client: Client, data: bytes) -> LimitError | None:
        """Return which limit keeps a message from waiting."""
        assert client.inbox is not None
        weight = len(data) + sum(len(waiting) for _, waiting, _ in client.inbox)
        full = (
            len(client.inbox) >= self._limits.inbox
            or weight > self._limits.bytes_per_second
        )
        # One message may be as large as any; it is what waits beside it that counts.
        if full and client.inbox:
            return LimitError("too many messages wait for an earlier one", "inbox")
        if self._count >= self._limits.room_inbox or self._weight > _MOST_BYTES:
            return LimitError("the room is busy", "room_inbox")
        return None

    def clear(self, client: Client) -> None:
        """Drop what waits of a client that is gone."""
        if client.inbox:
            self._count -= len(client.inbox)
            self._weight -= sum(len(data) for _, data, _ in client.inbox)
            client.inbox.clear()

    def drain(self, client: Client) -> Iterator[_Waiting]:
        """Take out what waited, until something makes the rest wait again."""
        waiting, client.inbox = client.inbox, None
        while waiting:
            connection, data, ident = waiting.popleft()
            self._count -= 1
            self._weight -= len(data)
            if client.status in (ClientStatus.LEAVING, ClientStatus.GONE):
                continue
            yield connection, data, ident
            if client.inbox is not None:
                client.inbox.extend(waiting)
                return
