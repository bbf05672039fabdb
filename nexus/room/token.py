"""Tokens: what lets lost Clients back into one Room."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from nexus.room.ident import make_token
from nexus.room.seat import SeatExpired

if TYPE_CHECKING:
    from nexus.room.client import Client

__all__ = ["Tokens"]


class Tokens:
    """Knows which Client a token lets back in.

    Args:
        random: Where tokens come from.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._clients: dict[str, Client] = {}
        #: By client, the token it came back with, until it has taken the next.
        self._used: dict[Client, str] = {}

    def find(self, token: str) -> Client:
        """Return the client that a token lets back in.

        Raises:
            SeatExpired: It lets nobody in, or does no more.
        """
        client = self._clients.get(token)
        if client is None:
            raise SeatExpired
        return client

    def use(self, token: str) -> None:
        """Let a token be of no use while its client returns."""
        del self._clients[token]

    def restore(self, token: str, client: Client) -> None:
        """Let a client have a token again that was of no use to it."""
        self._clients[token] = client

    def renew(self, client: Client, used: str | None = None) -> None:
        """Give a client a token; one that it used is good until it has the new one."""
        self.forget(client)
        if used is not None:
            self._used[client] = used
            self._clients[used] = client
        client.reconnection_token = make_token(self._random)
        self._clients[client.reconnection_token] = client

    def acknowledged(self, client: Client) -> None:
        """Take note that a client has its new token: the last one is of no more use."""
        self._clients.pop(self._used.pop(client, ""), None)

    def forget(self, client: Client) -> None:
        """Let a client's tokens be of no use any more."""
        self.acknowledged(client)
        self._clients.pop(client.reconnection_token, None)
