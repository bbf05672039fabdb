"""Tests of `nexus.api.plain`, and of how plain requests come to what answers them."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from typing_extensions import override

from nexus.api import Crossing, Matchmake, Root
from nexus.api.plain import PlainLeaf
from nexus.api.resource import Site
from nexus.bucket import Buckets
from nexus.wire.request import PlainTaker
from tests import examples
from tests.support.room import Gate, scripted
from tests.support.table import TableTestCase

_PATHS = st.sampled_from(
    [
        "/matchmake/joinOrCreate/room",
        "/v16/matchmake/joinOrCreate/room",
        "/v17/matchmake/create/room",
        "/matchmake/join/nothing",
        "/v16/matchmake/join/nothing",
        "/matchmake/join%4fr/room",
        "/matchmake/joinOrCreate/r%6fom",
        "/matchmake/steal/room",
        "/matchmake/",
        "/matchmake",
        "/",
        "//matchmake/create/room",
        "/matchmake/joinOrCreate/room?nexus-sdk=16",
        "/matchmake/joinOrCreate/room?nexus-sdk=9",
        "/matchmake/joinOrCreate/room/more",
        "/v16",
    ]
)
_BODIES = st.sampled_from(
    [
        b"{}",
        b"",
        b"  ",
        b"[]",
        b"[1]",
        b"{",
        b'{"a": NaN}',
        b"\xff",
        b" " * 3_000,
        b'{"a":"&nexus-sdk=9&"}',
    ]
)
_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Origin": st.sampled_from(["http://a.com", "http://b.com", "null", ""]),
        "Content-Type": st.sampled_from(
            [
                "application/json",
                "text/plain",
                "application/x-www-form-urlencoded",
                "Multipart/Form-Data",
                "multipart/form-data; boundary=a",
            ]
        ),
        "Authorization": st.sampled_from(["Bearer abc", "Basic abc"]),
        "X-Forwarded-For": st.sampled_from(["192.0.2.1", "x, 192.0.2.2"]),
        "Connection": st.sampled_from(["close", "keep-alive", "Close x"]),
        "Accept": st.just("*/*"),
    },
)
_PIECES = st.sampled_from(
    [
        b"POST /matchmake/join/nothing HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /matchmake/joinOrCreate/room HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",
        b"POST /matchmake/join/nothing HT",
        b"TP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n",
        b"X",
    ]
)
_NEW = re.compile(
    rb'("(?:sessionId|roomId|processId|createdAt)": "[^"]*|"clients": [0-9]+)'
)


class PlainTests(TableTestCase):
    @override
    def setUp(self) -> None:
        """Serve matchmaking of a Node in memory."""
        super().setUp()
        self.room = scripted(auto_dispose=True, on_auth_static=staticmethod(self.know))
        self.table.define(self.room)
        self.asked: list[Any] = []
        matchmake = Matchmake(
            self.table.matchmaker,
            rates=Buckets(1.0, 1_000_000),
            body_bytes=2_000,
            address=lambda forwarded, peer: f"{forwarded} {peer}",
            holder=lambda address: "",
        )
        root = Root()
        root.putChild(b"matchmake", matchmake)
        for name in (b"v16", b"v17"):
            versioned = Root()
            versioned.putChild(b"matchmake", matchmake)
            root.putChild(name, versioned)
        self.matchmake = matchmake
        self.time = Clock()
        self.site = Site(Crossing(root, ("http://a.*",)), reactor=self.time)

    def know(self, token: str, options: Any, context: Any) -> bool:
        """Write down what is known of who asks."""
        self.asked.append((token, options, context.address, context.headers))
        return True

    def connect(self, *, is_plain: bool) -> tuple[Any, StringTransport]:
        """Connect to the site, to be answered in the one way or the other."""
        channel: Any = self.site.buildProtocol(None)
        self.assertIsNotNone(channel.plain)
        if not is_plain:
            channel.plain = None
        transport = StringTransport()
        channel.makeConnection(transport)
        return channel, transport

    def answers(self, *chunks: bytes, is_plain: bool) -> Any:
        """Send some chunks, and return the answers without what is new in each."""
        channel, transport = self.connect(is_plain=is_plain)
        self.asked.clear()
        for chunk in chunks:
            if not transport.disconnecting:
                channel.dataReceived(chunk)
        parts = _NEW.sub(b"", transport.value()).split(b"\r\n\r\n")
        heads = [
            sorted(
                line.lower()
                for part in head.split(b"HTTP/1.1 ")
                for line in part.split(b"\r\n")
                if not line.startswith((b"Date: ", b"Content-Length: "))
            )
            for head in parts
        ]
        waits = [each for each in self.time.getDelayedCalls() if each.active()]
        for each in waits:
            each.cancel()
        # Until it has ended, one that ends may be timed or not.
        count = 0 if transport.disconnecting else len(waits)
        return heads, transport.disconnecting, list(self.asked), count

    @settings(max_examples=examples(test=150, soak=5_000))
    @given(st.sampled_from(["POST", "GET", "OPTIONS"]), _PATHS, _HEADERS, _BODIES)
    def test_plain_way_equals_the_slow_one(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> None:
        """Who asks and what is answered, headers too, are alike in both ways."""
        lines = {"Host": "x", **headers, "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        asked = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body

        fast = self.answers(asked, asked, is_plain=True)

        self.assertEqual(fast, self.answers(asked, asked, is_plain=False))

    @settings(max_examples=examples(test=150, soak=5_000))
    @given(st.lists(st.lists(_PIECES, min_size=1, max_size=3), max_size=4))
    def test_chunks_part_no_requests(self, parts: list[list[bytes]]) -> None:
        """However what is sent is parted, it is the same requests, in both ways."""
        chunks = [b"".join(each) for each in parts]

        fast = self.answers(*chunks, is_plain=True)

        self.assertEqual(fast, self.answers(*chunks, is_plain=False))

    def test_beginning_of_a_request_is_kept(self) -> None:
        """What came behind a request belongs to the next one, plain as it looks."""
        channel, transport = self.connect(is_plain=True)
        channel.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nX")
        channel.dataReceived(b"POST /matchmake/join/room HTTP/1.1\r\nHost: x\r\n\r\n")

        found = re.findall(rb"HTTP/1.1 (\d+) ", transport.value())
        self.assertEqual(found, [b"404", b"405"])
        self.assertEqual(self.asked, [])

    def test_usual_request_is_plain(self) -> None:
        """What SDKs send does not come to Twisted, or nothing is won."""
        channel, transport = self.connect(is_plain=True)
        channel.lineReceived = self.fail
        channel.dataReceived(
            b"POST /matchmake/joinOrCreate/room HTTP/1.1\r\nHost: x\r\n"
            b"Origin: http://a.com\r\nContent-Type: application/json\r\n"
            b"Content-Length: 2\r\n\r\n{}"
        )

        head, _, body = transport.value().partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertIn(b"\r\nContent-Length: %d" % len(body), head)

    def test_who_takes_plain_requests_is_found(self) -> None:
        """A site asks its root, and that asks what is at the path."""
        self.assertIsInstance(self.site.resource, PlainTaker)
        self.assertIsInstance(self.matchmake, PlainLeaf)


class LateTests(TableTestCase):
    """An answer that has to wait for the author's code."""

    @override
    def setUp(self) -> None:
        """Serve a kind of Room whose author thinks about it."""
        super().setUp()
        self.gate = Gate()
        self.room = scripted(on_auth_static=staticmethod(self.think))
        self.table.define(self.room)
        root = Root()
        matchmake = Matchmake(
            self.table.matchmaker,
            rates=Buckets(1.0, 1_000),
            body_bytes=2_000,
            address=lambda forwarded, peer: peer,
            holder=lambda address: "",
        )
        root.putChild(b"matchmake", matchmake)
        self.time = Clock()
        self.site = Site(Crossing(root, ("*",)), seconds=10.0, reactor=self.time)
        self.channel: Any = self.site.buildProtocol(None)
        self.transport = StringTransport()
        self.channel.makeConnection(self.transport)

    def think(self, token: str, options: Any, context: Any) -> Any:
        """Answer when the gate is opened."""
        return self.gate.wait()

    def ask(self, kind: str = "room") -> None:
        """Send a request."""
        self.channel.dataReceived(
            b"POST /matchmake/joinOrCreate/%b HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 2\r\n\r\n{}" % kind.encode()
        )

    def statuses(self) -> list[int]:
        """Return the statuses of what was answered."""
        found = re.findall(rb"HTTP/1.1 (\d+) ", self.transport.value())
        return [int(each) for each in found]

    def test_next_request_waits_for_its_turn(self) -> None:
        """Answers come in the order of the requests, plain ones or others."""
        self.ask()
        self.channel.dataReceived(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        self.ask("nothing")
        self.assertEqual(self.statuses(), [])
        self.gate.open()

        self.assertEqual(self.statuses(), [200, 404, 520])

    def test_too_much_ahead_is_not_read(self) -> None:
        """Who sends on and on before it is answered is read no more until it is."""
        self.ask()
        self.channel.dataReceived(b"GET /" + b"x" * 20_000)
        self.assertEqual(self.transport.producerState, "paused")
        self.gate.open()

        self.assertEqual(self.transport.producerState, "producing")
        self.assertEqual(self.statuses(), [200])
        self.assertTrue(self.transport.disconnecting)

    def test_answer_may_take_its_time(self) -> None:
        """Who waits for an answer is not slow; between requests the time runs again."""
        self.ask()
        self.time.advance(60.0)
        self.gate.open()
        self.time.advance(9.0)
        self.assertFalse(self.transport.disconnected)
        self.time.advance(2.0)

        self.assertTrue(self.transport.disconnected)

    def test_who_is_gone_is_not_answered(self) -> None:
        """When the connection is lost meanwhile, nothing is sent, and nothing fails."""
        self.ask()
        self.channel.connectionLost(None)
        self.gate.open()

        self.assertEqual(self.transport.value(), b"")
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_last_answer_ends_the_connection(self) -> None:
        """What comes behind a request that asked for the end is not heard."""
        self.gate.open()
        self.channel.dataReceived(
            b"POST /matchmake/join/nothing HTTP/1.1\r\nHost: x\r\n"
            b"Connection: close\r\n\r\n"
        )
        self.assertTrue(self.transport.disconnecting)
        self.ask()

        self.assertEqual(self.statuses(), [520])
        self.assertIn(b"Connection: close\r\n", self.transport.value())
        document = self.transport.value().split(b"\r\n\r\n")[1]
        self.assertEqual(json.loads(document)["code"], 520)
