"""The phases of a Connection: what a client may send when, and what comes of it."""

from __future__ import annotations

from enum import Enum, unique
from typing import Final

from nexus.wire.frame import Opcode

__all__ = ["NEXT", "Phase"]


@unique
class Phase(Enum):
    """How far a Connection is."""

    #: The seat is being claimed; the room has not said yes.
    ARRIVED = "arrived"
    #: JOIN_ROOM went out; the client has not acknowledged it.
    ANNOUNCED = "announced"
    #: The client has its state and gets patches.
    JOINED = "joined"
    #: The client leaves, or was told to go; what it still says is dropped.
    LEAVING = "leaving"


_SPOKEN: Final = (Opcode.ROOM_DATA, Opcode.ROOM_DATA_BYTES, Opcode.ROOM_REQUEST)

#: What each Phase accepts of a client, and where it leads. A frame that misses here is
#: the client's mistake; an opcode that is missing everywhere means nothing and is let
#: pass, as clients may be newer than we are.
NEXT: Final[dict[tuple[Phase, Opcode], Phase]] = {
    (Phase.ARRIVED, Opcode.PING): Phase.ARRIVED,
    (Phase.ANNOUNCED, Opcode.JOIN_ROOM): Phase.JOINED,
    (Phase.ANNOUNCED, Opcode.LEAVE_ROOM): Phase.LEAVING,
    (Phase.ANNOUNCED, Opcode.PING): Phase.ANNOUNCED,
    **{(Phase.ANNOUNCED, opcode): Phase.ANNOUNCED for opcode in _SPOKEN},
    # Some clients acknowledge twice.
    (Phase.JOINED, Opcode.JOIN_ROOM): Phase.JOINED,
    (Phase.JOINED, Opcode.LEAVE_ROOM): Phase.LEAVING,
    (Phase.JOINED, Opcode.PING): Phase.JOINED,
    **{(Phase.JOINED, opcode): Phase.JOINED for opcode in _SPOKEN},
    **{
        (Phase.LEAVING, opcode): Phase.LEAVING
        for opcode in (*_SPOKEN, Opcode.JOIN_ROOM, Opcode.LEAVE_ROOM, Opcode.PING)
    },
}
