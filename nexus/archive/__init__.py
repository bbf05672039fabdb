"""Archives: where Rooms are kept, and who writes and reads them there."""

from nexus.archive.port import (
    Archive,
    Card,
    Event,
    Found,
    Gap,
    Member,
    Status,
)
from nexus.archive.source import Source

__all__ = [
    "Archive",
    "Card",
    "Event",
    "Found",
    "Gap",
    "Member",
    "Source",
    "Status",
]
