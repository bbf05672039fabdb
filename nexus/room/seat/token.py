"""Tokens: what lets lost Clients back into one Room.

A token is made of a secret and a count, so that a Room that is kept needs to keep only
these: a token that went out just before a crash is known after it.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define

from nexus.room.seat.seat import SeatExpired

if TYPE_CHECKING:
    from nexus.room.client import Client

__all__ = ["SECRET", "Key", "Tokens", "lets_back"]

#: Bytes of a secret, and of the part of a token that nobody can guess.
SECRET: Final = 16
#: Letters that this part is written with.
_PROOF: Final = 22
#: How many tokens a client may have been given since what was kept of it.
_AHEAD: Final = 1_000


@define(eq=False)
class Key:
    """What the tokens of one Client are made of.

    Attributes:
        secret: Nobody else knows it.
        counter: How many tokens were made.
        used: The count of the one that the client came back with, until it has taken
            the next; None: there is none.
        is_busy: Whether the client returns, and nobody else can.
        ahead: How many tokens beyond the last may have been given to it.
    """

    secret: bytes
    counter: int = 0
    used: int | None = None
    is_busy: bool = False
    ahead: int = 0

    def lets_in(self, count: int) -> bool:
        """Say whether a token of such a count is good."""
        newest = self.counter <= count <= self.counter + self.ahead
        return not self.is_busy and (newest or count == self.used)


class Tokens:
    """Knows which Client a token lets back in.

    Args:
        random: Where secrets come from.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._clients: dict[str, Client] = {}
        self._keys: dict[Client, Key] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def key(self, client: Client) -> Key:
        """Return what a client's tokens are made of."""
        return self._keys[client]

    def find(self, token: str) -> Client:
        """Return the client that a token lets back in.

        Raises:
            SeatExpired: It lets nobody in, or does no more.
        """
        session_id = token.partition(".")[0]
        client = self._clients.get(session_id)
        if client is None:
            raise SeatExpired
        key = self._keys[client]
        count = _count(token, session_id, key.secret)
        if count is None or not key.lets_in(count):
            raise SeatExpired
        return client

    def use(self, client: Client) -> None:
        """Let no token be of use while a client returns."""
        self._keys[client].is_busy = True

    def restore(self, client: Client) -> None:
        """Let a client's tokens be good again that were of no use to it."""
        key = self._keys.get(client)
        if key is not None:
            key.is_busy = False

    def admit(self, client: Client, secret: bytes, counter: int) -> None:
        """Let a client have the tokens back that it had when its Room was kept."""
        key = Key(secret, counter, ahead=_AHEAD)
        self._clients[client.session_id], self._keys[client] = client, key
        client.reconnection_token = _token(client.session_id, secret, counter)

    def renew(self, client: Client, used: str | None = None) -> None:
        """Give a client a token; one that it used is good until it has the new one."""
        key = self._keys.get(client)
        if key is None:
            secret = self._random.getrandbits(8 * SECRET).to_bytes(SECRET, "big")
            key = self._keys[client] = Key(secret)
            self._clients[client.session_id] = client
        key.used = None if used is None else int(used.split(".")[1])
        key.counter = max(key.counter, key.used or 0) + 1
        key.is_busy, key.ahead = False, 0
        client.reconnection_token = _token(client.session_id, key.secret, key.counter)

    def acknowledged(self, client: Client) -> None:
        """Take note that a client has its new token: the last one is of no more use."""
        key = self._keys.get(client)
        if key is not None:
            key.used = None

    def forget(self, client: Client) -> None:
        """Let a client's tokens be of no use any more."""
        if self._keys.pop(client, None) is not None:
            del self._clients[client.session_id]


def lets_back(token: str, session_id: str, secret: bytes, counter: int) -> bool:
    """Say whether a token is good of a member of a Room that is kept."""
    count = _count(token, session_id, secret)
    return count is not None and Key(secret, counter, ahead=_AHEAD).lets_in(count)


def _count(token: str, session_id: str, secret: bytes) -> int | None:
    """Return the count of a token; None: it was not made of this secret."""
    if len(secret) != SECRET:
        # Anybody could know it.
        return None
    written = token.removeprefix(f"{session_id}.").partition(".")[0]
    if not (written.isascii() and written.isdigit()):
        return None
    count = int(written[:15])
    right = _token(session_id, secret, count)
    is_right = compare_digest(right.encode(), token.encode("utf-8", "replace"))
    return count if is_right else None


def _token(session_id: str, secret: bytes, count: int) -> str:
    """Return the token of a count, which nobody makes who lacks the secret."""
    proof = blake2b(b"%d" % count, digest_size=SECRET, key=secret).digest()
    text = urlsafe_b64encode(proof)[:_PROOF].decode("ascii")
    return f"{session_id}.{count}.{text}"
