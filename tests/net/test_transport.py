"""Tests of `nexus.net.transport`."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ServerFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from nexus.net.listen import NowPort
from nexus.net.waiting import waiting_in
from tests import examples
from tests.net.kernel import READS, STEPS, Connection


class SendNowTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=50_000))
    @given(st.lists(STEPS, max_size=30))
    def test_it_equals_write(self, steps: list[tuple[Any, ...]]) -> None:
        """The kernel gets the same bytes in the same order, and the same end."""
        fast, slow = Connection(is_fast=True), Connection(is_fast=False)
        for step in steps:
            fast.play(step)
            slow.play(step)
            # The slow one has its turn before anything breaks, as the fast one had.
            slow.turn()
            fast.turn()

        self.assertEqual(fast.finish(), slow.finish())

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(
        READS,
        st.sampled_from([b"data", b"", None]),
        st.sampled_from([None, "pauseProducing", "loseConnection", "abortConnection"]),
        st.lists(STEPS, max_size=5),
    )
    def test_first_read_equals_one_that_was_waited_for(
        self,
        reads: list[tuple[Any, ...]],
        data: bytes | None,
        first: str | None,
        steps: list[tuple[Any, ...]],
    ) -> None:
        """Who is read before it is watched ends like who is watched, or is watched."""
        port = NowPort(0, ServerFactory())
        fast, slow = Connection(is_fast=True, port=port), Connection(is_fast=False)
        for each in (fast, slow):
            each.kernel.data = data
            each.prepare(reads if data else [])
            if first is not None:
                getattr(each.server, first)()
        self.assertEqual(fast.watch.readers, set())
        fast.server.read_first()
        if slow.server in slow.watch.readers:
            why = slow.server.doRead()
            if why is not None:
                slow.server.connectionLost(Failure(why))
        slow.turn()
        fast.turn()
        self.assertEqual(len(fast.watch.readers), len(slow.watch.readers))
        for each in (fast, slow):
            each.kernel.data = b"data"
        for step in steps:
            fast.play(step)
            slow.play(step)
            slow.turn()
            fast.turn()

        self.assertEqual(fast.finish(), slow.finish())

    def test_first_read_that_fails_ends_only_itself(self) -> None:
        """What a protocol raises there is logged, and its connection is lost."""
        connection = Connection(is_fast=True, port=NowPort(0, ServerFactory()))

        def fail() -> None:
            raise ValueError("a mistake")

        connection.end.reads = fail
        connection.server.read_first()

        self.assertEqual(connection.end.ends, [ValueError])
        self.assertEqual(connection.watch.readers, set())
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_who_stays_is_told(self) -> None:
        """A protocol is told when its connection was read and stays, and only then."""
        for data, told in ((b"data", 1), (None, 1), (b"", 0)):
            connection = Connection(is_fast=True, port=NowPort(0, ServerFactory()))
            connection.kernel.data = data
            calls: list[bool] = []
            end: Any = connection.end
            end.settle = lambda calls=calls, server=connection.server: calls.append(
                server.is_new
            )

            connection.server.read_first()

            self.assertEqual(calls, [False] * told)

    def test_option_of_the_port_is_set_when_it_was_changed(self) -> None:
        """TCP_NODELAY costs no call where it comes from the port, and can be taken."""
        connection = Connection(is_fast=True, port=NowPort(0, ServerFactory()))

        connection.server.setTcpNoDelay(True)
        self.assertEqual(connection.kernel.options, [])
        for enabled in (False, True):
            connection.server.setTcpNoDelay(enabled)

        said = [each[-1] for each in connection.kernel.options]
        self.assertEqual(said, [False, True])

    def test_end_needs_no_turn(self) -> None:
        """Who has sent all ends behind what it reads, and is watched no more."""
        connection = Connection(is_fast=True)
        connection.kernel.room = 100
        before = connection.watch.asked

        connection.play(("read", [("send", b"answer"), ("lose",)]))

        self.assertEqual(connection.end.ends, [ConnectionDone])
        self.assertEqual(connection.watch.asked, before + 1)
        self.assertEqual(connection.kernel.taken, b"answer")

    def test_end_is_not_in_the_midst_of_a_read(self) -> None:
        """Whoever is told to end is lost only when it has done with what it read."""
        connection = Connection(is_fast=True)
        seen = []

        def read() -> None:
            connection.server.loseConnection()
            seen.append((connection.server.disconnecting, list(connection.end.ends)))

        connection.end.reads = read
        connection.server.doRead()

        self.assertEqual(seen, [(1, [])])
        self.assertEqual(connection.end.ends, [ConnectionDone])

    def test_frame_does_not_overtake(self) -> None:
        """What was written before is sent before."""
        connection = Connection(is_fast=True)
        connection.kernel.room = 100

        connection.server.write(b"handshake ")
        connection.send(b"frame")

        self.assertEqual(connection.finish()[0], b"handshake frame")

    def test_frame_is_sent_at_once(self) -> None:
        """With room, nothing waits for the reactor."""
        connection = Connection(is_fast=True)
        connection.kernel.room = 100

        self.assertTrue(connection.server.send_now(b"frame"))

        self.assertEqual(connection.kernel.taken, b"frame")
        self.assertEqual(connection.watch.writers, set())

    def test_rest_of_a_frame_waits(self) -> None:
        """What the kernel does not take is counted, and sent by the reactor."""
        connection = Connection(is_fast=True)
        connection.kernel.room = 3

        self.assertTrue(connection.server.send_now(b"frame"))
        self.assertFalse(connection.server.send_now(b"next"))

        self.assertEqual(waiting_in(connection.server), 2)
        self.assertEqual(connection.watch.writers, {connection.server})

    def test_encrypted_connection_is_left_alone(self) -> None:
        """Nothing goes around TLS."""
        connection = Connection(is_fast=True)
        connection.kernel.room = 100
        connection.server.TLS = True

        self.assertFalse(connection.server.send_now(b"secret"))
        self.assertEqual(connection.kernel.taken, b"")

    def test_gone_connection_takes_nothing(self) -> None:
        """After the loss nothing is sent, and nothing is raised."""
        connection = Connection(is_fast=True)
        connection.kernel.room = 100
        connection.server.connectionLost(Failure(OSError()))

        connection.send(b"late")

        self.assertEqual(connection.finish()[0], b"")
