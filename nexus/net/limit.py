"""What one socket, one address and all sockets of a port may cost."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import and_, ge, gt, le

__all__ = ["SocketLimits"]


@frozen(kw_only=True)
class SocketLimits:
    """The limits of the sockets of one factory; all are on by default.

    Attributes:
        max_message: Bytes of the largest message that a peer may send; a larger one
            closes the socket with 1009.
        max_waiting: Bytes that may wait for a slow peer, unless it is a single frame;
            beyond, the socket is aborted.
        max_per_address: Sockets of one address, or of one /64 network if it is IPv6;
            an upgrade beyond is answered with 429. Local sockets have no address.
        max_sockets: Sockets in all; an upgrade beyond is answered with 503.
        handshake_timeout: Seconds until an upgrade has to be decided.
        close_timeout: Seconds until a peer has to answer an orderly close.
        ping_interval: Seconds between two pings to a socket; 0 is never.
        chatter_per_second: Frames of which the owner of a socket never hears, such as
            pings, texts, and the parts of a message if they are small; and twice as
            many at once. Too many close the socket.
        origins: Which web pages may connect, by patterns of `scheme://host:port` in
            which `*` stands for anything; peers that name no origin always may.
        trusted_proxies: How many proxies in front of the Node add to
            `X-Forwarded-For`; with 0 it is ignored.
        compress_from: Bytes from which a message is compressed for a peer that offers
            permessage-deflate; 0 is never.
    """

    max_message: int = field(default=65_536, validator=ge(125))
    max_waiting: int = field(default=1_048_576, validator=ge(1))
    max_per_address: int = field(default=100, validator=ge(1))
    max_sockets: int = field(default=10_000, validator=ge(1))
    handshake_timeout: float = field(default=10.0, validator=gt(0))
    close_timeout: float = field(default=2.0, validator=gt(0))
    ping_interval: float = field(default=30.0, validator=ge(0))
    chatter_per_second: float = field(default=10.0, validator=gt(0))
    origins: tuple[str, ...] = field(default=("*",), converter=tuple)
    trusted_proxies: int = field(default=0, validator=and_(ge(0), le(16)))
    compress_from: int = field(default=1_024, validator=ge(0))
