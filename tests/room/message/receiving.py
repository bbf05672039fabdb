"""A Room that hears what an outbox sends, and some of it slowly."""

from __future__ import annotations

from typing import Any

from attrs import define
from typing_extensions import override

from nexus.room import Client, on_bytes, on_message
from tests.support.room import Gate, Scripted, scripted
from tests.support.table import NATIVE, Guest, TableTestCase

__all__ = ["ACK", "OUT", "ReceiptTestCase", "stay"]

ACK = "__nexus.ack"
OUT = "__nexus.out"


@define
class Move:
    """Where somebody goes."""

    x: int


def stay(room: Any, client: Client, _: int) -> None:
    """Let a lost client come back."""
    room.allow_reconnection(client, 20.0)


class Hearing(Scripted):
    """Notes what it hears; what is slow waits for the gate."""

    gate: Gate
    heard: list[Any]

    @on_message("hi")
    def hi(self, client: Client, message: Any) -> None:
        """Note."""
        self.heard.append(message)

    @on_message("slow")
    async def slow(self, client: Client, message: Any) -> None:
        """Note, and wait."""
        self.heard.append(message)
        await self.gate.wait()

    @on_message("move")
    def move(self, client: Client, message: Move) -> None:
        """Note what was checked."""
        self.heard.append(message.x)

    @on_message("go")
    def go(self, client: Client) -> None:
        """Let the client go."""
        client.leave()

    @on_bytes("hi")
    def raw(self, client: Client, content: bytes) -> None:
        """Note bytes."""
        self.heard.append(content)


class ReceiptTestCase(TableTestCase):
    @override
    def setUp(self) -> None:
        """Define a Room that hears."""
        super().setUp()
        self.heard: list[Any] = []
        self.gate = Gate()
        self.room = scripted(
            base=Hearing,
            script={"on_drop": stay},
            heard=self.heard,
            gate=self.gate,
        )
        self.table.define(self.room)
        self.guest = self.table.sit(**NATIVE)

    def out(self, *parts: Any, guest: Guest | None = None) -> None:
        """Let the client send a message of its outbox."""
        (guest or self.guest).send(OUT, list(parts))

    def wait(self, seconds: float = 0.1) -> None:
        """Let so much time pass that what is owed is told."""
        self.table.beat(seconds)

    def returned(self, **query: str) -> Guest:
        """Lose the socket, and come back by another one."""
        self.guest.drop()
        return self.guest.back(**query).ack()
