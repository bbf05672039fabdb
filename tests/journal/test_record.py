"""Tests of what the payload of an entry is made of."""

from __future__ import annotations

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.journal import record
from nexus.journal.record import Timer, read_records
from nexus.journal.timer import timers_since
from nexus.wire.codec import pack

_ALL = [
    (record.patch_record(b"p" * 255), record.PatchRecord(b"p" * 255)),
    (record.patch_record(b"p" * 256), record.PatchRecord(b"p" * 256)),
    (
        record.member_record("s", {"auth": {"id": 2**60}, "roles": ["gm"]}),
        record.MemberRecord("s", {"auth": {"id": 2**60}, "roles": ["gm"]}),
    ),
    (record.gone_record("s"), record.GoneRecord("s")),
    (record.outbox_record("s", 7), record.OutboxRecord("s", 7)),
    (record.verdict_record("s", 3, 1, b"a"), record.VerdictRecord("s", 3, 1, b"a")),
    (
        record.input_record("s", "move", b"x", 0),
        record.InputRecord("s", "move", b"x", 0),
    ),
    (record.input_record("s", -5, b"", 2), record.InputRecord("s", -5, b"", 2)),
    (
        record.timers_record([Timer("t", b"a", 1.5, 2), Timer("u", b"", 7)]),
        record.TimersRecord((Timer("t", b"a", 1.5, 2.0), Timer("u", b"", 7.0))),
    ),
    (
        timers_since(
            {1: Timer("t", b"a", 1.5, 2), 2: Timer("u", b"", 7), 3: Timer("v", b"", 8)},
            {1: Timer("t", b"a", 3.5, 2), 3: Timer("v", b"", 8), 9: Timer("w", b"", 9)},
        ),
        record.TimerChangesRecord(((0, 3.5),), (1,), (Timer("w", b"", 9.0),)),
    ),
    (record.card_record({"locked": True}), record.CardRecord({"locked": True})),
    (record.jump_record(9, 10, "crash"), record.JumpRecord(9, 10, "crash")),
    (record.state_record(b"saved"), record.StateRecord(b"saved")),
]


class RecordTests(SynchronousTestCase):
    @given(st.lists(st.sampled_from(_ALL)))
    @example(_ALL)
    def test_records_come_back(self, some: list[tuple[bytes, record.Record]]) -> None:
        """Records one behind the other are read as they were written."""
        payload = b"".join(data for data, _ in some)

        self.assertEqual(list(read_records(payload)), [each for _, each in some])

    @given(st.binary(max_size=80))
    def test_any_bytes_are_read_or_refused(self, data: bytes) -> None:
        """No bytes do worse than a PeerError."""
        with contextlib.suppress(PeerError):
            list(read_records(data))

    @given(st.integers(0, len(_ALL) - 1), st.data())
    def test_bent_records_are_read_or_refused(
        self, which: int, data: st.DataObject
    ) -> None:
        """Nor do records of which a byte was changed."""
        bent = bytearray(_ALL[which][0])
        bent[data.draw(st.integers(0, len(bent) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(PeerError):
            list(read_records(bytes(bent)))

    def test_wrong_records_are_refused(self) -> None:
        """Unknown sorts, other lengths and impossible fields are refused."""
        for items in (
            [99],
            [-1],
            [0],
            [0, "text"],
            [1, "s", [1, "nobody", 1]],
            [1, "s", [1, "secret", "text"]],
            [1, "s", [1, "roles", [0, 1]]],
            [1, "s", 5],
            [6, [["t", b"", float("nan"), 0]]],
            [6, [["t", b"", 1, -1]]],
            [6, [["t", b"", 1]]],
            [8, -1, 1, ""],
        ):
            self.assertRaises(PeerError, list, read_records(pack(items)))
        self.assertRaises(PeerError, list, read_records(b"x" * 9, limit=8))

    def test_what_cannot_be_kept_is_refused(self) -> None:
        """A member has known fields of known types only."""
        self.assertRaises(ValueError, record.member_record, "s", {"nobody": 1})
        self.assertRaises(ValueError, record.member_record, "s", {"secret": "text"})
        self.assertRaises(ValueError, record.card_record, {"a": object()})
