"""The phases of a Room's life."""

from __future__ import annotations

from enum import Enum, unique
from typing import Final

__all__ = ["NEXT", "Rest", "RoomPhase"]


@unique
class RoomPhase(Enum):
    """Where a Room is in its life."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


@unique
class Rest(Enum):
    """Why a Room that is kept is run by nobody for a while."""

    #: Nobody is in it.
    HIBERNATING = "hibernating"
    #: Its Node stopped.
    STOPPED = "stopped"


#: Where each phase may lead.
NEXT: Final[dict[RoomPhase, tuple[RoomPhase, ...]]] = {
    RoomPhase.OPENING: (RoomPhase.OPEN, RoomPhase.CLOSING),
    RoomPhase.OPEN: (RoomPhase.CLOSING,),
    RoomPhase.CLOSING: (RoomPhase.CLOSED,),
    RoomPhase.CLOSED: (),
}
