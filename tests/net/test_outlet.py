"""Laws of the short way out of a socket."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests import examples
from tests.net.pair import SocketCase, masked
from tests.net.served import Served

_STEPS = st.one_of(
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("room"), st.integers(1, 900)),
    st.tuples(st.just("heard"), st.integers(0, 200).map(lambda n: masked(b"z" * n))),
    st.sampled_from([("turn",), ("turn",), ("probe",), ("break",), ("lost",)]),
    st.sampled_from(
        [
            ("close",),
            ("abort",),
            ("heard", masked(b"\x03\xe8", 0x88)),
            ("heard", b"\xff\xff\xff"),
        ]
    ),
)


class OutletTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=20_000))
    @given(st.lists(_STEPS, max_size=14), st.booleans())
    def test_short_way_equals_the_long_one(
        self, steps: list[tuple[Any, ...]], is_compressed: bool
    ) -> None:
        """The kernel is given the same bytes; who is not open has no short way."""
        short = Served(is_short=True, is_compressed=is_compressed)
        long = Served(is_short=False, is_compressed=is_compressed)
        for step in steps:
            short.play(step)
            long.play(step)

            self.assertEqual(short.kernel.taken, long.kernel.taken)
            is_open = short.socket.state == short.socket.STATE_OPEN
            is_clear = is_open and not short.socket.waiting
            self.assertEqual(bool(short.socket.outlet.most), is_clear)
        _ = self.flushLoggedErrors(ConnectionError)

    def test_short_way_is_taken(self) -> None:
        """What is small goes there, and what is to be compressed does not."""
        for is_compressed in (False, True):
            served = Served(is_short=True, is_compressed=is_compressed)
            served.play(("frame", 40))
            served.play(("frame", 200))

            self.assertEqual(served.went, 1 if is_compressed else 2)

    def test_nothing_is_not_waited_for(self) -> None:
        """Twisted drops empty writes, and tells nobody when they are done."""
        served = Served(is_short=True, is_compressed=False)

        served.server.write(b"")
        served.server.writeSequence([])

        self.assertTrue(served.socket.outlet.most)


class ClosedOutletTests(SocketCase):
    def test_transport_that_waits_has_none(self) -> None:
        """On a transport of somebody else nothing goes at once."""
        _, owner = self.connect()

        self.assertEqual(owner.socket.outlet.most, 0)
        self.assertFalse(owner.socket.outlet.take(b"frame"))
