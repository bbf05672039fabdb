"""What a client's Room tells of itself, and who listens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final, Literal, TypeAlias

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.client.quality import Level

__all__ = [
    "EVENTS",
    "Callback",
    "ConnectionQuality",
    "Drop",
    "Error",
    "Events",
    "How",
    "Latency",
    "Leave",
    "Reconnected",
    "Reconnecting",
    "ReconnectionFailed",
    "Saved",
    "Undelivered",
    "invoke",
]

#: How a State was made whole after a return: by what was missed, or all of it; or
#: there is none.
How: TypeAlias = Literal["patches", "snapshot", "none"]

#: What listeners may return is a coroutine; it is run to its end.
Callback: TypeAlias = Callable[..., Any]

#: What can be listened to.
EVENTS: Final = frozenset(
    {
        "drop",
        "reconnecting",
        "reconnected",
        "reconnection_failed",
        "connection_quality",
        "latency",
        "undelivered",
        "leave",
        "error",
        "state",
        "saved",
    }
)

_log: Final = Logger()


@frozen
class Drop:
    """The Connection was lost, and attempts to come back begin."""

    code: int
    reason: str


@frozen
class Reconnecting:
    """An attempt to come back is made after `delay` seconds."""

    attempt: int
    delay: float
    max_retries: int


@frozen
class Reconnected:
    """The client is back, and its State is whole."""

    attempts: int
    how: How


@frozen
class ReconnectionFailed:
    """The client does not come back."""

    code: int
    reason: str


@frozen
class ConnectionQuality:
    """The Connection became better or worse; `latency` is in seconds."""

    level: Level
    latency: float | None
    loss: float
    previous: Level


@frozen
class Latency:
    """A ping was answered; `latency` is in seconds."""

    latency: float | None
    loss: float


@frozen
class Undelivered:
    """A Message of which nobody knows that the Room took it.

    Attributes:
        id: Its number in the Outbox.
        type: The type of the Message.
        body: What it said.
        reason: Why the Node dropped it; None when the Room was left before word came,
            so that it may have been taken, or not.
    """

    id: int
    type: str | int
    body: Any
    reason: str | None = None


@frozen
class Saved:
    """The State is stored for good up to a version, and was sent out up to another."""

    saved: int
    applied: int


@frozen
class Leave:
    """The client is out of the Room, and this object is of no more use."""

    code: int
    reason: str


@frozen
class Error:
    """The server reports an error, or sent what cannot be read."""

    code: int
    text: str


@define(eq=False)
class Events:
    """Who listens to what; in the order in which they came."""

    _listeners: dict[Any, list[Callback]] = field(factory=dict, init=False)

    def on(self, name: Any, callback: Callback) -> Callable[[], None]:
        """Call back with each event of a name.

        Returns:
            What ends it.
        """
        listeners = self._listeners.setdefault(name, [])
        listeners.append(callback)

        def off() -> None:
            if callback in listeners:
                listeners.remove(callback)

        return off

    def has(self, name: Any) -> bool:
        """Say whether anybody listens."""
        return bool(self._listeners.get(name))

    def emit(self, name: Any, *said: Any) -> None:
        """Tell all that listen."""
        for callback in tuple(self._listeners.get(name, ())):
            invoke(name, callback, *said)


def invoke(what: Any, callback: Callback, *said: Any) -> None:
    """Call a listener; what it raises is logged, and keeps nothing from going on."""
    try:
        result = callback(*said)
        if isawaitable(result):
            running: Deferred[Any] = Deferred.fromCoroutine(_wait(result))
            _ = running.addErrback(lambda failure: _failed(what, failure))
    except Exception:  # noqa: BLE001  # whoever listens may raise anything
        _failed(what, Failure())


async def _wait(result: Awaitable[Any]) -> None:
    """Await whatever a listener returned."""
    await result


def _failed(what: Any, failure: Failure) -> None:
    _log.failure("a listener of {what} failed", failure=failure, what=what)
