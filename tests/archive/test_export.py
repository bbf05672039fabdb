"""Tests of `nexus.archive.export`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.export import _MAGIC, _NUMBER, Export, _proof
from nexus.archive.port import Card, Found, Status
from nexus.errors import PeerError
from nexus.journal.chain import START, check
from nexus.journal.kept import Kept, recover
from nexus.journal.readable import readable
from nexus.journal.value import read_value, write_value
from nexus.wire.codec import Reader
from tests import examples
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
        data = Export.of(town()).written().replace(b"\0\1", b"\0\2", 1)

        error = self.assertRaises(PeerError, Export.read, data)
        self.assertIn("use the Nexus that wrote it", str(error))
