"""Probe: whether the peer of a socket has read what was sent to it."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Probe"]


class Probe:
    """The pings to one socket that stand behind what was delivered; the latest counts.

    A heartbeat's number is longer, so that nobody takes one for the other.
    """

    __slots__ = ("_echoed", "_payload")

    def __init__(self) -> None:
        self._payload = b"\0"
        self._echoed: Callable[[], object] | None = None

    def ask(self, echoed: Callable[[], object]) -> bytes:
        """Wait for the echo of this frame; then somebody is to be called."""
        self._payload = bytes([(self._payload[0] + 1) % 256])
        self._echoed = echoed
        return b"\x89\x01" + self._payload

    def answer(self, payload: bytes) -> Callable[[], object] | None:
        """Take a pong; return whom to call, if it is the echo that is awaited."""
        if payload != self._payload:
            return None
        echoed, self._echoed = self._echoed, None
        return echoed
