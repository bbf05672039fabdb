"""What clients of ours say beyond the protocol, outside of the order of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexus.wire.ours import (
    APPLIED,
    PING,
    RESUME,
    pong_frame,
    read_applied,
    read_ping,
    read_resume,
)

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.connection import Connection

__all__ = ["hear_ours"]


def hear_ours(client: Client, connection: Connection, type_: str, body: Any) -> None:
    """Take a message of which a Room's author knows nothing.

    Raises:
        PeerError: It is not what it has to be.
    """
    if client.receipt is None:
        return
    if type_ == PING:
        now = connection.now() * 1000
        connection.deliver(pong_frame(read_ping(body), now))
    elif type_ == APPLIED:
        client.pace.applied(read_applied(body), connection.now())
    elif type_ == RESUME and connection.returns and not connection.ready:
        version = read_resume(body)
        if version is not None:
            connection.resume_from = version
