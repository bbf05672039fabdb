"""Tests of `nexus.match.entrance`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Close, Code, Refused
from nexus.match.entrance import dialect_of, split_dialect
from nexus.net.port import Arrival
from nexus.wire.dialect import CURRENT, DIALECTS
from nexus.wire.frame import Failure, JoinRoom, read_server
from tests.support.room import scripted
from tests.support.socket import MemorySocket
from tests.support.table import TableTestCase


class DialectTests(SynchronousTestCase):
    def test_path_names_the_version(self) -> None:
        """An endpoint that ends in a version is of that version."""
        self.assertEqual(split_dialect("/v16/a/b"), (DIALECTS["16"], "/a/b"))
        self.assertEqual(split_dialect("/v17"), (DIALECTS["17"], "/"))
        for path in ("/v15/a", "/v160/a", "/a/v16/b", "", "/"):
            self.assertEqual(split_dialect(path), (None, path))

    def test_query_stands_above_the_path(self) -> None:
        """What the query names counts; else the path; else the newest."""
        self.assertIs(dialect_of("/v16/a/b", "17"), DIALECTS["17"])
        self.assertIs(dialect_of("/v16/a/b", None), DIALECTS["16"])
        self.assertIs(dialect_of("/a/b", None), CURRENT)
        self.assertRaises(Refused, dialect_of, "/", "15")


class EntranceTests(TableTestCase):
    def arrive(self, path: str, **query: str) -> tuple[Any, MemorySocket]:
        """Let a socket come by some path."""
        socket = MemorySocket()
        arrival = Arrival(
            path=path, query=query, headers={}, address="192.0.2.7", secure=False
        )
        return self.table.entrance.accept(arrival, socket), socket

    def frames(self, socket: MemorySocket, version: str = "18") -> list[Any]:
        """Read what came."""
        return [read_server(data, DIALECTS[version]) for data in socket.sent]

    def test_probe_is_answered_for_a_second(self) -> None:
        """A socket that belongs to no room may measure how far we are, not longer."""
        probe, socket = self.arrive("/")

        probe.receive(b"anything")
        probe.measured(0.1)
        self.assertEqual(socket.sent, [b"\x12"])
        self.table.beat(1.0)

        self.assertEqual(socket.closed, (Close.NORMAL, ""))
        probe.lost(1000, "")

    def test_probe_that_goes_leaves_no_timer(self) -> None:
        """A probe that hangs up is forgotten at once."""
        probe, _ = self.arrive("/")

        probe.lost(1006, "")

        self.assertEqual(self.table.clock.getDelayedCalls(), [])

    def test_path_without_a_room(self) -> None:
        """A session that names no room is turned away."""
        for path in ("/", "/one", "/a/b:c", "/%20/x", "//"):
            _, socket = self.arrive(path, sessionId="s")

            [failure] = self.frames(socket)
            self.assertIsInstance(failure, Failure, path)
            self.assertEqual(socket.closed, (Close.ERROR, ""))

    def test_room_without_a_session(self) -> None:
        """A room's path without a session claims nothing."""
        self.table.define(scripted())
        seat = self.table.reserve()

        _, socket = self.arrive(f"/node/{seat.listing.room_id}")

        self.assertEqual([each.code for each in self.frames(socket)], [Code.EXPIRED])

    def test_unknown_version_is_turned_away(self) -> None:
        """A version that we do not speak is refused in words."""
        _, socket = self.arrive("/node/room", sessionId="s", **{"nexus-sdk": "99"})

        [failure] = self.frames(socket)
        self.assertIn("16, 17, 18", failure.text)

    def test_each_version_reads_its_join(self) -> None:
        """The same seat is answered in the words of the SDK that came."""
        self.table.define(scripted(auto_dispose=False))
        for version in DIALECTS:
            seat = self.table.reserve()
            room_id = seat.listing.room_id
            _, socket = self.arrive(
                f"/v{version}/node/{room_id}", sessionId=seat.session_id
            )

            [join] = self.frames(socket, version)
            self.assertIsInstance(join, JoinRoom)

    def test_old_codes_for_old_clients(self) -> None:
        """A client of 0.16 is told the codes that it knows."""
        _, socket = self.arrive("/v16/node/nowhere", sessionId="s")

        self.assertEqual([each.code for each in self.frames(socket, "16")], [4214])

    def test_context_is_what_the_socket_said(self) -> None:
        """The Room learns token, address and headers of who comes."""
        seen: list[Any] = []

        def ask(_: Any, client: Any, options: Any, context: Any) -> bool:
            seen.append((context.token, context.address, client.address))
            return True

        self.table.define(scripted(script={"on_auth": ask}))
        seat = self.table.reserve()

        self.arrive(
            f"/node/{seat.listing.room_id}",
            sessionId=seat.session_id,
            _authToken="secret",
        )

        self.assertEqual(seen, [("secret", "192.0.2.7", "192.0.2.7")])

    def test_join_that_breaks_is_told_by_an_id(self) -> None:
        """Even a mistake of our own is told by an id, and the socket is closed."""
        self.table.define(scripted())
        seat = self.table.reserve()
        actor = self.table.actor(seat.listing.room_id)
        self.patch(actor.entry, "join", lambda *_: {}["secret"])

        _, socket = self.arrive(f"/node/{actor.room_id}", sessionId=seat.session_id)

        [failure] = self.frames(socket)
        self.assertNotIn("secret", failure.text)
        self.assertEqual(socket.closed, (Close.ERROR, ""))
        self.logged(KeyError)
