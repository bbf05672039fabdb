"""Client: finds a seat at a Node, and takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from nexus.client.endpoint import Endpoint
from nexus.client.error import JoinError
from nexus.client.installed import installed_reactor
from nexus.client.network import TwistedNetwork
from nexus.client.port import Network
from nexus.client.room import Room
from nexus.client.seat import Seat, promised_seat, read_seat
from nexus.client.setting import Setting
from nexus.errors import Close
from nexus.wire.ours import WISH

__all__ = ["Client"]


class Client:
    """Somebody who can join Rooms of one Node; made for bots and tests.

    Args:
        endpoint: Where the Node is, such as `ws://127.0.0.1:5000`; also `wss`, `http`
            and `https`, and with a path.
        reactor: What connects and waits; None: the one that is installed.
        token: Who it is, for Rooms that ask: their `on_auth` gets it.
        headers: What its HTTP requests carry beside their own headers.
        setting: How patient and how careful it is.
        network: What opens sockets, where that is not to be the reactor.
        random: What spreads the attempts to come back of many clients.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        reactor: Any = None,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        setting: Setting | None = None,
        network: Network | None = None,
        random: Random | None = None,
    ) -> None:
        self.token = token
        self._endpoint = Endpoint.parse(endpoint)
        self._reactor = installed_reactor() if reactor is None else reactor
        self._headers = dict(headers or {})
        self._setting = setting or Setting()
        self._network = network or TwistedNetwork(
            self._reactor, self._setting.max_bytes, self._setting.timeout
        )
        self._random = random or Random()

    async def join_or_create(
        self, name: str, options: Mapping[str, Any] | None = None
    ) -> Room:
        """Join a Room of a kind, or a new one.

        Raises:
            JoinError: The client is not let in.
        """
        return await self._join("joinOrCreate", name, options)

    async def create(self, name: str, options: Mapping[str, Any] | None = None) -> Room:
        """Join a new Room of a kind.

        Raises:
            JoinError: The client is not let in.
        """
        return await self._join("create", name, options)

    async def join(self, name: str, options: Mapping[str, Any] | None = None) -> Room:
        """Join a Room of a kind that there is already.

        Raises:
            JoinError: The client is not let in.
        """
        return await self._join("join", name, options)

    async def join_by_id(
        self, room_id: str, options: Mapping[str, Any] | None = None
    ) -> Room:
        """Join one certain Room.

        Raises:
            JoinError: The client is not let in.
        """
        return await self._join("joinById", room_id, options)

    async def reconnect(self, token: str) -> Room:
        """Take over the client that has this `Room.reconnection_token`.

        Raises:
            JoinError: The client is not let in.
            ValueError: It is no such token.
        """
        room_id, colon, secret = token.partition(":")
        if not (room_id and colon and secret):
            raise ValueError("a reconnection token is the id of a room and a secret")
        seat = await self._wish("reconnect", room_id, {"reconnectionToken": secret})
        return await self._enter(seat, secret)

    async def consume(self, reservation: Mapping[str, Any]) -> Room:
        """Take a seat that somebody else reserved, such as a queue.

        Args:
            reservation: What the Room sent, as it came.

        Raises:
            JoinError: It is none, or the client is not let in.
        """
        return await self._enter(promised_seat(dict(reservation)))

    async def _join(
        self, method: str, name: str, options: Mapping[str, Any] | None
    ) -> Room:
        seat = await self._wish(method, name, {**(options or {}), **WISH})
        return await self._enter(seat)

    async def _wish(self, method: str, name: str, options: dict[str, Any]) -> Seat:
        """Ask for a seat.

        Raises:
            JoinError: It is denied.
        """
        headers = dict(self._headers)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = json.dumps(options, allow_nan=False).encode()
        url = self._endpoint.wish(method, name)
        seat = read_seat(await self._network.post(url, headers, body))
        if method == "reconnect" and seat.room_id != name:
            raise JoinError(Close.ERROR, "the answer is about another room")
        return seat

    async def _enter(self, seat: Seat, token: str | None = None) -> Room:
        """Take a seat.

        Raises:
            JoinError: The client is not let in.
        """
        endpoint = self._endpoint
        room = Room(
            seat,
            endpoint=endpoint if seat.address is None else endpoint.at(seat.address),
            network=self._network,
            headers=self._headers,
            token=self.token,
            setting=self._setting,
            clock=self._reactor,
            random=self._random,
        )
        await room.join(token)
        return room
