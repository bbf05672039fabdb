"""What passes between a client and its Node when one of them is away for a while."""

from nexus.sync.command import Command, Commands
from nexus.sync.outbox import Letter, Outbox, OutboxFull

__all__ = ["Command", "Commands", "Letter", "Outbox", "OutboxFull"]
