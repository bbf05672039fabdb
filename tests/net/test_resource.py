"""Tests of `nexus.net.resource`."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.iweb import IRequest
from typing_extensions import override

from nexus.api.resource import JSONResource, Root, answer
from nexus.net.factory import SocketFactory
from tests.net.pair import Host, Peer, masked, request


class Greeting(JSONResource):
    """A resource that can be read."""

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Greet."""
        return answer(request, {"hello": "Ada"})


class UpgradingTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Let sockets in beside a resource."""
        self.clock = Clock()
        self.host = Host()
        self.factory = SocketFactory(self.host.accept, clock=self.clock)
        self.root = Root()
        self.root.putChild(b"greeting", Greeting())
        self.peer = Peer(self.factory, self.clock, others=self.root)

    def status(self, data: bytes) -> int:
        """Send a request and read the status of its answer."""
        self.peer.send(data)
        status = int(self.peer.transport.value().split()[1])
        self.peer.transport.clear()
        return status

    def test_upgrades_are_let_in_at_every_path(self) -> None:
        """Also where a resource is, and where none is, an upgrade is a socket."""
        for path in ("/", "/greeting", "/greeting/more", "/nothing/at/all"):
            peer = Peer(self.factory, self.clock, others=self.root)
            peer.open(path)

            self.assertEqual(self.host.owners[-1].arrival.path, path)

    def test_other_requests_go_to_the_resources(self) -> None:
        """Without the header, or with another wish, a request is plain HTTP."""
        head = b"HTTP/1.1\r\nHost: x\r\n"

        self.assertEqual(self.status(b"GET /greeting " + head + b"\r\n"), 200)
        self.assertEqual(self.status(b"GET /nothing " + head + b"\r\n"), 404)
        wish = b"Upgrade: h2c\r\n\r\n"
        self.assertEqual(self.status(b"GET /greeting " + head + wish), 200)
        self.assertEqual(self.host.owners, [])

    def test_wish_may_be_one_of_several(self) -> None:
        """The header is a list, and its case does not matter."""
        self.peer.open("/", {"Upgrade": "h2c, WebSocket"})

        self.assertEqual(len(self.host.owners), 1)

    def test_connection_may_have_served_before(self) -> None:
        """A connection that was kept alive can still become a socket."""
        head = b"HTTP/1.1\r\nHost: x\r\n\r\n"
        self.assertEqual(self.status(b"GET /greeting " + head), 200)

        self.peer.open()
        self.peer.send(masked(b"hello"))

        self.assertEqual(self.host.owners[0].heard, [b"hello"])

    def test_other_methods_are_refused(self) -> None:
        """Only GET upgrades."""
        self.assertEqual(self.status(request().replace(b"GET", b"PUT")), 405)

    def test_line_end_in_the_path_is_refused(self) -> None:
        """A path that would break the request apart is refused."""
        self.assertEqual(self.status(request("/a\x85b")), 400)

    def test_children_are_put_below_the_other_root(self) -> None:
        """Who puts a child at the root finds it there."""
        self.root.putChild(b"later", Greeting())

        self.assertEqual(self.status(b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n"), 200)
