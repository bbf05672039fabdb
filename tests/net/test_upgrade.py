"""Tests of `nexus.net.upgrade`."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.api.resource import Root
from nexus.errors import Refused
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.port import Arrival, Unwelcome
from nexus.net.protocol import SocketProtocol
from nexus.net.resource import Upgrading
from nexus.wire.envelope import seal
from nexus.wire.request import PlainRequest, read_plain
from tests import examples
from tests.net.pair import KEY, Host, Peer, masked, request

#: What each socket has for itself, of which only the type can be equal.
_OWN = {
    "_chatter",
    "_now",
    "_perMessageCompress",
    "_pulse",
    "_receiver",
    "current_frame_masker",
    "factory",
    "is_closed",
    "is_open",
    "outlet",
    "transport",
    "utf8validator",
}

_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Host": st.sampled_from(["x", "x:80", "[::1]:80", "x:y", "", "x:99999"]),
        "Upgrade": st.sampled_from(["WebSocket", "websocket, x", "x", ""]),
        "Connection": st.sampled_from(["upgrade", "keep-alive, Upgrade", "close", ""]),
        "Sec-WebSocket-Version": st.sampled_from(["13", "8", "x", " 13"]),
        "Sec-WebSocket-Key": st.sampled_from([KEY, KEY[:-1], "*" * 22 + "==", ""]),
        "Sec-WebSocket-Protocol": st.sampled_from(["a", "a, b", "a, a"]),
        "Sec-WebSocket-Extensions": st.sampled_from(
            [
                "permessage-deflate",
                "permessage-deflate; client_max_window_bits",
                "permessage-deflate; server_max_window_bits=9",
                "permessage-deflate; client_max_window_bits=99",
                "x",
            ]
        ),
        "Origin": st.sampled_from(
            ["http://a.com", "https://A.com:8443", "null", "file://", "x", "http://b:0"]
        ),
        "X-Forwarded-For": st.sampled_from(["192.0.2.1", "x, 192.0.2.2", "1, 2, 3"]),
        "X-Forwarded-Proto": st.sampled_from(["https", "http"]),
        "Content-Length": st.just("0"),
    },
)
_PATHS = st.sampled_from(
    [
        "/",
        "/a/b?sessionId=c&sessionId=d",
        "/v16/a/b?x",
        "//a/b",
        "/a;b/c;d",
        "/%61?%62=+",
    ]
)


def kept(socket: Any, names: set[str]) -> dict[str, Any]:
    """Return what a socket has under some names; of its own only the types."""
    values = {name: getattr(socket, name) for name in names}
    return {
        name: type(value) if name in _OWN else value for name, value in values.items()
    }


class Checking:
    """Looks at upgrades, in the way that is named."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.answer: Deferred[None] = Deferred()

    def check(self, arrival: Arrival) -> Deferred[None] | None:
        """Say who is let in, at once or later."""
        if self.how == "refuses":
            raise Unwelcome("not now", status=503)
        if self.how == "fails":
            raise ValueError("a mistake")
        return self.answer if "later" in self.how else None

    def end(self) -> None:
        """Say what is to be said later."""
        if self.how == "later":
            self.answer.callback(None)
        elif self.how == "refuses later":
            self.answer.errback(Refused("no"))
            # Nobody may have waited for it.
            _ = self.answer.addErrback(lambda _: None)


class UpgradeTests(SynchronousTestCase):
    def enter(
        self,
        asked: bytes,
        *,
        is_plain: bool,
        compress_from: int = 1,
        origins: tuple[str, ...] = ("*",),
        check: str = "none",
    ) -> tuple[Any, Host, Any]:
        """Ask for a socket; return what is answered, who arrives, and the socket."""
        clock, host = Clock(), Host()
        limits = SocketLimits(
            trusted_proxies=1,
            origins=origins,
            compress_from=compress_from,
            max_per_address=1,
        )
        checking = Checking(check)
        factory = SocketFactory(
            host.accept,
            clock=clock,
            limits=limits,
            check=None if check == "none" else checking.check,
        )
        peer = Peer(factory, clock, is_plain=is_plain)
        peer.send(asked)
        peer.send(masked(b"early"))
        checking.end()
        for owner in host.owners:
            owner.socket.deliver(seal(b"z" * 100))
            peer.send(masked(b"a") + masked("\xe9".encode(), 0x81) + masked(b"bc"))
        for _ in range(3):
            clock.advance(1.0)
        said = (
            # What is no upgrade gets an answer with the time in it.
            re.sub(rb"Date: [^\r]*", b"", peer.transport.value()),
            peer.transport.connected,
            factory.countConnections,
        )
        return said, host, peer.transport.protocol

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(
        _PATHS,
        _HEADERS,
        st.sampled_from([("*",), ("http://a.com",)]),
        st.sampled_from([0, 1]),
        st.sampled_from(
            ["none", "none", "at once", "refuses", "later", "refuses later"]
        ),
    )
    def test_plain_way_equals_the_slow_one(
        self,
        path: str,
        headers: dict[str, str],
        origins: tuple[str, ...],
        compress_from: int,
        check: str,
    ) -> None:
        """Who arrives, what is answered and what is there then are the same."""
        asked = request(path, headers)
        fast, host, socket = self.enter(
            asked,
            is_plain=True,
            origins=origins,
            compress_from=compress_from,
            check=check,
        )
        said, other, slow = self.enter(
            asked,
            is_plain=False,
            origins=origins,
            compress_from=compress_from,
            check=check,
        )

        self.assertEqual(fast, said)
        self.assertEqual(
            [(each.arrival, each.heard) for each in host.owners],
            [(each.arrival, each.heard) for each in other.owners],
        )
        if host.owners:
            names = vars(slow).keys() | vars(socket).keys()
            names |= set(SocketProtocol.__slots__)
            differ = kept(socket, names).items() ^ kept(slow, names).items()
            self.assertEqual(differ, set())

    def test_usual_request_is_plain(self) -> None:
        """What browsers and the SDK send is read without Autobahn."""
        offer = "permessage-deflate; client_max_window_bits"
        for headers in (
            {},
            {"Sec-WebSocket-Extensions": "permessage-deflate"},
            {"Origin": "https://a.example", "Sec-WebSocket-Extensions": offer},
        ):
            _, _, socket = self.enter(
                request("/a/b?sessionId=c", headers), is_plain=True
            )

            self.assertNotIn("wasClean", vars(socket))
            self.assertTrue(hasattr(socket, "deliver"))

    def test_check_that_takes_too_long_is_not_waited_for(self) -> None:
        """A peer that nobody decides about is cut off, as in the slow way."""
        for is_plain in (True, False):
            clock, host = Clock(), Host()
            checking = Checking("later")
            factory = SocketFactory(host.accept, clock=clock, check=checking.check)
            peer = Peer(factory, clock, is_plain=is_plain)
            peer.send(request())
            self.assertEqual(peer.transport.value(), b"")
            clock.pump([1.0] * 20)
            self.assertFalse(peer.transport.connected)
            checking.end()

            self.assertEqual((host.owners, factory.admission.count), ([], 0))
            self.assertEqual(clock.getDelayedCalls(), [])

    def test_mistake_in_a_check_says_nothing(self) -> None:
        """What fails there is logged, and answered with an opaque error."""
        clock, host = Clock(), Host()
        factory = SocketFactory(host.accept, clock=clock, check=Checking("fails").check)
        answer = Peer(factory, clock).ask()

        self.assertTrue(answer.startswith(b"HTTP/1.1 500 "))
        self.assertNotIn(b"a mistake", answer)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_place_is_counted(self) -> None:
        """Whoever finds no place is refused, and one that was taken is given back."""
        clock, host = Clock(), Host()
        limits = SocketLimits(max_per_address=1)
        factory = SocketFactory(host.accept, clock=clock, limits=limits)
        first, second = Peer(factory, clock), Peer(factory, clock)
        first.open()

        self.assertTrue(second.ask().startswith(b"HTTP/1.1 429 "))
        first.drop()
        clock.pump([1.0] * 4)

        self.assertEqual((factory.admission.count, factory.countConnections), (0, 0))
        self.assertFalse(second.transport.connected)

    def test_transport_that_others_have_is_left(self) -> None:
        """What cannot be handed over is not upgraded plainly."""

        class Held:
            address = None
            is_gone = False

            def respond(self, head: bytes, body: bytes) -> None:
                """Answer nothing."""

            def hand_over(self) -> None:
                """Keep it."""

        plain = read_plain(request())
        assert isinstance(plain, PlainRequest)
        upgrading = Upgrading(SocketFactory(Host().accept, clock=Clock()), Root())

        self.assertFalse(upgrading.take_plain(plain, Held()))
