"""Tests of `nexus.page.guard`."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.api import Crossing, Health, Root
from nexus.page.guard import Guard, Guarded, Hosts
from tests.support.http import Answer, ask


class HostsTests(SynchronousTestCase):
    def test_loopback_is_asked_under_its_own_names_only(self) -> None:
        """A Node of this machine answers to the names of this machine."""
        hosts = Hosts.of("127.0.0.1")

        for name in ("localhost", "LocalHost.", "a.localhost", "127.0.0.1", "[::1]"):
            self.assertTrue(hosts.allow(name), name)
        for name in (
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evillocalhost",
            "192.0.2.7",
            "0.0.0.0",
            "2130706433",
            "",
            "[]",
        ):
            self.assertFalse(hosts.allow(name), name)

    def test_other_addresses_are_asked_by_themselves(self) -> None:
        """A Node at an address answers to it, and one at all addresses to any."""
        self.assertTrue(Hosts.of("192.0.2.7").allow("192.0.2.7"))
        self.assertFalse(Hosts.of("192.0.2.7").allow("192.0.2.8"))
        for host in ("0.0.0.0", "::", ""):
            self.assertTrue(Hosts.of(host).allow("192.0.2.8"), host)
            self.assertTrue(Hosts.of(host).allow("[2001:db8::1]"), host)
            self.assertFalse(Hosts.of(host).allow("evil.example"), host)

    def test_only_loopback_is_ours(self) -> None:
        """Whether others may come is known of loopback only."""
        for host, ours in (
            ("127.0.0.1", True),
            ("::1", True),
            ("0.0.0.0", False),
            ("192.0.2.7", False),
            ("", False),
        ):
            self.assertIs(Hosts.of(host).are_ours, ours)


class GuardedTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Guard something, below a root that lets every origin read."""
        inside = Root()
        inside.putChild(b"health", Health("1.0", clock=Clock()))
        root = Root()
        root.putChild(b"dev", Guarded(inside, Guard(Hosts.of("127.0.0.1"))))
        root.putChild(
            b"alone",
            Guarded(Health("1.0", clock=Clock()), Guard(Hosts.of("127.0.0.1"))),
        )
        self.root = Crossing(root, ("*",))

    def get(self, *headers: bytes, path: bytes = b"/dev/health") -> Answer:
        """Ask for what is guarded."""
        return ask(self.root, b"GET", path, headers=headers)

    def test_own_pages_get_through(self) -> None:
        """A page of the Node itself, and the address bar, are answered."""
        for headers in (
            (b"Host: localhost:5000",),
            (b"Host: 127.0.0.1",),
            (b"Host: [::1]:5000", b"Sec-Fetch-Site: same-origin"),
            (b"Host: localhost", b"Sec-Fetch-Site: none", b"Sec-Fetch-Mode: navigate"),
            (
                b"Host: localhost",
                b"Sec-Fetch-Site: cross-site",
                b"Sec-Fetch-Mode: navigate",
            ),
        ):
            for path in (b"/dev/health", b"/alone"):
                self.assertEqual(self.get(*headers, path=path).status, 200, headers)

    def test_other_names_are_refused(self) -> None:
        """A name that was made to lead here is not ours."""
        for headers in (
            (b"Host: evil.example:5000",),
            (b"Host: localhost", b"Host: evil.example"),
            (b"Host: localhost@evil.example",),
            (b"Host: localhost evil.example",),
            (b"Host: localhost:99999999",),
            (b"Host: localhost; script-src *",),
            (b"Host: ",),
            (b"Host: " + b"a" * 4000,),
            (b"X-Forwarded-Host: localhost", b"Host: evil.example"),
        ):
            for path in (b"/dev/health", b"/alone", b"/dev/nothing"):
                answer = self.get(*headers, path=path)
                self.assertIn(answer.status, (400, 403), headers)
                self.assertNotIn(b"uptime", answer.body)

    def test_pages_of_other_sites_are_refused(self) -> None:
        """What a browser says it asks for another site is not answered."""
        for site in (b"cross-site", b"same-site"):
            for mode in (b"cors", b"no-cors", b"websocket"):
                answer = self.get(
                    b"Host: localhost",
                    b"Sec-Fetch-Site: " + site,
                    b"Sec-Fetch-Mode: " + mode,
                )
                self.assertEqual(answer.status, 403, (site, mode))

    def test_no_other_origin_may_read(self) -> None:
        """Nothing of what the rest says about origins is said, framing is refused."""
        answer = self.get(b"Host: localhost:5000", b"Origin: http://evil.example")

        self.assertEqual(answer.status, 200)
        for name in answer.headers:
            self.assertFalse(name.startswith(b"access-control-"), name)
        self.assertEqual(
            answer.headers[b"cross-origin-resource-policy"], b"same-origin"
        )
        self.assertEqual(answer.headers[b"x-frame-options"], b"DENY")

    def test_policy_lets_a_page_load_from_its_node_only(self) -> None:
        """Pages load nothing from elsewhere; their sockets lead back to their host."""
        policy = self.get(b"Host: localhost:5000").headers[b"content-security-policy"]

        rules = dict(rule.strip().split(" ", 1) for rule in policy.decode().split(";"))
        self.assertEqual(rules["default-src"], "'self'")
        self.assertEqual(
            rules["connect-src"], "'self' ws://localhost:5000 wss://localhost:5000"
        )
        self.assertEqual(rules["frame-ancestors"], "'none'")
        self.assertNotIn("script-src", rules)
        self.assertNotIn("style-src", rules)

    def test_rest_of_the_node_is_as_before(self) -> None:
        """Only what is guarded is."""
        answer = self.get(b"Host: evil.example", path=b"/nothing")

        self.assertEqual(answer.headers[b"access-control-allow-origin"], b"*")
