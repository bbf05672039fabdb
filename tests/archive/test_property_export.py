"""Tests of `nexus.archive.export`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.export import _HEAD, _MAGIC, _NUMBER, Export, _proof
from nexus.archive.port import Card, Found, Status
from nexus.errors import PeerError
from nexus.journal.chain import START, check
from nexus.journal.chunk import blocks_of
from nexus.journal.kept import Kept, recover
from nexus.journal.readable import readable
from nexus.journal.rows import KeptTable, RowCount
from nexus.journal.value import read_value, write_value
from nexus.state.table.block import Block
from nexus.wire.codec import Reader
from tests import examples
from tests.archive.test_folding import SHELF
from tests.cli.stored import NOW, Life
from tests.journal.values import values

_FIELDS = (
    *("room_id", "kind", "code", "key", "clients"),
    *("attributes", "created_at", "version", "payload"),
)


def town(**fields: Any) -> Found:
    """Return a Room as it is stored."""
    life = Life("town")
    said = {"kind": "arena", "code": "K7WD", "clients": 2, **fields}
    card = Card(
        room_id="town", epoch=3, owner="node", created_at=NOW, active_at=NOW, **said
    )
    return Found(card, life.stored, life.entries)


def sealed(body: bytes) -> bytes:
    """Return a file whose checksum is right, whatever is in it."""
    return _MAGIC + _NUMBER.pack(1) + _proof(body) + body


class ExportTests(SynchronousTestCase):
    def test_there_and_back(self) -> None:
        """What is read is what was written: a Room that sleeps, at its last version."""
        found = town(attributes={"metadata": {"\ud800": [1, 2.5, None]}})
        export = Export.read(Export.of(found).written())
        check(export.stored, [])

        self.assertEqual(export, Export.of(found))
        self.assertEqual(
            export.card,
            evolve(found.card, epoch=0, owner="", status=Status.HIBERNATING),
        )
        self.assertEqual((export.stored.number, export.stored.chain), (0, START))
        self.assertEqual(
            readable(Kept.of(export.stored)),
            readable(recover(found.stored, found.entries)),
        )

    def test_other_name(self) -> None:
        """By another name all else stays, and it was active just now."""
        export = Export.of(town())
        now = datetime(2027, 1, 1, tzinfo=UTC)
        other = export.renamed("other", now)
        check(other.stored, [])

        self.assertEqual(other.stored.room_id, "other")
        self.assertEqual(
            other.card, evolve(export.card, room_id="other", active_at=now)
        )
        self.assertEqual(other.stored.payload, export.stored.payload)

    @given(st.data())
    @settings(max_examples=examples(300, 5000))
    def test_any_byte(self, data: st.DataObject) -> None:
        """A file in which any byte is another, or that is cut anywhere, is refused."""
        written = bytearray(Export.of(town()).written())
        at = data.draw(st.integers(0, len(written) - 1))
        if data.draw(st.booleans()):
            written[at] ^= data.draw(st.integers(1, 255))
        else:
            del written[at:]

        self.assertRaises(PeerError, Export.read, bytes(written))

    @given(st.one_of(st.binary(max_size=99), values.map(write_value)))
    @settings(max_examples=examples(300, 5000))
    def test_hostile_bodies(self, body: bytes) -> None:
        """Whatever has the right checksum and is no Room is refused."""
        self.assertRaises(PeerError, Export.read, sealed(body))

    @given(st.sampled_from(_FIELDS), values)
    @settings(max_examples=examples(500, 5000))
    def test_hostile_fields(self, name: str, value: object) -> None:
        """A Room with anything in the place of a field is refused, or is a Room."""
        body = read_value(Reader(Export.of(town()).written()[len(sealed(b"")) :], 9999))
        try:
            export = Export.read(sealed(write_value({**body, name: value})))
        except PeerError:
            return
        check(export.stored, [])
        export.renamed("x", NOW).written()

    def test_payload_of_another_version(self) -> None:
        """A State that is not at the version that the file says is refused."""
        body = read_value(Reader(Export.of(town()).written()[len(sealed(b"")) :], 9999))
        wrong = sealed(write_value({**body, "version": 5}))

        error = self.assertRaises(PeerError, Export.read, wrong)
        self.assertIn("its room cannot be read", str(error))

    def test_later_version(self) -> None:
        """A file of a later Nexus is refused with a word of what to do."""
        data = Export.of(town()).written().replace(b"\0\1", b"\0\3", 1)

        error = self.assertRaises(PeerError, Export.read, data)
        self.assertIn("use the Nexus that wrote it", str(error))


class RowsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Store a Room with two Tables, one of them empty."""
        found = town()
        kept = recover(found.stored, found.entries)
        tables = [KeptTable(90, 0, "npcs"), KeptTable(91, 0, "birds")]
        kept.tables = {each.key: each for each in tables}
        kept.number, kept.chain = 0, START
        ids = np.array([3, 500, 700, 5_000_000])
        block = Block(SHELF, ids, [np.arange(4, dtype="<f4")])
        self.found = evolve(found, stored=kept.stored(), entries=[])
        self.rows = {90: [block], 91: []}
        self.export = Export.of(self.found, self.rows)

    def test_there_and_back(self) -> None:
        """Rows are in the file, and those that come out of it can be read."""
        export = Export.read(self.export.written()).renamed("other", NOW)
        places = [(each.key, each.chunk, each.number) for each in export.chunks]

        self.assertEqual(places, [(90, 0, 0), (90, 1, 0), (90, 9765, 0)])
        read = [block for each in export.chunks for block in blocks_of("other", each)]
        ids = np.concatenate([block.ids for block in read])
        self.assertEqual(ids.tolist(), [3, 500, 700, 5_000_000])
        kept = Kept.of(export.stored)
        assert kept.counts is not None
        self.assertEqual(
            [*kept.counts.values()], [RowCount(90, 3, 4), RowCount(91, 0, 0)]
        )
        self.assertGreater(kept.next_id, 5_000_000)

    def test_hostile_rows(self) -> None:
        """Rows that belong nowhere, or to another place, are refused."""
        good = self.export.chunks[0].payload
        for rows in (
            [[92, 0, good]],
            [[90, 1, good]],
            [[90, 0, good], [90, 0, good]],
            [[90, 0, good[:-1]]],
            [[90, 0]],
            [[True, 0, good]],
            ["rows"],
        ):
            values = read_value(Reader(self.export.written()[_HEAD:], 1 << 26))
            body = write_value({**values, "rows": rows})
            with self.assertRaises(PeerError):
                Export.read(_MAGIC + _NUMBER.pack(2) + _proof(body) + body)
