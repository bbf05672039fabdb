"""Tests of `nexus.api.matchmake`."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from nexus.api import Crossing, Matchmake, Root
from nexus.api.resource import Site
from nexus.bucket import Buckets
from nexus.errors import Code, Refused
from tests.support.room import Gate, scripted
from tests.support.table import TableTestCase


class MatchmakeTests(TableTestCase):
    def setUp(self) -> None:
        """Serve matchmaking of a Node in memory."""
        super().setUp()
        self.room = scripted(auto_dispose=True)
        self.table.define(self.room)
        self.burst = 1_000
        self.serve()

    def serve(self) -> None:
        """Make the site."""
        matchmake = Matchmake(
            self.table.matchmaker,
            rates=Buckets(1.0, self.burst),
            body_bytes=2_000,
            address=lambda forwarded, peer: "192.0.2.7",
            holder=lambda address: address,
        )
        root = Root()
        root.putChild(b"matchmake", matchmake)
        old = Root()
        old.putChild(b"matchmake", matchmake)
        root.putChild(b"v16", old)
        self.site = Site(Crossing(root, ("*",)), reactor=Clock())

    def begin(
        self, path: str, body: bytes = b"{}", head: bytes = b"", method: bytes = b"POST"
    ) -> tuple[Any, StringTransport]:
        """Send a request, and return where the answer will be."""
        protocol = self.site.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        protocol.dataReceived(
            b"%b %b HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%b"
            b"Content-Length: %d\r\n\r\n"
            % (method, path.encode(), head, len(body))
            + body
        )
        return protocol, transport

    def ask(self, path: str, body: Any = b"{}", **said: Any) -> tuple[int, Any]:
        """Send a request that is answered at once; return status and document."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        _, transport = self.begin(path, body, **said)
        head, _, document = transport.value().partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(document)

    def test_seat_is_answered(self) -> None:
        """A wish that is granted names room, process and session."""
        status, seat = self.ask("/matchmake/joinOrCreate/room", {"name": "ada"})

        self.assertEqual(status, 200)
        self.assertEqual(set(seat), {"name", "sessionId", "roomId", "processId"})
        self.assertTrue(self.table.arrive(seat["roomId"], seat["sessionId"]).joined)

    def test_old_sdk_is_answered_in_its_words(self) -> None:
        """0.16 reads a room beside the session, and errors with status 200."""
        status, seat = self.ask("/v16/matchmake/joinOrCreate/room")
        wrong, error = self.ask("/v16/matchmake/join/nothing")

        self.assertEqual((status, set(seat)), (200, {"room", "sessionId"}))
        self.assertIsNone(seat["room"]["maxClients"])
        self.assertTrue(seat["room"]["createdAt"].endswith("Z"))
        self.assertEqual((wrong, error["code"]), (200, 4210))

    def test_every_method_is_called(self) -> None:
        """The five methods of the SDK lead to a seat, or to its own error."""
        _, seat = self.ask("/matchmake/create/room")
        codes = [
            self.ask(f"/matchmake/{path}")[0]
            for path in (
                "joinOrCreate/room",
                "join/room",
                f"joinById/{seat['roomId']}",
                "joinById/nowhere",
                f"reconnect/{seat['roomId']}",
                "steal/room",
                "create",
                "create/room/more",
                "",
            )
        ]

        self.assertEqual(codes, [200, 200, 200, 522, 523, 520, 520, 520, 520])

    def test_no_body_is_no_options(self) -> None:
        """An SDK that sends nothing, or an empty list, joins without options."""
        for body in (b"", b"  ", b"[]", b"{}"):
            self.assertEqual(self.ask("/matchmake/joinOrCreate/room", body)[0], 200)

    def test_body_that_is_no_object(self) -> None:
        """A body that is no JSON object is answered 400."""
        deep = b"[" * 1_900
        for body in (b"{", b"1", b"null", b'"x"', b"[1]", b"\xff\xfe", deep, b"{}}"):
            status, error = self.ask("/matchmake/joinOrCreate/room", body)
            self.assertEqual(
                (status, error), (400, {"error": "malformed request body"})
            )

    def test_body_that_is_too_long(self) -> None:
        """Join options have a bound; beyond is 413."""
        status, error = self.ask("/matchmake/create/room", {"x": "y" * 3_000})

        self.assertEqual((status, error["code"]), (413, 413))
        self.assertEqual(self.table.rooms, [])

    def test_too_many_wishes(self) -> None:
        """An address that wishes too often is answered 429, for a while."""
        self.burst = 3
        self.serve()

        codes = [self.ask("/matchmake/joinOrCreate/room")[0] for _ in range(4)]
        self.table.beat(1.0)

        self.assertEqual(codes, [200, 200, 200, 429])
        self.assertEqual(self.ask("/matchmake/joinOrCreate/room")[0], 200)

    def test_codes_beyond_http_are_clamped(self) -> None:
        """An author's own code stays in the body; the status is one of HTTP's."""

        def refuse(*_: Any) -> None:
            raise Refused("mondays", 4900)

        self.table.define(scripted(script={"on_create": refuse}), "closed")

        status, error = self.ask("/matchmake/create/closed")

        self.assertEqual((status, error), (500, {"code": 4900, "error": "mondays"}))

    def test_token_and_headers_reach_the_static_hook(self) -> None:
        """The bearer token, the address and the headers are what is asked with."""
        seen: list[Any] = []

        def ask(token: str, options: Any, context: Any) -> bool:
            seen.append((token, options, context.address, context.headers["x-one"]))
            return True

        self.table.define(scripted(on_auth_static=staticmethod(ask)), "asked")

        self.ask(
            "/matchmake/create/asked",
            {"a": 1},
            head=b"Authorization: Bearer s3cret\r\nX-One: 1\r\nX-One: 2\r\n",
        )

        self.assertEqual(seen, [("s3cret", {"a": 1}, "192.0.2.7", "2")])

    def test_only_bearer_is_a_token(self) -> None:
        """Another scheme is no token, and broken headers are no crash."""
        seen: list[str] = []

        def ask(token: str, options: Any, context: Any) -> bool:
            seen.append(token)
            return True

        self.table.define(scripted(on_auth_static=staticmethod(ask)), "asked")

        for value in (b"Basic abc", b"bearer abc", b"\xff\xfe", b""):
            head = b"Authorization: %b\r\nOrigin: %b\r\n" % (value, value)
            status, _ = self.ask("/matchmake/create/asked", head=head)
            self.assertEqual(status, 200, value)
        self.assertEqual(seen, [""] * 4)

    def test_mistake_of_ours_is_answered(self) -> None:
        """Whatever breaks, who asked is answered, by an id."""
        self.patch(self.table.matchmaker, "create", lambda *_: {}["secret"])

        status, error = self.ask("/matchmake/create/room")

        self.assertEqual((status, error["code"]), (523, Code.UNHANDLED))
        self.assertNotIn("secret", error["error"])
        self.logged(KeyError)

    def test_hostile_paths_are_answered(self) -> None:
        """No path makes anything but an answer."""
        for path in (
            "/matchmake/create/%ff%fe",
            "/matchmake/create/%00",
            "/matchmake/__class__/room",
            "/matchmake/create/..%2f..",
            "/matchmake/joinById/%F0%9F%8E%B2",
            "/matchmake/create/room?nexus-sdk=%ff",
            "/matchmake/create/room?nexus-sdk=99",
            "/matchmake/create/room?nexus-sdk",
        ):
            status, document = self.ask(path)
            self.assertIn(status, (200, 520, 522, 523), path)
            self.assertTrue(document)

    def test_hostile_options_are_answered(self) -> None:
        """Nor do options, however odd, where they filter and name a Room."""
        self.table.define(scripted(), "odd", unique_by=("k",), filter_by=("f",))
        odd = (
            b'{"k": 1e999, "f": NaN}',
            b'{"k": "\\ud800", "f": "\\udfff"}',
            b'{"k": %b}' % (b"9" * 1_500),
            b'{"k": %b%b}' % (b"[" * 400, b"]" * 400),
            b'{"__nexus": {"serializer": {"a": 1}}}',
            b'{"__nexus": 5, "constructor": {"x": 1}}',
        )
        for body in odd:
            status, document = self.ask("/matchmake/joinOrCreate/odd", body)
            self.assertIn(status, (200, 400, 523), (body, document))
            self.assertTrue(document)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_caller_that_goes_is_not_answered(self) -> None:
        """Who hangs up while its Room opens leaves nothing behind."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}), "slow")
        protocol, transport = self.begin("/matchmake/create/slow")
        protocol.connectionLost(Failure(ConnectionDone()))

        gate.open()

        self.assertEqual(transport.value(), b"")

    def test_other_methods_are_refused(self) -> None:
        """Only POST asks for a seat."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)

        for method in (b"GET", b"PUT", b"DELETE"):
            status, _ = self.ask("/matchmake/create/room", b"", method=method)
            self.assertEqual(status, 405)
