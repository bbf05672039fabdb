"""Limits: how much of everything one Node takes on, with defaults that are safe."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, gt

__all__ = ["Limits"]


@frozen(kw_only=True)
class Limits:
    """What a Node refuses beyond.

    Attributes:
        connections: Sockets in all; an upgrade beyond is answered 503. As many
            connections may speak HTTP; the one beyond is cut off.
        connections_per_address: Sockets of one IP address; 429 beyond. As many of its
            connections may speak HTTP, unless proxies stand in front of the Node.
        joins_per_second: Matchmaking calls of one IP address, on average; 429 beyond.
        joins_burst: So many of them may come at once.
        seats_per_address: Seats that were promised to one IP address and that nobody
            claimed yet, or that are kept for clients of it that were lost; a join
            beyond is refused with 429.
        rooms: Rooms that live at a time; creating one beyond is refused with 429.
        stored_rooms: Rooms that are kept at a time, with those that sleep, as counted
            twice a minute; creating one beyond is refused with 429.
        clients_per_room: Seats of a room whose class names no `max_clients`.
        message_bytes: The largest message of a client; its socket is closed with 1009.
        messages_per_second: Messages of one client, on average; 4002 beyond.
        messages_burst: So many of them may come at once.
        bytes_per_second: Bytes of the messages of one client, on average; 4002 beyond.
        inbox: Messages of one client that wait for an earlier one; 4002 beyond.
        room_inbox: Messages of all clients of a room that wait; the one beyond is
            refused with an error.
        outgoing_bytes: What waits for a client that does not read; beyond, its socket
            is cut off, and it may come back.
        queued: Messages to a client that has not acknowledged its join; they are
            bounded in bytes by `outgoing_bytes`, too. Beyond, it is let go.
        stored_bytes: What is stored of a room that is kept; it is warned of at four
            fifths, and set aside beyond. Whatever it is, 64 MiB of that may be no rows
            of Tables.
        body_bytes: The body of an HTTP call; 413 beyond.
        request_seconds: How long an HTTP call may take to arrive, and a connection may
            wait for the next; it is cut off beyond.
    """

    connections: int = field(default=20_000, validator=ge(1))
    connections_per_address: int = field(default=200, validator=ge(1))
    joins_per_second: float = field(default=20.0, validator=gt(0))
    joins_burst: int = field(default=200, validator=ge(1))
    seats_per_address: int = field(default=100, validator=ge(1))
    rooms: int = field(default=10_000, validator=ge(1))
    stored_rooms: int = field(default=100_000, validator=ge(1))
    clients_per_room: int = field(default=1_000, validator=ge(1))
    message_bytes: int = field(default=65_536, validator=ge(125))
    messages_per_second: float = field(default=100.0, validator=gt(0))
    messages_burst: int = field(default=200, validator=ge(1))
    bytes_per_second: float = field(default=262_144.0, validator=gt(0))
    inbox: int = field(default=64, validator=ge(1))
    room_inbox: int = field(default=4_096, validator=ge(1))
    outgoing_bytes: int = field(default=1_048_576, validator=ge(65_536))
    queued: int = field(default=256, validator=ge(1))
    stored_bytes: int = field(default=268_435_456, validator=ge(65_536))
    body_bytes: int = field(default=16_384, validator=ge(1_024))
    request_seconds: float = field(default=15.0, validator=gt(0))
