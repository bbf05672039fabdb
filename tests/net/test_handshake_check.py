"""Tests of `nexus.net.handshake`: checks that decide about a peer."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred

from nexus.errors import Refused
from nexus.net.port import Arrival, Unwelcome
from tests.net.pair import Peer, masked
from tests.net.shaking import HandshakeCase


class CheckTests(HandshakeCase):
    def refuse(self, error: Exception) -> Callable[[Arrival], None]:
        """Make a check that raises."""

        def check(_arrival: Arrival) -> None:
            raise error

        return check

    def test_refusal_is_told(self) -> None:
        """A check that refuses is answered with 403, or with the status it chose."""
        for error, status in (
            (Refused("you are banned"), 403),
            (Unwelcome("you are banned", status=451), 451),
        ):
            answer = Peer(self.factory(self.refuse(error)), self.clock).ask()

            self.assertEqual(self.status(answer), status)
            self.assertIn(b'"error": "you are banned"', answer)

    def test_check_may_take_its_time(self) -> None:
        """A check that awaits delays the answer, in both directions."""
        for error, status in ((None, 101), (Refused("no"), 403)):
            verdict: Deferred[None] = Deferred()
            peer = Peer(self.factory(lambda _, verdict=verdict: verdict), self.clock)

            self.assertEqual(peer.ask(), b"")
            if error is None:
                verdict.callback(None)
            else:
                verdict.errback(error)

            self.assertEqual(self.status(peer.transport.value()), status)

    def test_failing_check_tells_nothing(self) -> None:
        """A bug in a check is answered with 500 and an id that the log has too."""

        async def check(_arrival: Arrival) -> None:
            raise KeyError("secret")

        for failing in (self.refuse(KeyError("secret")), check):
            answer = Peer(self.factory(failing), self.clock).ask()

            self.assertEqual(self.status(answer), 500)
            self.assertNotIn(b"secret", answer)
            self.assertRegex(answer, rb"internal error [0-9a-f]{8}")
            self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_peer_cannot_ask_twice(self) -> None:
        """What comes while a request is decided is not taken for a second one."""
        asked: list[Arrival] = []
        verdict: Deferred[None] = Deferred()

        def check(arrival: Arrival) -> Deferred[None]:
            asked.append(arrival)
            return verdict

        peer = Peer(self.factory(check), self.clock)
        peer.ask()
        peer.send(masked(b"early") + b"\r\n\r\n")
        verdict.callback(None)

        self.assertEqual(len(asked), 1)
        self.assertEqual(self.host.owners[0].heard, [b"early"])

    def test_impatient_peer_cannot_fill_the_memory(self) -> None:
        """Who sends much while it is decided is cut off, and the verdict is late."""
        verdict: Deferred[None] = Deferred()
        factory = self.factory(lambda _: verdict)
        peer = Peer(factory, self.clock)
        peer.ask()

        for _ in range(20):
            peer.send(b"x" * 65_536)
            peer.settle()

        self.assertFalse(peer.transport.connected)
        verdict.callback(None)
        self.assertEqual(self.host.owners, [])
        self.assertEqual(factory.admission.count, 0)

    def test_verdict_after_the_end_opens_nothing(self) -> None:
        """A peer that is gone, or waited for too long, never becomes a socket."""
        for error in (None, Refused("no")):
            for leave in (
                lambda peer: peer.drop(),
                lambda _: self.clock.pump([10.0, 0]),
            ):
                verdict: Deferred[None] = Deferred()
                factory = self.factory(
                    lambda _, verdict=verdict: verdict, handshake_timeout=10.0
                )
                peer = Peer(factory, self.clock)
                peer.ask()

                leave(peer)
                self.assertFalse(peer.transport.connected)
                if error is None:
                    verdict.callback(None)
                else:
                    verdict.errback(error)

                self.assertEqual(self.host.owners, [])
                self.assertEqual(peer.transport.value(), b"")
                self.assertEqual(factory.admission.count, 0)
