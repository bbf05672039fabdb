"""Tests of the three forms of ids."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import Reader, pack
from nexus.wire.native.ids import MAX_ID, binary, head_of, read_ids, varint, write_ids
from tests import examples


def read(data: bytes, room: int = 1000) -> list[int]:
    """Read ids from bytes that more follow."""
    return read_ids(Reader(data + b"\xc0" * room, 1 << 20))


class WriteTests(SynchronousTestCase):
    def test_one_id_is_an_int(self) -> None:
        """A single id is a plain int of any width."""
        for id_ in (0, 127, 128, 65536, MAX_ID):
            self.assertEqual(write_ids([id_]), pack(id_))

    def test_neighbours_are_a_run(self) -> None:
        """Ids without a gap are their first and their count."""
        self.assertEqual(write_ids([5, 6, 7]), binary(b"\0\5\3"))
        self.assertEqual(write_ids(range(300, 500)), binary(b"\0\xac\2\xc8\1"))

    def test_scattered_ids_are_steps(self) -> None:
        """Ids far apart are their first and the gaps between them."""
        self.assertEqual(write_ids([1, 10, 500]), binary(b"\1\1\x08\xe9\3"))

    def test_dense_ids_are_bits(self) -> None:
        """Ids close to each other are a bit each."""
        self.assertEqual(write_ids([3, 4, 6, 9]), binary(b"\2\3\x4b"))

    def test_heads_stand_alone(self) -> None:
        """The head of a bin is what msgpack writes before so many bytes."""
        for length in (1, 255, 256, 65_535, 65_536):
            self.assertEqual(head_of(length) + bytes(length), pack(bytes(length)))

    def test_numbers_take_seven_bits_a_byte(self) -> None:
        """A number is LEB128, whichever of the ways to write it is taken."""
        for number in (0, 127, 128, 300, 16_383, 16_384, MAX_ID):
            data = varint(number)
            self.assertEqual(
                sum((byte & 127) << 7 * at for at, byte in enumerate(data)), number
            )
            self.assertEqual([byte >> 7 for byte in data], [1] * (len(data) - 1) + [0])

    def test_heads_fit_their_length(self) -> None:
        """A bin is the same as what msgpack writes, beyond 255 bytes too."""
        for length in (0, 1, 255, 256, 70000):
            self.assertEqual(binary(b"x" * length), pack(b"x" * length))


class ReadTests(SynchronousTestCase):
    def test_forms_are_read(self) -> None:
        """Every form gives its ids, one id in a bin included."""
        for data, ids in [
            (pack(0), [0]),
            (pack(MAX_ID), [MAX_ID]),
            (binary(b"\0\0\1"), [0]),
            (binary(b"\0\5\3"), [5, 6, 7]),
            (binary(b"\1\7"), [7]),
            (binary(b"\1\1\x08\0"), [1, 10, 11]),
            (binary(b"\2\3\x4b"), [3, 4, 6, 9]),
            (binary(b"\2\3\1\0\0"), [3]),
            (binary(b"\2\3\1\x80"), [3, 18]),
        ]:
            self.assertEqual(read(data), ids)

    def test_largest_ids_are_read(self) -> None:
        """The last id below 2**53 is one, the next is none."""
        top = b"\xff\xff\xff\xff\xff\xff\xff\x0f"

        self.assertEqual(read(binary(b"\0" + top + b"\1")), [MAX_ID])
        for data in (b"\0" + top + b"\2", b"\1" + top + b"\0", b"\2" + top + b"\3"):
            self.assertRaises(PeerError, read, binary(data))
        self.assertRaises(PeerError, read, pack(MAX_ID + 1))

    def test_what_is_no_id_is_refused(self) -> None:
        """Anything that the format does not describe is refused."""
        for data in [
            pack(-1),
            pack(1.0),
            pack(None),
            pack(True),
            pack("1"),
            pack([1]),
            binary(b""),
            binary(b"\0"),
            binary(b"\0\1"),
            binary(b"\0\1\0"),
            binary(b"\0\1\1\1"),
            binary(b"\1"),
            binary(b"\1\1\x80"),
            binary(b"\2"),
            binary(b"\2\1"),
            binary(b"\2\1\0"),
            binary(b"\2\1\2"),
            binary(b"\3\1\1"),
            binary(b"\xff\1\1"),
        ]:
            self.assertRaises(PeerError, read, data)

    def test_long_numbers_are_refused(self) -> None:
        """A number of more bytes than any id needs is refused, however it ends."""
        for length in (9, 50, 5000):
            for form in (b"\0", b"\1", b"\2"):
                data = binary(form + b"\x80" * length + b"\1\1")
                self.assertRaises(PeerError, read, data)

    def test_runs_are_paid_for(self) -> None:
        """A run of more ids than the bytes can pay for makes none of them."""
        huge = binary(b"\0\0" + b"\x80" * 5 + b"\x20")

        self.assertRaises(PeerError, read, huge)
        self.assertRaises(PeerError, read, binary(b"\0\0\x80\2"), room=249)
        self.assertEqual(len(read(binary(b"\0\0\x80\2"), room=250)), 256)

    def test_steps_are_paid_for(self) -> None:
        """Steps stand for at most so many ids as there are bytes, in all of them."""
        data = binary(b"\1\0" + b"\0" * 90)
        reader = Reader(data + data + b"\xc0" * 10, 1 << 20)

        self.assertEqual(len(read_ids(reader)), 91)
        self.assertEqual(len(read_ids(reader)), 91)
        reader = Reader(data, 1 << 20)
        reader.name(4)
        self.assertRaises(PeerError, read_ids, reader)

    def test_bits_are_paid_for(self) -> None:
        """Bits stand for at most so many ids as the bytes can pay for."""
        self.assertRaises(PeerError, read, binary(b"\2\0" + b"\xff" * 90), room=0)


class RoundTripTests(SynchronousTestCase):
    @given(st.sets(st.integers(0, 400) | st.integers(0, MAX_ID), min_size=1))
    @settings(max_examples=examples(500, 20_000))
    def test_written_ids_are_read(self, ids: set[int]) -> None:
        """Whatever ids are written are read."""
        self.assertEqual(read(write_ids(sorted(ids))), sorted(ids))

    @given(
        st.integers(0, MAX_ID - 3000),
        st.lists(st.sampled_from([0, 0, 0, 0, 1, 2, 9, 127, 128]), max_size=200),
    )
    @settings(max_examples=examples(500, 20_000))
    def test_written_neighbours_are_read(self, first: int, gaps: list[int]) -> None:
        """Ids near each other are read too, and take no more bytes than steps."""
        ids = [first]
        for gap in gaps[:20]:
            ids.append(ids[-1] + 1 + gap)  # each stands on the last

        self.assertEqual(read(write_ids(ids)), ids)
        self.assertLessEqual(len(write_ids(ids)), 11 + 2 * len(ids))
