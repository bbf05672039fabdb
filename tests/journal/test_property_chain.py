"""Tests of how a journal names what came before."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.chain import START, DamagedJournal, check, checksum, link
from nexus.journal.entry import Entry, Stored

_payloads = st.lists(st.binary(max_size=12), min_size=1, max_size=5)


def journal(payloads: list[bytes]) -> tuple[Stored, list[Entry]]:
    """Return a snapshot with the first payload, and entries with the others."""
    first, *others = payloads
    stored = Stored("r", 0, 3, START, first, checksum("r", 0, 3, START, first))
    chain, entries = START, []
    for number, payload in enumerate(others, start=1):
        chain = link(chain, "r", number, 3 + number, payload)
        entries.append(Entry("r", 1, number, 3 + number, chain, payload))
    return stored, entries


class ChainTests(SynchronousTestCase):
    @given(_payloads)
    def test_what_was_written_passes(self, payloads: list[bytes]) -> None:
        """A journal as it was written is not damaged, nor is the start of it."""
        stored, entries = journal(payloads)

        check(stored, entries)
        check(stored, entries[:-1])

    @given(_payloads, st.data())
    def test_a_flipped_bit_is_found(
        self, payloads: list[bytes], data: st.DataObject
    ) -> None:
        """Any bit of a payload, a chain or the checksum is found, with its entry."""
        stored, entries = journal(payloads)
        rows: list[Stored | Entry] = [stored, *entries]
        at = data.draw(st.integers(0, len(rows) - 1))
        names = ["payload", "chain"] + (["checksum"] if at == 0 else [])
        name = data.draw(st.sampled_from([n for n in names if getattr(rows[at], n)]))
        old = getattr(rows[at], name)
        bent = bytearray(old)
        bent[data.draw(st.integers(0, len(old) - 1))] ^= 1 << data.draw(
            st.integers(0, 7)
        )
        rows[at] = attrs.evolve(rows[at], **{name: bytes(bent)})

        error = self.assertRaises(DamagedJournal, check, rows[0], rows[1:])

        self.assertEqual((error.room_id, error.number), ("r", at))

    def test_missing_and_swapped_entries_are_found(self) -> None:
        """An entry that is gone, there twice, or elsewhere is found."""
        stored, entries = journal([b"s", b"a", b"b", b"c"])
        one, two, three = entries
        for bent in (
            [two, three],
            [one, three],
            [one, one, two],
            [two, one, three],
            [attrs.evolve(one, payload=two.payload), two],
            [attrs.evolve(one, version=9)],
            [attrs.evolve(one, room_id="q")],
        ):
            self.assertRaises(DamagedJournal, check, stored, bent)

    def test_an_entry_is_of_one_room_only(self) -> None:
        """The same bytes in another Room have another chain."""
        self.assertNotEqual(link(START, "a", 1, 1, b""), link(START, "b", 1, 1, b""))

    def test_snapshots_name_their_chain(self) -> None:
        """A snapshot with another number, version or chain is found."""
        stored, _ = journal([b"s"])
        for change in (
            {"number": 1},
            {"version": 4},
            {"version": -1},
            {"chain": b"x" * 16},
            {"chain": b""},
        ):
            bent = attrs.evolve(stored, **change)
            self.assertRaises(DamagedJournal, check, bent, [])
