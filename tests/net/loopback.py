"""Real sockets: a Site that lets them in, and clients that connect to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, field
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponseAccept,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor  # noqa: TID251 -- real input and output
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Protocol
from twisted.internet.task import deferLater
from typing_extensions import override

from nexus.api.resource import Root, Site
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.listen import listen
from nexus.net.resource import Upgrading
from tests.net.pair import Host, request

__all__ = [
    "REACTOR",
    "Place",
    "RawClient",
    "SlowRaw",
    "client_factory",
    "make_key",
    "until",
]

#: The one that trial runs.
REACTOR: Any = reactor


async def until(condition: Callable[[], object]) -> None:
    """Wait for something to become true, some seconds at most.

    Raises:
        AssertionError: It did not.
    """
    for _ in range(500):
        if condition():
            return
        await deferLater(REACTOR, 0.01)
    raise AssertionError("it did not come true")


@define(eq=False)
class Place:
    """Where a Site listens, with the sockets that it let in."""

    limits: SocketLimits = field(factory=SocketLimits)
    host: Host = field(factory=Host)
    sockets: SocketFactory = field(init=False)
    port: IListeningPort = field(init=False)

    async def listen(self, description: str) -> None:
        """Open the port."""
        self.sockets = SocketFactory(
            self.host.accept, clock=REACTOR, limits=self.limits
        )
        site = Site(Upgrading(self.sockets, Root()), reactor=REACTOR)
        self.port = await listen(REACTOR, description, site)

    async def close(self) -> None:
        """Cut off what is still open, and close the port."""
        for owner in self.host.owners:
            owner.socket.abort()
        await until(lambda: self.sockets.admission.count == 0)
        await self.port.stopListening()


class _Client(WebSocketClientProtocol):
    """Writes down what a Node sends."""

    @override
    def onOpen(self) -> None:
        self.heard: list[Any] = []
        self.opened.callback(self)

    @override
    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.heard.append(payload)

    @override
    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        self.ended.callback((wasClean, code))


def client_factory(
    url: str, *, is_deflating: bool = False
) -> tuple[WebSocketClientFactory, Deferred[_Client], Deferred[tuple[bool, int]]]:
    """Make a client of Autobahn; return it with its beginning and its end."""
    opened: Deferred[_Client] = Deferred()
    ended: Deferred[tuple[bool, int]] = Deferred()

    class Client(_Client):
        pass

    Client.opened, Client.ended = opened, ended
    factory = WebSocketClientFactory(url, reactor=REACTOR)
    factory.protocol = Client
    factory.noisy = False
    factory.setProtocolOptions(
        openHandshakeTimeout=0, closeHandshakeTimeout=0, serverConnectionDropTimeout=0
    )
    if is_deflating:
        factory.setProtocolOptions(
            perMessageCompressionOffers=[PerMessageDeflateOffer()],
            perMessageCompressionAccept=PerMessageDeflateResponseAccept,
        )
    return factory, opened, ended


class RawClient(Protocol):
    """Asks to be upgraded, and keeps the bytes that come."""

    def __init__(self) -> None:
        self.received = b""
        self.is_lost = False

    @override
    def connectionMade(self) -> None:
        """Ask."""
        self.transport.write(request())

    @override
    def dataReceived(self, data: bytes) -> None:
        """Keep them."""
        self.received += data

    @override
    def connectionLost(self, reason: Any = None) -> None:
        """Remember the end."""
        self.is_lost = True


class SlowRaw(RawClient):
    """Reads nothing any more once it is a socket."""

    @override
    def dataReceived(self, data: bytes) -> None:
        """Keep the answer, and stop."""
        super().dataReceived(data)
        self.transport.pauseProducing()


def make_key(folder: Path) -> tuple[Path, bytes]:
    """Write a private key with a certificate for localhost; return the latter, too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + pem
    )
    return path, pem
