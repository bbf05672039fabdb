"""The game of the kill test: banks that write down every order, and act on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import override

from nexus import (
    App,
    Client,
    Limits,
    List,
    Map,
    Rejected,
    Room,
    State,
    field,
    int64,
    on_message,
    uint32,
)
from nexus.room.keeping.durability import Durability
from tests.scenario.kill.order import ACCOUNTS, FUNDS
from tests.scenario.kill.trap import Trap

trap = Trap(Path())
trap.set()


class Player(State):
    """Somebody who gives orders."""

    orders: uint32 = 0


class Books(State):
    """What is left of all orders."""

    orders: uint32 = 0
    total: int64 = 0
    accounts: List[int64] = field(factory=list)
    players: Map[str, Player] = field(factory=dict)
    log: List[str] = field(factory=list)


class Bank(Room[Books]):
    """Carries orders out, in several steps."""

    durability: ClassVar[Durability] = "confirmed"
    return_seconds = 300.0

    @override
    def on_create(self, options: Any) -> None:
        """Fill the accounts."""
        self.state = Books()
        self.state.accounts.extend([FUNDS] * ACCOUNTS)

    @override
    def on_restore(self, info: Any) -> None:
        """Be a moment at which the Node may be killed."""
        trap.spring("restored")

    @override
    def on_join(self, client: Client, options: Any) -> None:
        """Take in somebody who gives orders."""
        self.state.players[client.session_id] = Player()

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Wait for somebody who was lost."""
        _ = self.allow_reconnection(client, 300)

    @on_message("do")
    def do(self, client: Client, order: str) -> int:
        """Carry out an order; returns how many there were."""
        books = self.state
        _, verb, *words = order.split(" ")
        numbers = [int(word) for word in words]
        books.log.append(order)
        books.players[client.session_id].orders += 1
        if verb == "add":
            books.total += numbers[0]
        else:
            giver, taker, amount = numbers
            books.accounts[giver] -= amount
            if verb == "fail":
                raise Rejected("no")
            books.accounts[taker] += amount
        books.orders += 1
        return int(books.orders)

    @on_message("look", durability="memory")
    def look(self, client: Client) -> list[Any]:
        """Return what a client has to see as well."""
        books = self.state
        return [books.orders, books.total, list(books.accounts), len(books.log)]


class Till(Bank):
    """A Bank that may forget the last moments."""

    durability = "saved"


app = App(limits=Limits(messages_per_second=1_000, messages_burst=2_000))
app.define("confirmed", Bank)
app.define("saved", Till)
