"""The law of what clients tell they have applied."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.state import State, int32
from nexus.wire.frame import encode_message
from nexus.wire.message import encode
from nexus.wire.ours import APPLIED
from tests import examples
from tests.support.room import scripted
from tests.support.table import NATIVE, Guest, Table

_BODIES = st.one_of(
    st.integers(-2, 12).map(encode),
    st.integers(0, 1 << 64).filter(lambda n: n < 1 << 53).map(encode),
    st.sampled_from([1.0, 2.5, True, None, "3", [4], {"a": 5}]).map(encode),
    st.binary(max_size=6),
)


class Deck(State):
    """Nothing much."""

    turn: int32 = 0


def _told(*, is_ours: bool) -> Guest:
    """Sit as somebody who was sent some patches."""

    def create(room: Any, _: Any) -> None:
        room.state = Deck()

    table = Table()
    table.define(scripted(script={"on_create": create}))
    guest = table.sit(**(NATIVE if is_ours else {}))
    for _ in range(4):
        guest.actor.room.state.turn += 1
        table.beat()
    return guest


class ReportTests(SynchronousTestCase):
    @settings(max_examples=examples(test=150, soak=3_000))
    @given(st.lists(_BODIES, max_size=4), st.booleans())
    def test_it_is_heard_as_any_message_of_ours(
        self, bodies: list[bytes], is_ours: bool
    ) -> None:
        """The same is known of the client, and the same reports are refused."""
        fast, slow = _told(is_ours=is_ours), _told(is_ours=is_ours)
        for body in bodies:
            frame = encode_message(APPLIED, body)
            fast.say(frame)
            is_refused = False
            try:
                slow.actor.dispatch.hear(slow.client, slow.connection, frame)
            except PeerError:
                is_refused = True

            self.assertEqual(fast.socket.closed is not None, is_refused)
            if is_refused:
                break
            pace, other = fast.client.pace, slow.client.pace
            self.assertEqual(pace.outstanding, other.outstanding)
            self.assertEqual(pace.rate, other.rate)
