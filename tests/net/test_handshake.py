"""Tests of `nexus.net.handshake`: how a peer arrives, and who is let in."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred

from nexus.errors import Refused
from nexus.net.port import Arrival
from tests.net.pair import Peer
from tests.net.shaking import HandshakeCase


class ArrivalTests(HandshakeCase):
    def arrive(
        self,
        path: str = "/",
        headers: dict[str, str] | None = None,
        *,
        address: Any = None,
        **limits: Any,
    ) -> Arrival:
        """Connect and return how that is seen."""
        Peer(self.factory(**limits), self.clock, address=address).open(path, headers)
        return self.host.owners[-1].arrival

    def test_any_path_and_query_arrive(self) -> None:
        """A socket opens at every path; of a query the last value of a name counts."""
        for asked, path, query in (
            ("/", "/", {}),
            ("/abc/def?sessionId=1", "/abc/def", {"sessionId": "1"}),
            ("/a//b/?x=1&x=2&y=&z", "/a//b/", {"x": "2", "y": "", "z": ""}),
            ("/%2F%20?q=%C3%A4+b", "/%2F%20", {"q": "ä b"}),
        ):
            arrival = self.arrive(asked)

            self.assertEqual(arrival.path, path)
            self.assertEqual(arrival.query, query)

    def test_headers_arrive_in_lower_case(self) -> None:
        """Headers are found by their names in lower case."""
        arrival = self.arrive(headers={"X-Game": "Chess", "Cookie": "a=b"})

        self.assertEqual(arrival.headers["x-game"], "Chess")
        self.assertEqual(arrival.headers["cookie"], "a=b")

    def test_address_is_that_of_the_connection(self) -> None:
        """Without trusted proxies, what a header claims does not matter."""
        headers = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}

        arrival = self.arrive(headers=headers)

        self.assertEqual(arrival.address, "192.0.2.7")
        self.assertFalse(arrival.secure)

    def test_mapped_address_is_written_as_the_plain_one(self) -> None:
        """An IPv4 peer at an IPv6 port has its IPv4 address."""
        address = IPv6Address("TCP", "::ffff:192.0.2.9", 1)

        self.assertEqual(self.arrive(address=address).address, "192.0.2.9")

    def test_local_socket_has_no_address(self) -> None:
        """A peer at a UNIX socket has an empty address."""
        self.assertEqual(self.arrive(address=UNIXAddress("/run/x")).address, "")

    def test_trusted_proxies_tell_the_address(self) -> None:
        """What the outermost of our proxies saw counts, not what was there before."""
        headers = {
            "X-Forwarded-For": "10.9.9.9, 198.51.100.1, 10.0.0.2",
            "X-Forwarded-Proto": "https, http",
        }

        arrival = self.arrive(headers=headers, trusted_proxies=2)

        self.assertEqual(arrival.address, "198.51.100.1")
        self.assertTrue(arrival.secure)

    def test_what_is_no_address_is_ignored(self) -> None:
        """A header without an address leaves that of the connection."""
        headers = {"X-Forwarded-For": "unknown"}

        arrival = self.arrive(headers=headers, trusted_proxies=1)

        self.assertEqual(arrival.address, "192.0.2.7")

    def test_no_header_hides_in_another(self) -> None:
        """A line end that only Python knows begins no new header."""
        for end in "\x0b\x0c\x1c\x1d\x1e\x85":
            headers = {
                "X-Forwarded-For": "198.51.100.1",
                "X-Note": f"a{end}X-Forwarded-For: 203.0.113.5",
            }

            arrival = self.arrive(headers=headers, trusted_proxies=1)

            self.assertEqual(arrival.address, "198.51.100.1")


class RefusalTests(HandshakeCase):
    def test_wrong_requests_are_refused(self) -> None:
        """A request that is no proper upgrade is refused with the fitting status."""
        for headers, status in (
            ({"Connection": "close"}, 400),
            ({"Sec-WebSocket-Version": "8"}, 400),
            ({"Sec-WebSocket-Version": "x"}, 400),
            ({"Sec-WebSocket-Key": "short"}, 400),
            ({"Sec-WebSocket-Key": "\xe9" * 22 + "=="}, 400),
            ({"Origin": "http://["}, 400),
            ({"Host": "a:b"}, 400),
        ):
            peer = Peer(self.factory(), self.clock)

            answer = peer.ask(headers=headers)

            self.assertEqual(self.status(answer), status, headers)
            peer.settle()
            self.assertFalse(peer.transport.connected)
        self.assertEqual(self.host.owners, [])
        self.assertEqual(self.refused.value, 7)

    def test_origin_that_is_not_allowed_is_refused(self) -> None:
        """With patterns, a page elsewhere is refused, and no origin at all is fine."""
        for origin, status in (
            (None, 101),
            ("https://a.good.example", 101),
            ("https://a.good.example:444", 400),
            ("http://a.good.example", 400),
            ("https://good.example.evil", 400),
            ("null", 400),
        ):
            factory = self.factory(origins=["https://*.good.example:443"])
            headers = {} if origin is None else {"Origin": origin}

            answer = Peer(factory, self.clock).ask(headers=headers)

            self.assertEqual(self.status(answer), status, origin)

    def test_every_origin_is_allowed_at_first(self) -> None:
        """Without patterns a page may come from anywhere, or from a file."""
        for origin in ("https://evil.example", "null", "file://"):
            answer = Peer(self.factory(), self.clock).ask(headers={"Origin": origin})

            self.assertEqual(self.status(answer), 101)

    def test_refused_connection_is_cut_off_when_it_does_not_end(self) -> None:
        """A peer that reads no refusal cannot keep the connection."""
        peer = Peer(self.factory(close_timeout=2.0), self.clock)
        peer.transport.is_stuck = True
        peer.ask(headers={"Connection": "close"})

        self.clock.advance(1.9)
        self.assertTrue(peer.transport.connected)
        self.clock.pump([0.1, 0])

        self.assertFalse(peer.transport.connected)


class AdmissionTests(HandshakeCase):
    def test_sockets_of_an_address_are_limited(self) -> None:
        """One too many from an address is refused, until another one goes."""
        factory = self.factory(max_per_address=2)
        peers = [Peer(factory, self.clock) for _ in range(3)]
        peers[0].open()
        peers[1].open()

        self.assertEqual(self.status(peers[2].ask()), 429)
        peers[0].drop()

        Peer(factory, self.clock).open()

    def test_sockets_are_limited_in_all(self) -> None:
        """Beyond the limit nobody is let in, from wherever."""
        factory = self.factory(max_sockets=1)
        Peer(factory, self.clock, address=UNIXAddress("/run/x")).open()

        self.assertEqual(self.status(Peer(factory, self.clock).ask()), 503)

    def test_count_is_exact_however_it_ends(self) -> None:
        """After sockets and refusals of every kind, nothing is left in the count."""
        verdicts: list[Deferred[None]] = []

        def check(arrival: Arrival) -> Deferred[None] | None:
            if arrival.path == "/no":
                raise Refused("no")
            if arrival.path == "/bug":
                raise KeyError("bug")
            if arrival.path == "/wait":
                verdicts.append(Deferred())
                return verdicts[-1]
            return None

        factory = self.factory(check, max_per_address=100)
        peers = []
        for path in ("/", "/no", "/bug", "/wait", "/wait"):
            for headers in ({}, {"Sec-WebSocket-Key": "short"}):
                peers.append(Peer(factory, self.clock))
                peers[-1].ask(path, headers)
        self.flushLoggedErrors(KeyError)
        verdicts[0].errback(Refused("no"))

        self.assertEqual(factory.admission.count, 5)
        for peer in peers:
            peer.settle()
            peer.drop()

        self.assertEqual(factory.admission.count, 0)
        self.assertEqual(len(factory.admission._by_holder), 0)
