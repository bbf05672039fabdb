"""Orders: what clients of the kill test ask for, and what a Room has to make of them.

An order is a text such as `ada.c17 move 3 5 10`: who gave it, by which channel and as
which of that channel, and what is to be done. All that a Room shows follows from the
orders in its log.
"""

from __future__ import annotations

from random import Random

from attrs import define, field

__all__ = ["ACCOUNTS", "FUNDS", "Books", "channel_of", "think"]

#: How many accounts there are, and what is in each at first.
ACCOUNTS = 6
FUNDS = 1_000


def channel_of(order: str) -> tuple[str, int]:
    """Say by which channel of whom an order came, and its number there."""
    name, _, rest = order.partition(" ")[0].partition(".")
    return f"{name}.{rest[:1]}", int(rest[1:])


def think(random: Random, tag: str, channel: str) -> str:
    """Make an order; no message is to be refused, as nobody would say so."""
    verbs = ["add", "move", "move"]
    if channel != "message":
        verbs.append("fail")
    verb = random.choice(verbs)
    words = [random.randrange(1, 10)]
    if verb != "add":
        words = [*random.sample(range(ACCOUNTS), 2), *words]
    return f"{tag} {verb} {' '.join(map(str, words))}"


def _even() -> list[int]:
    return [FUNDS] * ACCOUNTS


@define
class Books:
    """What the orders of a log add up to.

    Attributes:
        orders: How many there were.
        total: The sum of what was added.
        accounts: What is in each account.
        last: The number of the last order of each channel.
    """

    orders: int = 0
    total: int = 0
    accounts: list[int] = field(factory=_even)
    last: dict[str, int] = field(factory=dict)

    def enter(self, order: str) -> str | None:
        """Carry out an order; returns what is wrong with it, if anything is."""
        tag, verb, *words = order.split(" ")
        numbers = [int(word) for word in words]
        self.orders += 1
        if verb == "add":
            self.total += numbers[0]
        elif verb == "move":
            giver, taker, amount = numbers
            self.accounts[giver] -= amount
            self.accounts[taker] += amount
        else:
            return f"{tag} was refused, and is in the log"
        channel, number = channel_of(order)
        before = self.last.get(channel, 0)
        self.last[channel] = max(before, number)
        if number == before:
            return f"{tag} was applied twice"
        if number < before:
            return f"{tag} came after {channel}{before}: late, or twice"
        return None
