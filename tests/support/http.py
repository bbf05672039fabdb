"""Asks a resource over HTTP, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogEvent, globalLogPublisher
from twisted.web.resource import Resource

from nexus.api.resource import Site

__all__ = ["Answer", "ask"]


@frozen
class Answer:
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def ask(
    root: Resource,
    method: bytes,
    path: bytes,
    *,
    log: Callable[[LogEvent], object] = lambda _event: None,
    headers: Sequence[bytes] = (b"Host: test",),
) -> Answer:
    """Send one request to a Site over `root`; give `log` what is logged meanwhile."""
    site = Site(root, reactor=Clock())
    protocol = site.buildProtocol(None)
    transport = StringTransport()
    protocol.makeConnection(transport)
    globalLogPublisher.addObserver(log)
    try:
        protocol.dataReceived(
            b"\r\n".join(
                (
                    b"%b %b HTTP/1.1" % (method, path),
                    *headers,
                    b"Connection: close",
                    b"",
                )
            )
            + b"\r\n"
        )
    finally:
        globalLogPublisher.removeObserver(log)
    head, _, body = transport.value().partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    return Answer(
        int(first.split()[1]),
        {name.lower(): value for name, value in headers.items()},
        body,
    )
