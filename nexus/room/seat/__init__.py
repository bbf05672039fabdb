"""Seats: how clients come into a Room, leave it, are lost, and come back."""

from nexus.room.seat.entry import Context
from nexus.room.seat.hold import Hold, NotReturned
from nexus.room.seat.seat import RoomFull, Seat, SeatExpired

__all__ = ["Context", "Hold", "NotReturned", "RoomFull", "Seat", "SeatExpired"]
