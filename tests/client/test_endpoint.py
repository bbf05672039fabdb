"""Tests of the addresses of a Node."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.client.endpoint import Endpoint


class EndpointTests(SynchronousTestCase):
    def test_addresses(self) -> None:
        """Path and query of an endpoint are part of all that is asked there."""
        for url, wish, room in (
            (
                "ws://h:5000",
                "http://h:5000/matchmake/join/a%20b%2F",
                "ws://h:5000/p/r?sessionId=s%26",
            ),
            (
                "https://h/deep/?x=1",
                "https://h/deep/matchmake/join/a%20b%2F?x=1",
                "wss://h/deep/p/r?x=1&sessionId=s%26",
            ),
            (
                "http://[::1]:80/",
                "http://[::1]:80/matchmake/join/a%20b%2F",
                "ws://[::1]:80/p/r?sessionId=s%26",
            ),
        ):
            endpoint = Endpoint.parse(url)

            self.assertEqual(endpoint.wish("join", "a b/"), wish)
            self.assertEqual(endpoint.room("p", "r", sessionId="s&"), room)

    def test_other_process(self) -> None:
        """A seat elsewhere is claimed there."""
        endpoint = Endpoint.parse("wss://h/deep").at("other:7/path/")

        self.assertEqual(endpoint.room("p", "r", a="b"), "wss://other:7/path/p/r?a=b")

    def test_what_is_no_address(self) -> None:
        """What cannot be the address of a Node is refused at once."""
        for url in ("", "h:5000", "ftp://h", "ws://", "ws://h:0", "ws://h:99999"):
            with self.assertRaisesRegex(ValueError, "is not like ws://"):
                Endpoint.parse(url)
