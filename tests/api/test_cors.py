"""Tests of `nexus.api.cors`."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from nexus.api import Crossing, Health, Root
from nexus.api.resource import Site


class CrossingTests(SynchronousTestCase):
    def ask(
        self, origin: bytes | None, *patterns: str, method: bytes = b"GET"
    ) -> bytes:
        """Return the answer to a request from a page of some origin."""
        root = Root()
        root.putChild(b"health", Health("1.0", clock=Clock()))
        site = Site(Crossing(root, patterns or ("*",)), reactor=Clock())
        protocol = site.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        said = b"" if origin is None else b"Origin: %b\r\n" % origin
        protocol.dataReceived(
            b"%b /health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%b\r\n"
            % (method, said)
        )
        answer: bytes = transport.value()
        return answer.lower()

    def test_origin_is_echoed(self) -> None:
        """A page whose origin may read is told so by its own name."""
        answer = self.ask(b"https://game.example")

        self.assertIn(b"access-control-allow-origin: https://game.example\r\n", answer)
        self.assertIn(b"access-control-allow-credentials: true", answer)
        self.assertIn(b"vary: origin", answer)

    def test_no_origin_is_any(self) -> None:
        """Who is no page may read as well."""
        self.assertIn(b"access-control-allow-origin: *\r\n", self.ask(None))

    def test_foreign_origin_is_told_nothing(self) -> None:
        """A page that may not read gets no word about it, and its browser refuses."""
        for origin in (b"https://evil.example", b"http://game.example", b"null"):
            answer = self.ask(origin, "https://game.example")

            self.assertNotIn(b"access-control", answer)
            self.assertIn(b"200 ok", answer)

    def test_patterns_hold_for_whole_origins(self) -> None:
        """A star stands for anything, but the rest must be there to the end."""
        crossing = Crossing(Root(), ("https://*.game.example", "http://localhost:*"))

        self.assertTrue(crossing.allows("https://a.game.example"))
        self.assertTrue(crossing.allows("http://localhost:8080"))
        for origin in (
            "https://a.game.example.evil.example",
            "https://game.example",
            "http://a.game.example",
            "https://localhost:1",
        ):
            self.assertFalse(crossing.allows(origin), origin)

    def test_preflight_is_answered_without_a_body(self) -> None:
        """What a browser asks beforehand is answered 204 at any path."""
        answer = self.ask(b"https://game.example", method=b"OPTIONS")

        self.assertTrue(answer.startswith(b"http/1.1 204"))
        self.assertIn(b"access-control-allow-methods:", answer)
        self.assertTrue(answer.endswith(b"\r\n\r\n"))

    def test_origin_that_is_no_text(self) -> None:
        """Bytes that no browser sends make an answer, and no error in the log."""
        for origin in (b"\xff\xfe", b"\xc3\xa9", b"", b"x" * 2_000):
            self.assertIn(b"200 ok", self.ask(origin), origin)
            self.assertIn(b"200 ok", self.ask(origin, "https://game.example"))
