"""Allowance: how much a client may send, in messages and in bytes."""

from __future__ import annotations

from nexus.errors import LimitError
from nexus.limit import Limits

__all__ = ["Allowance"]


class Allowance:
    """Two buckets in one: each message is charged to both, in a single call.

    It comes to the same as a `Bucket` of messages and one of bytes, both full at first,
    which are both told the time with each message.

    Args:
        limits: How many of each come back a second, and how many it holds.
    """

    __slots__ = ("_bytes", "_limits", "_messages", "_most_bytes", "_since")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._since = 0.0
        #: How many messages are left, and how many bytes.
        self._messages = float(limits.messages_burst)
        self._bytes = self._most_bytes = float(
            max(limits.bytes_per_second, limits.message_bytes)
        )

    def take(self, now: float, size: int) -> None:
        """Take one message of that many bytes.

        Args:
            now: Seconds of any clock; one that was set back brings nothing.
            size: Its bytes.

        Raises:
            LimitError: There is not so much left.
        """
        limits, messages, space = self._limits, self._messages, self._bytes
        passed = now - self._since
        self._since = now
        if passed > 0:
            messages += passed * limits.messages_per_second
            if messages > limits.messages_burst:
                messages = limits.messages_burst
            space += passed * limits.bytes_per_second
            if space > self._most_bytes:
                space = self._most_bytes
        self._messages, self._bytes = messages, space
        if messages < 1:
            raise LimitError("too many messages a second", "messages_per_second")
        self._messages = messages - 1
        if space < size:
            raise LimitError("too many bytes a second", "bytes_per_second")
        self._bytes = space - size
