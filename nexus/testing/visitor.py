"""Visitor: somebody who asks for Seats, as an SDK does over HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nexus.api.option import read_options
from nexus.errors import Code, Refused
from nexus.match import Reservation
from nexus.net.admission import holder_of
from nexus.room import Context
from nexus.testing.guest import Guest
from nexus.testing.node import MemoryNode
from nexus.testing.opened import Opened
from nexus.wire.ours import WISH

__all__ = ["Visitor"]

_Ask = Callable[[Mapping[str, Any], Context], Awaitable[Reservation]]


class Visitor:
    """Somebody at an address, with a token, who may take several Seats.

    Args:
        node: Where.
        token: What its SDK holds in `client.auth.token`.
        address: Its IP address; what counts by address is counted for it.
        headers: The headers of its requests, by names in lower case.
    """

    def __init__(
        self, node: MemoryNode, token: str, address: str, headers: Mapping[str, str]
    ) -> None:
        self.node = node
        self.token = token
        self.address = address
        self.headers = dict(headers)

    def join_or_create(self, kind: str | None = None, /, **options: Any) -> Guest:
        """Join a Room of a kind that fits, or a new one; every keyword is an option.

        Raises:
            Refused: What a client would be told.
            StillWaiting: The Room's code waits for what never comes.
        """
        name = self.node.kind(kind)
        ask = self.node.matchmaker.join_or_create
        return self._join(lambda *said: ask(name, *said), options, name)

    def create(self, kind: str | None = None, /, **options: Any) -> Guest:
        """Join a new Room; as `join_or_create` otherwise."""
        name = self.node.kind(kind)
        ask = self.node.matchmaker.create
        return self._join(lambda *said: ask(name, *said), options, name)

    def join(self, where: Opened | str | None = None, /, **options: Any) -> Guest:
        """Join a Room that there is, or one of a kind; else as `join_or_create`."""
        if isinstance(where, Opened):
            return self.join_by_id(where.room_id, **options)
        name = self.node.kind(where)
        ask = self.node.matchmaker.join
        return self._join(lambda *said: ask(name, *said), options, name)

    def join_by_id(self, room_id: str, /, **options: Any) -> Guest:
        """Join a Room by its id or code; as `join_or_create` otherwise."""
        ask = self.node.matchmaker.join_by_id
        return self._join(lambda *said: ask(room_id, *said), options, room_id)

    def reconnect(self, token: str) -> Guest:
        """Come back as a page does that was loaded anew.

        Args:
            token: The `reconnection_token` of a guest.

        Raises:
            Refused: It lets nobody in.
        """
        room_id, _, ticket = token.partition(":")
        ask = self.node.matchmaker.reconnect
        options = {"reconnectionToken": ticket}
        seat = self._wish(lambda *said: ask(room_id, *said), options, room_id)
        return Guest.returning(self, seat.listing.room_id, seat.session_id, ticket)

    def consume(self, seat: Mapping[str, Any]) -> Guest:
        """Take a Seat that a message told of, such as `seat` of a QueueRoom.

        Raises:
            Refused: What a client would be told.
        """
        return Guest.arriving(self, seat["roomId"], seat["sessionId"])

    def _join(self, ask: _Ask, options: Mapping[str, Any], name: str) -> Guest:
        if "__nexus" in options:
            raise ValueError(
                "guests read the nexus format and no other: to see what schema does,"
                " let an SDK of Colyseus play on a real port"
            )
        seat = self._wish(ask, {**options, **WISH}, name)
        return Guest.arriving(self, seat.listing.room_id, seat.session_id)

    def _wish(self, ask: _Ask, options: Mapping[str, Any], name: str) -> Reservation:
        """Ask for a Seat.

        Raises:
            Refused: It is denied.
        """
        node, holder = self.node, holder_of(self.address)
        if not node.rates.take(holder, node.clock.seconds()):
            raise Refused("too many joins from this address", Code.LIMIT)
        body = json.dumps(options, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > node.limits.body_bytes:
            raise Refused("the join options are too long", 413)
        context = Context(self.token, self.address, self.headers, holder)
        granted: Reservation = node.finish(ask(read_options(body), context), name)
        return granted
