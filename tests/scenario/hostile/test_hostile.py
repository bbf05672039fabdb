"""A Node under attack: it sheds what costs too much, and others notice nothing."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.wire import frame as frames
from nexus.wire.dialect import CURRENT
from nexus.wire.message import decode
from tests.scenario.hostile.narrow import PER_ADDRESS
from tests.scenario.hostile.siege import (
    NARROW,
    Honest,
    besieged,
    failures,
    settle,
    siege,
)
from tests.scenario.hostile.socket import is_open
from tests.support.attack import (
    Address,
    Blow,
    blow,
    counts,
    frame,
    post,
    request,
    seat,
    upgrade,
)
from tests.support.replay import Line

#: How often an attacker sends a byte, in seconds, and how many of them at most.
_PACE = 0.05
_MOST = 400


def trickle(one: Blow, said: bytes) -> int:
    """Send byte after byte until the other side had enough; return how many it took."""
    for number, byte in enumerate(said):
        if not one.send(bytes([byte])):
            return number
        time.sleep(_PACE)
    return len(said)


class SiegeTests(SynchronousTestCase):
    def test_others_notice_nothing_of_a_siege(self) -> None:
        """Whatever is sent, a Node stays up, and those who play by the rules play on.

        The attacks are those of the soak, fewer of them.
        """
        with besieged(Path(self.mktemp()), "examples.conformance") as (daemon, address):
            before = counts(address)

            with Honest(address) as honest:
                siege(address, Random(1), 800)

            self.assertEqual(honest.wrong, [])
            self.assertGreater(honest.replies, 20)
            self.assertEqual(daemon.health()["status"], "ok")
            self.assertEqual(failures(daemon), [])
            after = counts(address)
            self.assertEqual(
                after["nexus_sockets_failed_total"],
                before["nexus_sockets_failed_total"],
            )


class PatienceTests(SynchronousTestCase):
    """Those who take their time, on purpose."""

    @override
    def setUp(self) -> None:
        """Prepare a folder."""
        self.folder = Path(self.mktemp())

    def test_requests_that_trickle_in_are_cut_off(self) -> None:
        """A request has to be there in time, however often a byte of it comes."""
        body = {"Content-Length": str(_MOST)}
        slow = (
            b"GET /health HTTP/1.1\r\nA: " + b"b" * _MOST,
            upgrade("/")[:-2] + b"A: " + b"b" * _MOST,
        )
        with besieged(self.folder, NARROW) as (daemon, address):
            for said in slow:
                with blow(address) as one:
                    self.assertLess(trickle(one, said), _MOST / 2)
            with blow(address) as one:
                one.send(request("POST", "/matchmake/create/loud", body))
                self.assertLess(trickle(one, b" " * _MOST), _MOST / 2)

            self.assertEqual(counts(address)["nexus_http_slow_total"], 3)
            self.assertEqual(failures(daemon), [])

    def test_silent_connections_are_cut_off(self) -> None:
        """A connection that asks for nothing ends, whether or not it asked before."""
        with besieged(self.folder, NARROW) as (_, address):
            with blow(address) as one:
                self.assertEqual(one.drain(), b"")
            with blow(address) as one:
                one.send(request("GET", "/health"))

                self.assertIn(b'"status": "ok"', one.drain())

    def test_half_open_sockets_are_cut_off(self) -> None:
        """A socket whose peer answers no ping is lost to its room before long."""
        with besieged(self.folder, NARROW, "--heartbeat=1") as (_, address):
            before = counts(address)
            with blow(address) as one:
                path, _ = seat(address, "loud", {})
                one.send(upgrade(path))
                self.assertTrue(is_open(one))
                one.send(frame(b"\x0a"))

                one.drain()

                self.assertEqual(settle(address, before), {})
            after = counts(address)
            self.assertEqual(after["nexus_sockets_silent_total"], 1)
            self.assertEqual(after['nexus_departures_total{code="1006"}'], 1)

    def test_peer_that_never_reads_costs_a_bounded_amount(self) -> None:
        """Who does not read is cut off, and others get everything, in order."""
        with besieged(self.folder, NARROW) as (_, address):
            path, room = seat(address, "loud", {})
            reader, _ = Line.open(address, path, _UPGRADE)
            reader.take()
            reader.send(b"\x0a")
            path, _ = seat(address, f"{room}", {}, "joinById")
            with blow(address, buffer=4_096) as deaf:
                deaf.send(upgrade(path))
                deaf.until(b"\x0a")
                deaf.send(frame(b"\x0a"))

                heard = self.shout_until_shed(address, reader)

            self.assertEqual(heard, list(range(len(heard))))
            # It is what may wait for a peer, and what the kernel holds for it.
            self.assertLess(len(heard) * 60_000, 20_000_000)

    def shout_until_shed(self, address: Address, reader: Line) -> list[int]:
        """Let the room talk until somebody is cut off; return what was heard."""
        heard: list[int] = []
        while counts(address)["nexus_sockets_slow_total"] == 0 and len(heard) < 2_000:
            for _ in range(10):
                reader.send(b"\x0d\xa5shout")
            for _ in range(10):
                taken = reader.take()
                assert isinstance(taken, bytes), taken
                message = frames.read_server(taken, CURRENT)
                assert isinstance(message, frames.Message), message
                heard.append(decode(message.payload)[0])
            time.sleep(0.1)
        return heard


class CrowdTests(SynchronousTestCase):
    """Those who come in numbers."""

    @override
    def setUp(self) -> None:
        """Prepare a folder."""
        self.folder = Path(self.mktemp())

    def test_one_address_has_so_many_connections(self) -> None:
        """Connections beyond the limit of their address end; others are served."""
        with besieged(self.folder, NARROW) as (_, address):
            crowd = [blow(address, source="127.0.0.3") for _ in range(PER_ADDRESS)]
            for each in crowd:
                each.__enter__()
            with blow(address, source="127.0.0.3") as beyond:
                self.assertEqual(beyond.drain(), b"")
            with blow(address, source="127.0.0.4") as other:
                other.send(request("GET", "/health", {"Connection": "close"}))
                self.assertIn(b"200 OK", other.drain())
            for each in crowd:
                each.__exit__(None, None, None)

            self.assertEqual(counts(address)["nexus_http_refused_total"], 1)

    def test_sockets_of_one_address_are_counted_apart(self) -> None:
        """An upgrade beyond the limit is answered 429, and one is free again after."""
        with besieged(self.folder, NARROW) as (_, address):
            before = counts(address)
            crowd = [blow(address) for _ in range(PER_ADDRESS)]
            for each in crowd:
                one = each.__enter__()
                one.send(upgrade("/process/room"))
                self.assertTrue(is_open(one))
            with blow(address) as beyond:
                beyond.send(upgrade("/process/room"))
                self.assertIn(b" 429 ", beyond.drain())
            for each in crowd:
                each.__exit__(None, None, None)

            self.assertEqual(settle(address, before), {})

    def test_claimed_addresses_count_for_nothing(self) -> None:
        """Who tells of a proxy that is none is counted all the same."""
        with besieged(self.folder, NARROW) as (_, address):
            answers = [
                post(
                    address,
                    "/matchmake/join/loud",
                    b"{}",
                    {"X-Forwarded-For": f"10.0.0.{number}"},
                ).status
                for number in range(12)
            ]

            self.assertEqual(answers[10:], [429, 429])


_UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
}
