"""The bank: accounts, and transfers that are done or not done, and nothing between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from attrs import define

from nexus import (
    Client,
    Length,
    Map,
    Range,
    Refused,
    Rejected,
    Room,
    State,
    on_message,
    uint32,
)

__all__ = ["Account", "Bank", "Ledger", "Transfer"]

#: What an account begins with.
_GIFT = 100


class Account(State):
    """What somebody has."""

    balance: uint32 = _GIFT


class Ledger(State):
    """All accounts, by the name of who has them, and how often money was moved."""

    accounts: Map[str, Account]
    transfers: uint32


@define
class Transfer:
    """What a client asks for."""

    to: Annotated[str, Length(1, 20)]
    amount: Annotated[int, Range(1, 1_000_000)]


class Bank(Room[Ledger]):
    """Moves money.

    Nobody proves who they are here; a game asks, in `on_auth_static`.
    """

    durability = "confirmed"
    unknown_message = "error"

    def on_create(self, options: Mapping[str, Any]) -> None:
        """Open with no accounts; this happens once, as the bank never ends."""
        self.state = Ledger()

    def on_auth(
        self, client: Client, options: Mapping[str, Any], context: object
    ) -> str:
        """Say whose account the client has; that is kept with its Seat."""
        name = options.get("name")
        if not isinstance(name, str) or not 1 <= len(name) <= 20:
            raise Refused("join with a name of 1 to 20 characters")
        return name

    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Open an account for a name that is new; it stays when the client leaves."""
        if client.auth not in self.state.accounts:
            self.state.accounts[client.auth] = Account()

    def on_drop(self, client: Client, code: int) -> None:
        """Keep the Seat of a client whose connection is lost."""
        self.allow_reconnection(client, 60)

    @on_message("transfer")
    def transfer(self, client: Client, order: Transfer) -> int:
        """Move money; whoever asks is answered with what is left, when that is safe.

        The money is taken before anybody looks who gets it: a refusal takes it back.
        """
        accounts = self.state.accounts
        payer = accounts[client.auth]
        if order.amount > payer.balance:
            raise Rejected({"balance": payer.balance})
        payer.balance -= order.amount
        self.state.transfers += 1
        if order.to not in accounts:
            raise Rejected({"unknown": order.to})
        accounts[order.to].balance += order.amount
        return payer.balance
