"""Tests of `nexus.net.factory`, over real connections."""

from __future__ import annotations

import socket
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    UNIXClientEndpoint,
    wrapClientTLS,
)
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.trial.unittest import TestCase
from typing_extensions import override

from nexus.net.limit import SocketLimits
from nexus.net.transport import NowServer
from nexus.wire.envelope import seal
from tests.net.loopback import (
    REACTOR,
    Place,
    RawClient,
    SlowRaw,
    client_factory,
    make_key,
    until,
)
from tests.net.pair import Owner, masked

_TCP = "tcp:0:interface=127.0.0.1"


class LoopbackCase(TestCase):
    @override
    def setUp(self) -> None:
        """Make a folder whose name is short enough for sockets in it."""
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)

    async def place(self, description: str = _TCP, **limits: Any) -> Place:
        """Listen somewhere."""
        place = Place(SocketLimits(**limits))
        await place.listen(description)
        self.addCleanup(lambda: Deferred.fromCoroutine(place.close()))
        return place

    def way_to(self, place: Place) -> IStreamClientEndpoint:
        """Find the way to where it listens."""
        host: Any = place.port.getHost()
        if isinstance(host, IPv4Address):
            return TCP4ClientEndpoint(REACTOR, host.host, host.port)
        return UNIXClientEndpoint(REACTOR, host.name)

    async def raw(
        self,
        place: Place,
        kind: type[RawClient] = RawClient,
        way: IStreamClientEndpoint | None = None,
    ) -> Any:
        """Connect a client that knows no frames."""
        way = way or self.way_to(place)
        client: Any = await way.connect(Factory.forProtocol(kind))

        async def end() -> None:
            if not client.is_lost:
                client.transport.abortConnection()
                await until(lambda: client.is_lost)

        self.addCleanup(lambda: Deferred.fromCoroutine(end()))
        await until(lambda: place.host.owners)
        return client

    async def talk(
        self, place: Place, way: IStreamClientEndpoint, *, is_deflating: bool = False
    ) -> Owner:
        """Say things in both directions, and close; return the owner."""
        factory, opened, ended = client_factory(
            "ws://localhost/room?a=1", is_deflating=is_deflating
        )
        await way.connect(factory)
        client = await opened
        sent = [b"small", b"x" * 5_000, b"y" * 60_000, b"last"]
        [owner] = place.host.owners

        for message in sent:
            client.sendMessage(message, isBinary=True)
            owner.socket.deliver(seal(message[::-1]))
        await until(lambda: len(owner.heard) == 4 and len(client.heard) == 4)
        client.sendClose(4000, "bye")

        self.assertEqual(await ended, (True, 4000))
        await until(lambda: len(owner.heard) == 5)
        self.assertEqual(owner.heard, [*sent, ("lost", 4000, "bye")])
        self.assertEqual(client.heard, [message[::-1] for message in sent])
        self.assertEqual(owner.arrival.path, "/room")
        self.assertEqual(owner.arrival.query, {"a": "1"})
        return owner


class EndpointTests(LoopbackCase):
    async def test_plain_connection(self) -> None:
        """Messages of all sizes go both ways over TCP."""
        place = await self.place()

        owner = await self.talk(place, self.way_to(place))

        self.assertEqual(owner.arrival.address, "127.0.0.1")
        self.assertFalse(owner.arrival.secure)

    async def test_encrypted_connection(self) -> None:
        """The same goes over TLS, which is seen as secure."""
        key, pem = make_key(self.folder)
        place = await self.place(
            f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={key}"
        )
        trust = optionsForClientTLS("localhost", Certificate.loadPEM(pem))

        owner = await self.talk(place, wrapClientTLS(trust, self.way_to(place)))

        self.assertTrue(owner.arrival.secure)
        self.assertEqual(owner.arrival.address, "127.0.0.1")

    async def test_local_connection(self) -> None:
        """The same goes over a UNIX socket, which has no address."""
        place = await self.place(f"unix:{self.folder}/socket")

        owner = await self.talk(place, self.way_to(place))

        self.assertEqual(owner.arrival.address, "")

    async def test_compressed_connection(self) -> None:
        """A client that offers compression understands what it gets."""
        place = await self.place()

        await self.talk(place, self.way_to(place), is_deflating=True)

    async def test_frames_do_not_wait_for_more(self) -> None:
        """TCP_NODELAY is set, and the transport is the one that sends at once."""
        place = await self.place()
        await self.raw(place)

        transport = place.host.owners[0].socket.transport

        self.assertIsInstance(transport, NowServer)
        self.assertTrue(transport.getTcpNoDelay())
        self.assertTrue(
            transport.getHandle().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        )


class SlowTests(LoopbackCase):
    async def stuff(self, description: str, pem: bytes | None = None) -> None:
        """Send without end to a peer that does not read, and see it end."""
        limit = 200_000
        place = await self.place(description, max_waiting=limit)
        way = self.way_to(place)
        if pem is not None:
            trust = optionsForClientTLS("localhost", Certificate.loadPEM(pem))
            way = wrapClientTLS(trust, way)
        await self.raw(place, SlowRaw, way)
        [owner] = place.host.owners
        frame = seal(b"z" * 20_000)
        most = 0

        for _ in range(2_000):
            owner.socket.deliver(frame)
            most = max(most, owner.socket.waiting)
            if owner.heard:
                break
            await until(lambda: True)

        await until(lambda: owner.heard)
        self.assertEqual(owner.heard, [("lost", 1006, "too slow")])
        self.assertGreater(most, limit // 2)
        # TLS adds some bytes to each of its records.
        self.assertLessEqual(most, limit * (1 if pem is None else 1.01))
        self.assertEqual(place.sockets.admission.count, 0)

    async def test_slow_peer_is_aborted(self) -> None:
        """What waits for a peer that does not read is bounded."""
        await self.stuff(_TCP)

    async def test_slow_local_peer_is_aborted(self) -> None:
        """The same holds for transports that do not send at once."""
        await self.stuff(f"unix:{self.folder}/socket")

    async def test_slow_encrypted_peer_is_aborted(self) -> None:
        """And for those that encrypt, which keep some bytes in other places."""
        key, pem = make_key(self.folder)
        await self.stuff(
            f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={key}", pem
        )

    async def test_single_large_frame_may_wait(self) -> None:
        """A frame that is larger than the limit goes out if nothing else waits."""
        for description in (_TCP, f"unix:{self.folder}/socket"):
            place = await self.place(description, max_waiting=1_000)
            client = await self.raw(place)
            [owner] = place.host.owners

            owner.socket.deliver(seal(b"x" * 5_000_000))
            self.assertGreater(owner.socket.waiting, 1_000)
            await until(lambda client=client: len(client.received) > 5_000_000)

            self.assertEqual(owner.socket.waiting, 0)
            self.assertEqual(owner.heard, [])

    async def test_slow_peer_is_heard(self) -> None:
        """What waits for a peer does not keep us from reading what it sends."""
        place = await self.place()
        client = await self.raw(place, SlowRaw)
        [owner] = place.host.owners
        await until(lambda: client.received)
        while owner.socket.waiting < 200_000:
            owner.socket.deliver(seal(b"z" * 20_000))

        client.transport.write(masked(b"hello"))
        await until(lambda: owner.heard)

        self.assertEqual(owner.heard, [b"hello"])

    async def test_pings_of_a_slow_peer_are_bounded(self) -> None:
        """Answers to pings do not pile up either."""
        place = await self.place(max_waiting=100_000)
        await self.raw(place, SlowRaw)
        [owner] = place.host.owners
        sock: Any = owner.socket
        for _ in range(2_000):
            owner.socket.deliver(seal(b"z" * 20_000))
            if owner.socket.waiting > 79_000:
                break

        for _ in range(2_000):
            sock._chatter = None
            sock.onPing(b"x" * 125)

        self.assertLessEqual(owner.socket.waiting, 101_000)
        await until(lambda: owner.heard)
        self.assertEqual(owner.heard, [("lost", 1006, "too slow")])

    async def test_peer_that_is_half_open_is_lost(self) -> None:
        """A peer that answers no ping is cut off, without anything being sent."""
        place = await self.place(ping_interval=0.3)
        await self.raw(place)
        [owner] = place.host.owners

        await until(lambda: owner.heard)

        self.assertEqual(owner.heard, [("lost", 1006, "heartbeat")])
