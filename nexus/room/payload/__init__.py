"""Payloads: what clients may send, checked against types that an author declares."""

from nexus.room.payload.bound import Length, Range
from nexus.room.payload.payload import PayloadError

__all__ = ["Length", "PayloadError", "Range"]
