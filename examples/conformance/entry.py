"""Rooms that are choosy about who comes in, or cannot be entered at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define
from typing_extensions import override

from nexus import Client, Context, Refused, Room, on_message

__all__ = [
    "Auth",
    "Codes",
    "CreateFails",
    "Full",
    "JoinFails",
    "Kick",
    "Lock",
    "Private",
]


class Auth(Room[Any]):
    """Lets in who does not ask to be kept out, and knows its token."""

    @staticmethod
    @override
    def on_auth_static(token: str, options: Mapping[str, Any], context: Context) -> Any:
        """Do what the option `mode` says: `false`, `refuse`, `raise`, or let in."""
        mode = options.get("mode")
        if mode == "refuse":
            raise Refused("not today", 4999)
        if mode == "raise":
            raise RuntimeError("a secret of the authentication")
        return mode != "false" and {"token": token}

    @on_message("whoami")
    def whoami(self, client: Client) -> None:
        """Say whom the authentication saw."""
        client.send("whoami", client.auth)


class CreateFails(Room[Any]):
    """Cannot be opened."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Fail."""
        raise RuntimeError("a secret of the creation")


class JoinFails(Room[Any]):
    """Cannot be joined."""

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Fail."""
        raise RuntimeError("a secret of the join")


@define
class Farewell:
    """How somebody is to be let go."""

    code: int
    reason: str = ""


class Kick(Room[Any]):
    """Lets go who wants it, with the code and the words that it wants."""

    @on_message("kick")
    def kick_me(self, client: Client, how: Farewell) -> None:
        """Let a client go.

        Raises:
            Refused: No socket can be closed with such a code.
        """
        if how.code != 1000 and not 3000 <= how.code <= 4999:
            raise Refused(f"no socket is closed with {how.code}")
        client.leave(how.code, how.reason)

    @on_message("close")
    async def close(self, client: Client) -> None:
        """End the Room."""
        await self.disconnect()


class Lock(Room[Any]):
    """Is locked and unlocked by its clients."""

    @on_message("lock")
    def lock_room(self, client: Client) -> None:
        """Take nobody in any more."""
        self.lock()
        client.send("locked")

    @on_message("unlock")
    def unlock_room(self, client: Client) -> None:
        """Take people in again."""
        self.unlock()
        client.send("unlocked")


class Full(Room[Any]):
    """Has two seats."""

    max_clients = 2


class Private(Room[Any]):
    """Is found by its id only."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Hide."""
        self.set_private()


class Codes(Room[Any]):
    """Has a code that people can type, and tells it."""

    @on_message("code")
    def tell_code(self, client: Client) -> None:
        """Tell the code."""
        client.send("code", self.code)
