"""The law of phases: bytes lead where the table says, or to a close."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Close, PeerError
from nexus.limit import Limits
from nexus.room import Client
from nexus.wire.frame import Opcode, read_client
from nexus.wire.frame import Request as RequestFrame
from nexus.wire.message import decode, encode
from nexus.wire.phase import NEXT, Phase
from tests import examples
from tests.support.room import Gate, scripted
from tests.support.table import Guest, Table

KNOWN = {opcode for _, opcode in NEXT}

LIMITS = Limits(messages_burst=100_000, bytes_per_second=1e9)

#: Types that a Room listens for, that it does not, and that are ours.
TYPES = [b"\xa1m", b"\xa5async", b"\xa1*", b"\x07", b"\xa3huh", b"\xae__nexus.resume"]
payloads = st.one_of(
    st.just(b""),
    st.binary(max_size=12),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3)),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=4,
    ).map(encode),
)
spoken = st.tuples(
    st.sampled_from((b"\x0d", b"\x11", b"\x15\x05", b"\x15\xcd\x01", b"\x2d")),
    st.sampled_from(TYPES),
    payloads,
).map(b"".join)
said = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([bytes((opcode,)) for opcode in range(32)]),
    st.tuples(st.integers(0, 255), st.binary(max_size=8)).map(
        lambda pair: bytes((pair[0],)) + pair[1]
    ),
    spoken,
    spoken,
)
#: What happens: bytes come, the Room lets the client in, or what hung goes on.
steps = st.lists(st.one_of(said, said, said, st.sampled_from(("let in", "go on"))))


def expected(phase: Phase, data: bytes) -> Phase:
    """Return where a frame leads, by the table and by the slow way to read frames."""
    opcode = data[0] & 0x1F if data else 0
    if opcode not in KNOWN:
        return phase
    then = NEXT.get((phase, Opcode(opcode)), Phase.LEAVING)
    if then is Phase.LEAVING:
        return then
    try:
        frame = read_client(data)
        payload = getattr(frame, "payload", b"")
        if payload and not isinstance(frame, RequestFrame):
            decode(payload)
    except PeerError:
        return Phase.LEAVING
    return then


class PhaseTests(SynchronousTestCase):
    def arrive(
        self, limits: Limits = LIMITS, *, leaves: bool = False
    ) -> tuple[Table, Gate, Guest]:
        """Let a socket come to a Room that has not let it in, and may keep it long."""
        table, gate = Table(limits), Gate()
        script = {"on_join": gate.wait}
        if leaves:
            script["on_leave"] = gate.wait
        room = scripted(script=script, unknown_message="ignore", auto_dispose=False)
        table.define(room)
        guest = table.knock()
        slow = self.slow = Gate()

        async def wait(client: Client, message: Any) -> Any:
            return await slow.wait()

        guest.actor.room.listen("m", lambda client, message: message)
        guest.actor.room.listen("async", wait)
        guest.actor.room.listen(7, lambda client, content: content, raw=True)
        guest.actor.room.listen("*", lambda client, type_, message: None)
        return table, gate, guest

    @given(steps)
    @settings(max_examples=examples(test=300, soak=20_000))
    @example(["let in", b"\x0d\xa1*"])
    @example([b"\x0c"])
    @example(["let in", b"\x0c"])
    @example(["let in", b"\x2d\xa1m"])
    def test_any_bytes_in_any_phase(self, steps: list[bytes | str]) -> None:
        """Bytes lead where the table says, close with 4002 or 4000, and never raise."""
        table, gate, guest = self.arrive()
        phase, waits = Phase.ARRIVED, False

        for step in steps:
            if step == "let in":
                phase = Phase.ANNOUNCED if phase is Phase.ARRIVED else phase
                gate.open()
            elif step == "go on":
                self.slow.open("done")
                phase, waits = guest.connection.phase, False
            else:
                assert isinstance(step, bytes)
                before = guest.connection.phase
                guest.say(step)
                # What waits behind a slow message is judged when its turn comes.
                waits = waits or bool(guest.connection.client.inbox is not None)  # type: ignore[union-attr]  # there since it came
                opcode = step[0] & 0x1F if step else 0
                if waits and opcode in (0x0D, 0x11, 0x15):
                    phase = guest.connection.phase
                else:
                    phase = expected(before, step)
            self.assertIs(guest.connection.phase, phase, step)
            if phase is Phase.LEAVING:
                self.assertIn(guest.code, (Close.ERROR, Close.CONSENTED))

        for _ in range(100):
            gate.open()
            self.slow.open()
        guest.drop()
        table.beat(40.0)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(len(guest.actor.seats), 0)
        self.assertEqual(guest.actor.dispatch._inboxes._count, 0)

    @given(said, st.booleans(), st.booleans())
    @settings(max_examples=examples(test=100, soak=1_000))
    @example(b"", False, False)
    @example(b"\x0d\xa1m", True, True)
    def test_no_frame_can_be_sent_without_end(
        self, frame: bytes, let_in: bool, leaves: bool
    ) -> None:
        """Whatever a client repeats in whichever phase, its socket is closed."""
        limits = Limits(messages_per_second=1.0, messages_burst=5)
        table, gate, guest = self.arrive(limits, leaves=leaves)
        if let_in:
            gate.open()
            guest.say(b"\x0c" if leaves else b"\x0a")

        for _ in range(8):
            guest.say(frame)

        self.assertIn(guest.code, (Close.ERROR, Close.CONSENTED))
        for _ in range(100):
            gate.open()
            self.slow.open()
        guest.drop()
        table.beat(40.0)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(len(guest.actor.seats), 0)
