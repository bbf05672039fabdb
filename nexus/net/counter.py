"""What happens to sockets, as numbers."""

from __future__ import annotations

from typing import Final, Protocol

from attrs import define, frozen

__all__ = ["Counter", "SocketCounters", "Uncounted"]


class Counter(Protocol):
    """Something that counts."""

    def inc(self, n: int = 1) -> None:
        """Count `n` more."""


@define
class Uncounted:
    """A counter for whoever does not want to know."""

    def inc(self, n: int = 1) -> None:
        """Forget it."""


_UNCOUNTED: Final = Uncounted()


@frozen(kw_only=True)
class SocketCounters:
    """How often each thing happened to the sockets of a factory.

    Attributes:
        opened: Upgrades that became a socket.
        lost: Sockets that are gone.
        refused: Upgrades that were refused, for whatever reason.
        slow: Sockets that were aborted because their peer did not read.
        silent: Sockets that were aborted because their peer answered no ping.
        wrong: Sockets that were closed because of what their peer sent.
        failed: Mistakes of ours that were caught and logged.
    """

    opened: Counter = _UNCOUNTED
    lost: Counter = _UNCOUNTED
    refused: Counter = _UNCOUNTED
    slow: Counter = _UNCOUNTED
    silent: Counter = _UNCOUNTED
    wrong: Counter = _UNCOUNTED
    failed: Counter = _UNCOUNTED
