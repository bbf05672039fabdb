"""What the clients of the kill test saw, and what was done to their Node."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

__all__ = [
    "Answered",
    "Channel",
    "Ended",
    "Event",
    "Failed",
    "Looked",
    "Lost",
    "Refused",
    "Saved",
    "Seen",
    "Sent",
    "Told",
]

#: How an order was given: as a command, a request, or a message of the outbox.
Channel: TypeAlias = Literal["command", "request", "message"]


@frozen
class Sent:
    """An order was given."""

    room: str
    order: str
    channel: Channel


@frozen
class Answered:
    """An order was carried out: it is the `turn`th of the Room.

    Attributes:
        process: The number of the Node that said so.
        at: When that was heard, in seconds since 1970.
    """

    room: str
    order: str
    turn: int
    process: int
    at: float


@frozen
class Refused:
    """An order was not carried out."""

    room: str
    order: str


@frozen
class Failed:
    """Nobody said what became of an order, or something that we did not provoke."""

    room: str
    order: str
    name: str


@frozen
class Seen:
    """A client saw the State.

    Attributes:
        version: Its version.
        start: How much of the log is as it was when this client saw it last.
        tail: The rest of the log.
        given: How many orders the players gave, all of them.
    """

    room: str
    player: str
    process: int
    version: int
    orders: int
    total: int
    accounts: tuple[int, ...]
    given: int
    start: int
    tail: tuple[str, ...]


@frozen
class Saved:
    """A client was told that a version is stored for good."""

    room: str
    player: str
    process: int
    version: int


@frozen
class Told:
    """A client was told that something came which it knew already."""

    room: str
    player: str
    what: str


@frozen
class Lost:
    """A client did not come back to its seat, or was told of undelivered messages."""

    room: str
    player: str
    why: str


@frozen
class Looked:
    """The Room itself said how many orders there were, when all was quiet."""

    room: str
    player: str
    orders: int
    total: int
    accounts: tuple[int, ...]


@frozen
class Ended:
    """A process of the Node ended.

    Attributes:
        process: Its number.
        at: When, in seconds since 1970.
        allowance: How old is what `saved` Rooms may forget, in seconds.
    """

    process: int
    at: float
    allowance: float


Event: TypeAlias = (
    Answered | Ended | Failed | Looked | Lost | Refused | Saved | Seen | Sent | Told
)
