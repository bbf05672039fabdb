"""A Room that is kept, with an account for each client, for tests of what survives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from nexus.errors import Refused, Rejected
from nexus.room import Client, Room, on_message
from nexus.room.keeping.restoring import Restoring
from nexus.state import List, Map, State, int32
from nexus.testing import Harness

__all__ = ["Account", "Bank", "Hall", "banking"]


class Account(State):
    """What one client has."""

    money: int32
    notes: List[str]


class Hall(State):
    """What all see."""

    total: int32
    rung: int32
    accounts: Map[str, Account]


class Bank(Room[Hall]):
    """Every durability, every way to fail, and timers."""

    durability = "confirmed"
    hibernate_seconds = 60.0
    return_seconds = 30.0
    max_clients = 5

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin with nothing."""
        self.state = Hall()
        self.diary: list[Any] = ["create"]

    @override
    def on_restore(self, info: Restoring) -> None:
        """Take down why."""
        self.diary = [info.reason]
        self.info = info

    @override
    def on_hibernate(self) -> None:
        """Take it down."""
        self.diary.append("hibernate")

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Open an account."""
        self.state.accounts[client.session_id] = Account()

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Keep the seat."""
        self.allow_reconnection(client, 30)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Close the account."""
        self.state.accounts.pop(client.session_id, None)

    @on_message("add")
    def add(self, client: Client, amount: int) -> int:
        """Put money in, and return the total."""
        self.state.total += amount
        self.state.accounts[client.session_id].money += amount
        if amount > 1000:
            raise Rejected({"most": 1000})
        if amount < 0:
            raise ValueError("less than nothing")
        return int(self.state.total)

    @on_message("soon", durability="saved")
    def soon(self, client: Client, amount: int) -> int:
        """Put money in; nobody waits for it to be safe."""
        self.state.total += amount
        self.state.accounts[client.session_id].money += amount
        return int(self.state.total)

    @on_message("ring")
    def ring_later(self, client: Client, seconds: float) -> None:
        """Ring once, later."""
        self.clock.call_later(seconds, self.ring, 1)

    @on_message("beat")
    def ring_often(self, client: Client, seconds: float) -> None:
        """Ring again and again."""
        self.clock.every(seconds, self.ring, 1)

    @on_message("later")
    def later(self, client: Client) -> Any:
        """Return something to wait for, as no command may."""
        self.state.total += 1
        return self.clock.sleep(1)

    @on_message("wait")
    async def wait(self, client: Client, seconds: float) -> str:
        """Wait, as a message may."""
        await self.clock.sleep(seconds)
        return "waited"

    @on_message("refuse")
    def refuse(self, client: Client) -> None:
        """Refuse."""
        self.state.total += 1
        raise Refused("closed today", 4200)

    @on_message("unsayable")
    def unsayable(self, client: Client) -> object:
        """Return what cannot be sent."""
        self.state.total += 1
        return object()

    def ring(self, times: int) -> None:
        """Ring."""
        self.state.rung += times


def banking(**said: Any) -> Harness:
    """Open a Harness with such a Room.

    Args:
        **said: Class attributes and hooks that are different.
    """
    room: Any = type("Bank", (Bank,), said) if said else Bank
    return Harness(room)
