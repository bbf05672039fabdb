"""What a Conversation tells of what came in."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import frozen

from nexus.client.event import How, Undelivered
from nexus.sync import Command
from nexus.wire.frame import Status

__all__ = [
    "Answered",
    "Changed",
    "Dropped",
    "Heard",
    "Joined",
    "Judged",
    "Measured",
    "Raised",
    "Refusal",
    "Stored",
    "Told",
    "Whole",
]


@frozen
class Joined:
    """The Room let the client in, or back in."""


@frozen
class Whole:
    """After a return, the State is what it would be without one."""

    how: How


@frozen
class Changed:
    """The State is another one."""


@frozen
class Heard:
    """A Message came."""

    type: str | int
    body: Any


@frozen
class Answered:
    """A request was answered."""

    number: int
    status: Status
    body: Any


@frozen
class Judged:
    """A Command was answered."""

    command: Command
    status: Status
    body: Any


@frozen
class Stored:
    """The Node told up to which versions the State is committed, and published."""

    saved: int
    applied: int


@frozen
class Refusal:
    """An ERROR came."""

    code: int
    text: str


@frozen
class Measured:
    """A ping was answered."""


@frozen
class Dropped:
    """The Node dropped a Message of the Outbox."""

    message: Undelivered


@frozen
class Raised:
    """A listener of the State raised; the State is fine."""

    error: Exception


Told: TypeAlias = (
    Answered
    | Changed
    | Dropped
    | Heard
    | Joined
    | Judged
    | Measured
    | Raised
    | Refusal
    | Stored
    | Whole
)
