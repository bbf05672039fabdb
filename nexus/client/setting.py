"""What can be chosen about a client, with defaults that are fine for most."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, gt

__all__ = ["OutboxSetting", "Reconnection", "Setting"]


@frozen(kw_only=True)
class Reconnection:
    """How a client comes back; times are seconds.

    Attributes:
        enabled: Whether it tries at all.
        max_retries: How often it tries after each loss.
        min_uptime: Who was in the Room for less does not come back.
        delay: What is doubled for each attempt; half of that is left to chance.
        max_delay: No wait is longer.
    """

    enabled: bool = True
    max_retries: int = field(default=15, validator=ge(0))
    min_uptime: float = field(default=0.0, validator=ge(0))
    delay: float = field(default=0.1, validator=ge(0))
    max_delay: float = field(default=30.0, validator=ge(0))


@frozen(kw_only=True)
class OutboxSetting:
    """How much may wait to be acknowledged.

    Attributes:
        max_messages: So many Messages; what is sent beyond raises `OutboxFull`.
        max_bytes: So many bytes of them, as they are sent.
    """

    max_messages: int = field(default=1_000, validator=ge(1))
    max_bytes: int = field(default=1 << 20, validator=ge(1))


@frozen(kw_only=True)
class Setting:
    """All that can be chosen; times are seconds.

    Attributes:
        reconnection: How a client comes back.
        outbox: How much may wait to be acknowledged.
        ping_interval: How often a client pings.
        silence: A socket by which nothing came for so long, although a ping is not
            answered, is given up. An attempt to come back may take as long.
        timeout: How long each step of joining may take: the wish for a seat, and the
            way to the Room.
        max_bytes: The largest message that a server may send.
    """

    reconnection: Reconnection = field(factory=Reconnection)
    outbox: OutboxSetting = field(factory=OutboxSetting)
    ping_interval: float = field(default=2.0, validator=gt(0))
    silence: float = field(default=10.0, validator=gt(0))
    timeout: float = field(default=20.0, validator=gt(0))
    max_bytes: int = field(default=1 << 24, validator=ge(1_024))
