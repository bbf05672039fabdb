"""How many bytes wait in a transport of Twisted's, whatever it is wrapped in."""

from __future__ import annotations

from twisted.internet.abstract import FileDescriptor
from twisted.protocols.policies import ProtocolWrapper
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOProtocol

__all__ = ["waiting_in"]


def waiting_in(transport: object) -> int:
    """Count the bytes that a transport was given and the kernel has not taken yet.

    Transports that keep nothing back, or that we do not know, count as empty.
    """
    waiting = 0
    while isinstance(transport, ProtocolWrapper):
        if isinstance(transport, TLSMemoryBIOProtocol):
            waiting += sum(map(len, transport._appSendBuffer))
        if isinstance(transport, BufferingTLSTransport):
            waiting += sum(map(len, getattr(transport._aggregator, "_buffer", ())))
        transport = transport.transport
    if isinstance(transport, FileDescriptor):
        waiting += len(transport.dataBuffer) - transport.offset
        waiting += transport._tempDataLen
    return waiting
