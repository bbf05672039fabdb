"""The phases of a Room's life."""

from __future__ import annotations

from enum import Enum, unique
from typing import Final

__all__ = ["NEXT", "RoomPhase"]


@unique
class RoomPhase(Enum):
    """Where a Room is in its life."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


#: Where each phase may lead.
NEXT: Final[dict[RoomPhase, tuple[RoomPhase, ...]]] = {
    RoomPhase.OPENING: (RoomPhase.OPEN, RoomPhase.CLOSING),
    RoomPhase.OPEN: (RoomPhase.CLOSING,),
    RoomPhase.CLOSING: (RoomPhase.CLOSED,),
    RoomPhase.CLOSED: (),
}
