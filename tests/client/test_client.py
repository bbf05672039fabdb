"""Tests of the client over real sockets, at a Node on the loopback address."""

from __future__ import annotations

import asyncio
from os import environ
from pathlib import Path
from typing import Any
from unittest.mock import patch

from attrs import evolve
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase
from typing_extensions import override

from nexus import App, Limits
from nexus.client import Client, JoinError, Setting
from nexus.client.seat import Seat
from nexus.config import Config
from nexus.errors import Close
from nexus.service import Listener, make_node
from nexus.wire.envelope import seal
from nexus.wire.native import plain
from tests.client.rooms import Bare, Game, Piece
from tests.net.loopback import REACTOR, make_key, until

_LIMITS = Limits(joins_burst=1_000, joins_per_second=1_000.0)

#: Tests do not wait as long as people do.
_SETTING = Setting(timeout=5.0)


class Rooms(Game):
    """A Room that its tests get hold of."""

    made: list[Rooms] = []  # noqa: RUF012  # emptied by each test

    @override
    def on_create(self, options: Any) -> None:
        """Set the board, and be found."""
        super().on_create(options)
        self.made.append(self)


class NodeCase(TestCase):
    """A test with a Node that listens."""

    timeout = 30

    @override
    def setUp(self) -> None:
        """Start the Node."""
        Rooms.made.clear()
        self.url = self.serve(listen="tcp:0:interface=127.0.0.1")
        self.client = Client(self.url, setting=_SETTING)

    def serve(self, listen: str) -> str:
        """Start a Node; return where."""
        app = App(limits=_LIMITS)
        app.define("room", Rooms)
        app.define("bare", Bare)
        config = Config(
            host="127.0.0.1", port=0, listen=listen, log_level="info", compress_from=64
        )
        node: Any = make_node(config, app, reactor=REACTOR, clock=REACTOR)
        node.privilegedStartService()
        node.startService()
        self.addCleanup(node.stopService)
        [listener] = [each for each in node if isinstance(each, Listener)]
        assert listener._port is not None
        return f"ws://127.0.0.1:{listener._port.getHost().port}"  # type: ignore[attr-defined]  # an IPv4 address

    def dead(self, answer: bytes = b"") -> str:
        """Listen as somebody who says only this; return where."""

        class Speaker(Protocol):
            @override
            def connectionMade(self) -> None:
                """Say it."""
                assert self.transport is not None
                self.transport.write(answer)

        factory = Factory.forProtocol(Speaker)
        factory.noisy = False
        port = REACTOR.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"ws://127.0.0.1:{port.getHost().port}"


class LoopbackTests(NodeCase):
    async def test_joins_plays_and_leaves(self) -> None:
        """A client joins, sees the State, talks, asks, and leaves."""
        room = await self.client.join_or_create("room")
        await room.ready()
        [there] = Rooms.made
        got: list[Any] = []
        room.on_message("word", got.append)

        there.state.pieces["a"] = Piece(x=2)
        there.broadcast("word", "x" * 10_000)
        room.send("note", [1, 2])
        room.send_bytes("raw", bytes(300))
        self.assertEqual(await room.request("double", 4), 8)
        await until(lambda: got and plain(room.state)["pieces"])
        await until(lambda: not room.outbox.size)

        self.assertEqual(there.heard, [[1, 2], bytes(300)])
        self.assertEqual(got, ["x" * 10_000])
        self.assertEqual(plain(room.state), {"turn": 0, "pieces": {"a": {"x": 2}}})
        self.assertIsNotNone(room.quality.latency)
        await room.leave()
        await until(lambda: not there.clients)

    async def test_comes_back(self) -> None:
        """A client whose socket is cut comes back, with its Messages and its State."""
        room = await self.client.create("room")
        await room.ready()
        [there] = Rooms.made
        back: Deferred[Any] = Deferred()
        room.on("reconnected", back.callback)

        room.disconnect()
        there.state.turn = 5
        room.send("note", 1)
        event = await back

        self.assertEqual(
            (event.attempts, event.how, room.state.turn), (1, "patches", 5)
        )
        await until(lambda: there.heard == [1])
        await room.leave()

    async def test_comes_back_from_what_it_cannot_read(self) -> None:
        """A client that is sent nonsense closes the socket, and begins anew."""
        room = await self.client.create("room")
        await room.ready()
        [there] = Rooms.made
        told: list[Any] = []
        back: Deferred[Any] = Deferred()
        for name in ("error", "drop"):
            room.on(name, lambda event: told.append(event.code))
        room.on("reconnected", back.callback)

        [connection] = [each.connection for each in there.clients]
        assert connection is not None
        connection.deliver(seal(b"\x0f\xc1"))
        event = await back.addTimeout(10, REACTOR)

        self.assertEqual(told, [Close.ERROR, Close.ABNORMAL])
        self.assertEqual((event.how, room.is_joined), ("snapshot", True))
        await room.leave()

    async def test_pings_without_end(self) -> None:
        """A server that pings on and on is not answered as often."""
        room = await self.client.create("room")
        await room.ready()
        [there] = Rooms.made
        [client] = there.clients
        assert client.connection is not None
        socket: Any = client.connection.socket
        pongs: list[bytes] = []
        self.patch(socket, "onPong", pongs.append)

        for _ in range(1_000):
            socket.sendPing(b"x")
        # The first comes back behind the pings, and the second goes behind the pongs.
        for number in (1, 2):
            await room.request("double", number)

        self.assertGreaterEqual(len(pongs), 10)
        self.assertLess(len(pongs), 100)
        await room.leave()

    async def test_many_in_one_process(self) -> None:
        """Many clients share a process, and a Room."""
        count = 50
        rooms = await gatherResults(
            [
                Deferred.fromCoroutine(self.client.join_or_create("room"))
                for _ in range(count)
            ]
        )
        for number, room in enumerate(rooms):
            room.send("note", number)
        there = Rooms.made[0]
        await until(lambda: len(there.heard) == count)
        there.state.turn = 7
        await until(lambda: all(room.state and room.state.turn == 7 for room in rooms))

        self.assertEqual(sorted(there.heard), list(range(count)))
        await gatherResults([Deferred.fromCoroutine(room.leave()) for room in rooms])

    async def test_token_works_in_another_client(self) -> None:
        """A token takes a client over in what could be another process."""
        room = await self.client.join_or_create("room")
        token = room.reconnection_token

        again = await Client(self.url, setting=_SETTING).reconnect(token)

        self.assertEqual(again.session_id, room.session_id)
        await until(lambda: room.has_left)
        await again.leave()

    async def test_message_that_is_too_large(self) -> None:
        """What is larger than a client takes is a loss, however small it travels."""
        setting = Setting(timeout=5.0, max_bytes=2_048)
        room = await Client(self.url, setting=setting).join_or_create("room")
        await room.ready()
        got: list[Any] = []
        room.on_message("word", got.append)
        dropped: Deferred[Any] = Deferred()
        room.on("drop", dropped.callback)

        Rooms.made[0].broadcast("word", "x" * 2_000)
        await until(lambda: got)
        Rooms.made[0].broadcast("word", "x" * 100_000)
        event = await dropped

        self.assertEqual((event.code, len(got)), (1006, 1))
        await room.leave()

    async def test_denials(self) -> None:
        """What the Node denies by HTTP or by the socket is a JoinError."""
        for name, options, code in (
            ("nothing", {}, 520),
            ("room", {"refuse": True}, 418),
            ("room", {"long": "x" * 20_000}, 413),
        ):
            with self.assertRaises(JoinError) as caught:
                await self.client.join_or_create(name, options)
            self.assertEqual(caught.exception.code, code)

    async def test_nobody_there(self) -> None:
        """Where no Node answers, joining ends with a JoinError, and in time."""
        setting = Setting(timeout=0.8)
        long = b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000
        for url, why in (
            ("ws://127.0.0.1:1", "no node answers"),
            (self.dead(), "does not answer"),
            (self.dead(b"nonsense\r\n\r\n"), "no node answers"),
            (
                self.dead(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
                "no JSON obj",
            ),
            (self.dead(b"HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n"), "status 502"),
            (self.dead(long), "too long"),
        ):
            with self.assertRaisesRegex(JoinError, why):
                await Client(url, setting=setting).join_or_create("room")

    def test_coroutine_of_asyncio(self) -> None:
        """Who runs it where there is no reactor is told so, and what to do."""
        joining = Client("http://127.0.0.1:1").create("game")

        error = self.assertRaises(RuntimeError, asyncio.run, joining)

        self.assertIn("twisted.internet.task.react", str(error))

    async def test_seat_at_a_host_that_cannot_be(self) -> None:
        """Wherever a Node sends its clients to, joining ends with a JoinError."""
        hosts = (":99999", "[::", "a:b", "host:0", "//", "[x]", "1.2.3.4:5:6", "a..b:1")
        for scheme in ("ws", "wss"):
            for host in (*hosts, "x" * 300):
                client = Client(self.url, setting=_SETTING)
                endpoint = client._endpoint
                client._endpoint = evolve(endpoint, is_secure=scheme == "wss")
                seat = Seat("room", "r", "s", "p", host)

                with self.assertRaises(JoinError) as caught:
                    await client._enter(seat)

                self.assertEqual(caught.exception.code, Close.ABNORMAL, host)

    async def test_answer_to_an_upgrade_without_end(self) -> None:
        """A server that says too much before it agrees is cut off at once."""
        host = self.dead(b"HTTP/1.1 101 Y\r\n" + b"A: b\r\n" * 50_000)
        seat = Seat("room", "r", "s", "p", host.removeprefix("ws://"))

        with self.assertRaises(JoinError) as caught:
            await Client(self.url, setting=_SETTING)._enter(seat)

        self.assertNotIn("too long", str(caught.exception))
        self.assertEqual(caught.exception.code, Close.ABNORMAL)

    async def test_call_can_be_cancelled(self) -> None:
        """Whoever waits for a join can stop to."""
        work: Deferred[Any] = Deferred.fromCoroutine(
            Client(self.dead(), setting=_SETTING).join_or_create("room")
        )
        work.cancel()

        with self.assertRaises(CancelledError):
            await work


class SecureTests(NodeCase):
    async def test_tls(self) -> None:
        """Over TLS all is the same, if the certificate is one that is trusted."""
        folder = Path(self.mktemp())
        folder.mkdir()
        key, certificate = make_key(folder)
        at = f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={key}"
        url = self.serve(at).replace("ws://127.0.0.1", "wss://localhost")
        with self.assertRaises(JoinError):
            await Client(url, setting=_SETTING).join_or_create("bare")

        trusted = folder / "trusted.pem"
        trusted.write_bytes(certificate)
        self.patch_environment("SSL_CERT_FILE", str(trusted))
        room = await Client(url, setting=_SETTING).join_or_create("bare")

        self.assertEqual(await room.request("double", 1), 2)
        await room.leave()

    def patch_environment(self, name: str, value: str) -> None:
        """Set an environment variable until the test ends."""
        patched = patch.dict(environ, {name: value})
        patched.start()
        self.addCleanup(patched.stop)
