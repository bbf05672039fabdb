"""Reservation: a Seat that was promised, as its client is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from nexus.match.listing import Listing
from nexus.wire.dialect import Dialect

__all__ = ["Reservation", "SeatWish"]


@frozen
class Reservation:
    """A promised Seat, as the client is told of it."""

    listing: Listing
    session_id: str

    def plain(self, dialect: Dialect) -> dict[str, Any]:
        """Return what an SDK reads, in JSON or in a message."""
        listing = self.listing
        if not dialect.nested:
            return {
                "name": listing.name,
                "sessionId": self.session_id,
                "roomId": listing.room_id,
                "processId": listing.process_id,
            }
        created = listing.created_at.isoformat(timespec="milliseconds")
        room = {
            "clients": listing.clients,
            "locked": listing.locked,
            "private": listing.private,
            "maxClients": listing.max_clients,
            "unlisted": listing.unlisted,
            "createdAt": created.replace("+00:00", "Z"),
            "name": listing.name,
            "processId": listing.process_id,
            "roomId": listing.room_id,
        }
        return {"room": room, "sessionId": self.session_id}


@frozen
class SeatWish:
    """One of several Seats that are promised together.

    Attributes:
        options: The join options, as `on_join` gets them.
        auth: Who the client is; None: the Room's `on_auth` is asked.
        session_id: The client's session; None: a new one.
    """

    options: Mapping[str, Any] = Factory(dict)
    auth: Any = None
    session_id: str | None = None
