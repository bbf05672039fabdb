"""Tests of the witness beside a database."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.store.witness import Mark, Witness, passed
from tests import examples

_COUNTS = st.integers(0, 2**32 - 1)


class WitnessTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Name a database."""
        folder = Path(self.mktemp())
        folder.mkdir()
        self.path = str(folder / "nexus.db")
        self.file = Path(f"{self.path}.witness")

    def taken(self) -> Witness:
        """Take its witness."""
        witness = Witness(self.path, full=False)
        self.assertTrue(witness.take())
        self.addCleanup(witness.close)
        return witness

    def again(self, witness: Witness) -> Witness:
        """Take it once more, as another process."""
        witness.close()
        return self.taken()

    def test_new_one_knows_nothing(self) -> None:
        """A witness that was not there knows of no commit, and is for us only."""
        witness = self.taken()

        self.assertEqual((witness.count, witness.marks), (None, {}))
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)

    def test_it_remembers(self) -> None:
        """The next process finds the last count, and the last entry of each Room."""
        witness = self.taken()
        witness.write(1, {"a": 1, "b": 1})
        witness.write(2, {"a": 2})
        witness.write(3, {})

        found = self.again(witness)

        self.assertEqual(found.count, 3)
        self.assertEqual(found.marks, {"a": Mark(2, 2), "b": Mark(1, 1)})

    def test_one_process_at_a_time(self) -> None:
        """Who comes second does without, until the first lets go of it."""
        first, second = self.taken(), Witness(self.path, full=False)
        self.addCleanup(second.close)

        self.assertFalse(second.take())
        with self.assertRaises(OSError):
            second.write(1, {})
        first.write(7, {"a": 1})
        first.close()

        self.assertTrue(second.take())
        self.assertEqual(second.count, 7)

    def test_file_never_grows(self) -> None:
        """However much is written, the file is as large as before, and knows it all."""
        witness = self.taken()
        size = self.file.stat().st_size
        rooms = [f"room-{number}" for number in range(500)]
        for count in range(1, 300):
            witness.write(count, dict.fromkeys(rooms, count))
            if count % 50 == 0:
                witness = self.again(witness)
        witness = self.again(witness)

        self.assertEqual(self.file.stat().st_size, size)
        self.assertEqual(witness.count, 299)
        self.assertEqual(witness.marks, dict.fromkeys(rooms, Mark(299, 299)))

    def test_rooms_of_long_ago_are_forgotten(self) -> None:
        """Of more Rooms than there is place for, those written last are known."""
        witness = self.taken()
        for count in range(1, 61):
            numbers = {f"room-{count}-{number}": 1 for number in range(1_000)}
            witness.write(count, numbers)

        found = self.again(witness)

        self.assertIn("room-60-999", found.marks)
        self.assertNotIn("room-1-0", found.marks)
        self.assertGreater(len(found.marks), 5_000)

    def test_one_commit_of_very_many_rooms(self) -> None:
        """A commit that does not fit is known by its count, and most of its Rooms."""
        witness = self.taken()
        witness.write(1, {"old": 1})
        witness.write(2, {f"room-{number}": 1 for number in range(40_000)})

        found = self.again(witness)

        self.assertEqual(found.count, 2)
        self.assertNotIn("old", found.marks)

    def test_made_anew(self) -> None:
        """One that is made anew believes what it is told, also an older count."""
        witness = self.taken()
        for count in range(1, 100):
            witness.write(count, {"a": count, "b": count})
        witness.renew(5, {"a": 4})

        found = self.again(witness)

        self.assertEqual((found.count, found.marks), (5, {"a": Mark(5, 4)}))

    @settings(max_examples=examples(test=60, soak=1_000))
    @given(st.integers(0, 3_000), st.integers(1, 255), st.booleans())
    def test_damage_makes_it_know_less(self, at: int, flip: int, cut: bool) -> None:
        """Whatever becomes of the file, no commit is made up, nor an entry."""
        self.file.unlink(missing_ok=True)
        witness = self.taken()
        for count in range(1, 41):
            witness.write(count, {"a": count, f"room-{count % 3}": count})
        witness.close()
        data = bytearray(self.file.read_bytes())
        data[at] ^= flip
        self.file.write_bytes(data[:at] if cut else data)

        found = self.taken()
        found.close()

        self.assertLessEqual(found.count or 0, 40)
        for room_id, mark in found.marks.items():
            self.assertEqual(mark.count, mark.number)
            self.assertIn(room_id, ("a", "room-0", "room-1", "room-2"))

    def test_torn_begin_of_a_half(self) -> None:
        """If the process dies while a half is begun, the other one is believed."""
        witness = self.taken()
        rooms = dict.fromkeys((f"room-{number}" for number in range(1_000)), 1)
        count, halves, before = 0, {witness._half}, b""
        while len(halves) == 1 and count < 1_000:
            count += 1
            before = os.pread(witness._file or 0, 2**20, 0)
            witness.write(count, rooms)
            halves.add(witness._half)
        after = self.file.read_bytes()
        half = len(after) // 2
        torn = bytearray(before)
        torn[half : half + 5_000] = after[half : half + 5_000]
        self.file.write_bytes(torn)

        found = self.again(witness)

        self.assertEqual(found.count, count - 1)
        self.assertEqual(len(found.marks), 1_000)

    @given(_COUNTS, st.integers(-(2**31), 2**31 - 1))
    def test_counts_go_round(self, since: int, commits: int) -> None:
        """The way from one count to another is found also around the end."""
        self.assertEqual(passed(since, (since + commits) % 2**32), commits)
