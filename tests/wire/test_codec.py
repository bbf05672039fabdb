"""Tests of `nexus.wire.codec`."""

from __future__ import annotations

import math
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import Kind, Reader, extension, pack, unpack

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
)


def reader(text: str) -> Reader:
    """Return a Reader of bytes that are spelled as hex."""
    data = bytes.fromhex(text)
    return Reader(data, len(data))


class PackTests(SynchronousTestCase):
    def test_text_and_bytes_are_told_apart(self) -> None:
        """Text is written as str and bytes as bin."""
        self.assertEqual(pack(["a", b"a"]), bytes.fromhex("92a161c40161"))

    def test_extension(self) -> None:
        """An ext value is written with its type."""
        self.assertEqual(pack(extension(0, b"\x00")), bytes.fromhex("d40000"))

    def test_failure_leaves_nothing_behind(self) -> None:
        """What was written before a value that cannot be is forgotten."""
        with self.assertRaises(TypeError):
            pack([1, 2, object()])

        self.assertEqual(pack(3), b"\x03")

    def test_subclasses_are_refused(self) -> None:
        """Only exact types are written, so no code of a value's own ever runs."""
        with self.assertRaises(TypeError):
            pack((1, 2))

    def test_unpack(self) -> None:
        """One whole value is read, and nothing else is taken for one."""
        self.assertEqual(unpack(bytes.fromhex("8101a162")), {1: "b"})
        for text in ("", "92", "0101", "c1", "a1ff", "819001"):
            with self.assertRaises(PeerError):
                unpack(bytes.fromhex(text))


class ReaderTests(SynchronousTestCase):
    @given(st.lists(SCALARS))
    def test_items_come_back(self, items: list[object]) -> None:
        """A stream of packed items is read as the same items, one step each."""
        data = b"".join(map(pack, items))
        read = Reader(memoryview(data), len(data))

        again = [read.item() for _ in items]

        self.assertEqual(again, items)
        self.assertEqual([type(one) for one in again], [type(one) for one in items])
        self.assertFalse(read.more())
        self.assertEqual(read.steps, len(items))
        read.end()

    def test_every_form_of_an_int(self) -> None:
        """An int is taken in any width, wider than need be as well."""
        for text in [
            "05",
            "cc05",
            "cd0005",
            "ce00000005",
            "cf0000000000000005",
            "d005",
        ]:
            self.assertEqual(reader(text).integer(0, 9), 5)

    def test_floats_that_are_not_finite(self) -> None:
        """NaN and infinity pass: the caller judges them."""
        self.assertTrue(math.isnan(float(str(reader("cb7ff8000000000000").item()))))
        self.assertEqual(reader("ca7f800000").item(), math.inf)

    def test_integer_bounds(self) -> None:
        """An int within the bounds passes; one outside, a bool or a float does not."""
        self.assertEqual(reader("ff").integer(-1, -1), -1)
        for text in ("05", "c3", "cb3ff0000000000000", "a161", "c0"):
            with self.assertRaises(PeerError):
                reader(text).integer(0, 4)

    def test_text_and_data(self) -> None:
        """Text and bytes are read as what they are and as nothing else."""
        self.assertEqual(reader("a161").text(), "a")
        self.assertEqual(reader("c40161").data(), b"a")
        with self.assertRaises(PeerError):
            reader("c40161").text()
        with self.assertRaises(PeerError):
            reader("a161").data()

    def test_arrays(self) -> None:
        """The head of an array is read in each of its forms; its items come next."""
        for text in ("9205c0", "dc000205c0", "dd0000000205c0"):
            read = reader(text)
            self.assertEqual(read.array(), 2)
            self.assertEqual([read.item(), read.item()], [5, None])
            read.end()
            self.assertEqual(read.steps, 3)

    def test_arrays_that_cannot_be(self) -> None:
        """A head that claims more than there is, or is none, is refused."""
        for text in ("91", "dc00", "dd00", "ddffffffff", "dc000301", "05", "80", ""):
            with self.assertRaises(PeerError):
                reader(text).array()

    def test_nested_values_are_refused(self) -> None:
        """Where one plain value belongs, an array, map or ext is refused, empty too."""
        for text in (
            "90",
            "80",
            "9101",
            "dd00000000",
            "d40000",
            "c70005",
            "d6ff00000000",
        ):
            with self.assertRaises(PeerError):
                reader(text).item()

    def test_bytes_that_are_no_item(self) -> None:
        """What is cut off, unused or no UTF-8 is refused."""
        for text in (
            "",
            "cd01",
            "a56162",
            "dbffffffff61",
            "c6ffffffff61",
            "c1",
            "a1ff",
        ):
            with self.assertRaises(PeerError):
                reader(text).item()

    def test_peek(self) -> None:
        """The kind of the next item is told without reading it."""
        kinds = {
            Kind.NIL: ("c0",),
            Kind.BOOLEAN: ("c2", "c3"),
            Kind.INTEGER: (
                "00",
                "7f",
                "e0",
                "ff",
                "cc80",
                "cf0000000000000005",
                "d080",
            ),
            Kind.FLOAT: ("ca00000000", "cb0000000000000000"),
            Kind.TEXT: ("a0", "bf", "d900", "db00000000"),
            Kind.DATA: ("c400", "c600000000"),
            Kind.ARRAY: ("90", "9f", "dc0000", "dd00000000"),
            Kind.OTHER: ("80", "8f", "de0000", "df00000000", "c1", "c70000", "d40000"),
        }
        for kind, texts in kinds.items():
            for text in texts:
                read = reader(text)
                self.assertIs(read.peek(), kind)
                self.assertEqual(read.steps, 0)

    def test_peek_at_the_end(self) -> None:
        """Behind the last item there is nothing to tell."""
        with self.assertRaises(PeerError):
            reader("").peek()

    def test_end_before_the_end(self) -> None:
        """Bytes that nobody read are refused."""
        with self.assertRaises(PeerError):
            reader("0505").end()

    def test_nothing_is_read_after_a_failure(self) -> None:
        """A Reader that met bad bytes refuses to go on, whatever it is asked."""
        for text in ("a5619205", "c19205", "9005", "910505"):
            read = reader(text)
            with self.assertRaises(PeerError):
                read.item()
            for act in (read.item, read.array, read.peek, read.more, read.end):
                with self.assertRaises(PeerError):
                    act()

    def test_limit(self) -> None:
        """More bytes than allowed are not even begun."""
        with self.assertRaises(PeerError):
            Reader(b"\x01\x02", 1)

    def test_claims(self) -> None:
        """Values made without reading are counted, and seven a byte are allowed."""
        read = reader("0505")
        read.item()
        read.claim(14)

        self.assertEqual(read.values, 15)
        with self.assertRaises(PeerError):
            read.claim(1)

    def test_claimed_lengths_cost_no_memory(self) -> None:
        """Heads that claim elements in their milliards make room for none."""
        for text in ("ddffffffff", "dfffffffff", "dbffffffff", "c9ffffffff00"):
            data = bytes.fromhex(text) * 200
            tracemalloc.start()
            try:
                for read in (Reader.item, Reader.array):
                    with self.assertRaises(PeerError):
                        read(Reader(data, len(data)))
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            self.assertLess(peak, 256 * 1024)

    def test_claims_inside_each_other_cost_no_memory(self) -> None:
        """Two hundred arrays that each claim most of the bytes make room for none."""
        data = bytes.fromhex("dc0200") * 200
        tracemalloc.start()
        try:
            with self.assertRaises(PeerError):
                Reader(data, len(data)).item()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        self.assertLess(peak, 256 * 1024)
