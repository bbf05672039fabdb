"""The law of patches that go the short way."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.fanout.carrier import Carrier
from nexus.room.fanout.courier import PATCH
from nexus.room.fanout.format import SchemaFormat
from nexus.room.fanout.pace import Pace
from nexus.state import State, int32
from nexus.state.tree import Tree
from nexus.wire.dialect import CURRENT
from nexus.wire.envelope import seal
from tests import examples
from tests.net.served import Served

_STEPS = st.one_of(
    st.tuples(st.just("patch"), st.integers(1, 900)),
    st.tuples(st.just("patch"), st.integers(1, 900)),
    st.tuples(st.just("patch"), st.integers(1, 900)),
    st.tuples(st.just("room"), st.integers(1, 3_000)),
    st.tuples(st.just("wait"), st.floats(0, 2)),
    st.sampled_from([("turn",), ("echo",), ("echo",), ("close",)]),
)


class Deck(State):
    """Nothing much."""

    turn: int32 = 0


class _Format(SchemaFormat):
    """Writes patches as long as it is told to."""

    size = 0

    def patch(self, flush: Any, view: Any) -> bytes:
        """Return some bytes."""
        return b"q" * self.size


class _Guest:
    """A Client and its Connection in one, on a socket that a kernel of ours takes."""

    def __init__(self, format_: _Format) -> None:
        self.format = format_
        self.served = Served(is_short=True, is_compressed=False)
        self.pace = Pace()
        self.sounding: Any = None
        self.closed: int | None = None
        self.socket = self.served.socket
        self.outlet = self.socket.outlet
        self.deliver = self.socket.deliver

    @property
    def connection(self) -> Any:
        """Itself."""
        return self

    @property
    def ready(self) -> bool:
        """Whether it takes patches."""
        return self.closed is None


class _World:
    """A Carrier and one who is told, in one way or the other."""

    def __init__(self, *, is_short: bool) -> None:
        self.is_short, self.now = is_short, 0.0
        tree = Tree(Deck())
        guide: Any = _Guide()
        self.carrier = Carrier(tree, guide, lambda: self.now, lambda: None)
        self.flush = tree.flush()
        self.format = _Format(tree, CURRENT)
        self.guest: Any = _Guest(self.format)
        self.carrier.start(self.guest, self.guest, seal(b"S" * 50))

    def play(self, step: tuple[Any, ...]) -> None:
        """Do one thing."""
        guest = self.guest
        match step:
            case ("patch", size):
                self.format.size = size
                if self.is_short:
                    assert not self.carrier.tell_all(self.format, self.flush)
                elif guest.ready:
                    frame = seal(PATCH + b"q" * size)
                    self.carrier.tell(guest, guest, self.format, frame)
            case ("wait", seconds):
                self.now += seconds
            case ("echo",):
                probe = guest.socket._probe
                told = None if probe is None else probe.answer(probe._payload)
                if told is not None:
                    told()
            case ("close",):
                guest.closed = 4000
                guest.outlet.close()
                guest.socket.close(4000, "")
            case _:
                guest.served.play(step)


class _Guide:
    """Shows nothing beside the State."""

    spaces = ()

    def begin(self) -> None:
        """Need nothing."""

    def whole(self, _client: Any, _format: Any) -> bytes:
        """Return nothing."""
        return b""


class ShortWayTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=20_000))
    @given(st.lists(_STEPS, max_size=50))
    def test_all_are_told_as_one_by_one(self, steps: list[tuple[Any, ...]]) -> None:
        """The kernel takes the same bytes, and the same is known of the peer."""
        short, long = _World(is_short=True), _World(is_short=False)
        for step in steps:
            short.play(step)
            long.play(step)

            one, other = short.guest, long.guest
            self.assertEqual(one.served.kernel.taken, other.served.kernel.taken)
            self.assertEqual(one.pace.is_slow, other.pace.is_slow)
            self.assertEqual(one.sounding.since, other.sounding.since)
            if one.ready and one.pace.is_slow:
                self.assertLessEqual(one.outlet.spare, 0)
