"""Tests of columns."""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.state import State, Tree
from nexus.state.field import Field
from nexus.wire.codec import Reader, pack
from nexus.wire.native.column import (
    column_of,
    pack_raw,
    pack_values,
    packer_of,
    read_column,
    read_raw,
    read_values,
    write_raw,
)
from nexus.wire.native.ids import binary
from tests import examples
from tests.strategies import KINDS, FieldPlan, WorldPlan, build, value


def field_of(kind: str, *, shape: str = "one", optional: bool = False) -> Field:
    """Return the one field of a new State class."""
    return class_of(kind, shape=shape, optional=optional).__layout__.fields[0]


def class_of(kind: str, *, shape: str = "one", optional: bool = False) -> type[State]:
    """Return a State class with one field, `f0_0`."""
    plan = FieldPlan(shape, kind, "everyone", optional, "")
    return build(WorldPlan(((plan,),), inherits=False))[0]


FIELDS = {
    (kind, optional): class_of(kind, optional=optional)
    for kind in KINDS
    for optional in (False, True)
}
MANY = {kind: field_of(kind, shape="list") for kind in KINDS}


def reader(data: bytes) -> Reader:
    """Return a Reader of exactly these bytes."""
    return Reader(data, 1 << 20)


def column(kind: str, data: bytes, count: int, *, optional: bool = False) -> list[Any]:
    """Read a column of a kind to its end."""
    read = reader(data)
    found = read_column(read, MANY[kind].kind, count, optional=optional)
    read.end()
    return found


class PackerTests(SynchronousTestCase):
    @given(
        st.sampled_from(sorted({k.kind.width for k in MANY.values()} - {""})),
        st.lists(st.integers(0, 60), max_size=40),
    )
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_columns_are_little_endian(self, width: str, numbers: list[int]) -> None:
        """In whichever order the machine packs, the bytes are those of the protocol."""
        values = [bool(n) if width == "?" else n / 4 if width in "fd" else n
                  for n in numbers]  # fmt: skip
        packer = packer_of(width, len(values))

        self.assertEqual(
            packer.pack(*values), struct.pack(f"<{len(values)}{width}", *values)
        )
        self.assertEqual(packer.size, struct.calcsize(f"<{len(values)}{width}"))


class RawTests(SynchronousTestCase):
    @given(
        st.sampled_from(sorted(k for k, each in MANY.items() if each.kind.width)),
        st.lists(st.integers(0, 60), min_size=1, max_size=40),
    )
    @settings(max_examples=examples(test=400, soak=10_000))
    def test_raw_columns_are_the_same(self, name: str, numbers: list[int]) -> None:
        """Columns of Tables are read and written as those of entities are."""
        kind = MANY[name].kind
        data = pack_raw(kind, [MANY[name].kind.check(value(name, n)) for n in numbers])
        read = reader(data)

        raw = read_raw(read, kind, len(numbers))

        read.end()
        self.assertEqual(write_raw(kind, raw), data)

    def test_what_is_no_column_is_refused(self) -> None:
        """Raw values that the kind does not hold, or too few of them, are refused."""
        for name, data, count in [
            ("bool", binary(b"\0\2"), 2),
            ("enum", binary(b"\0\xff"), 2),
            ("enum", pack(255), 1),
            ("datetime", binary(struct.pack("<qq", 0, 1 << 62)), 2),
            ("datetime", binary(struct.pack("<qq", -(1 << 62), 0)), 2),
            ("int8", binary(b"\1\2\3"), 2),
            ("int8", binary(b""), 1),
            ("int8", pack([1, 2]), 2),
            ("int8", pack([1]), 1),
            ("int8", pack(None), 1),
            ("int8", pack(1), 2),
        ]:
            kind = MANY[name].kind
            self.assertRaises(PeerError, read_raw, reader(data), kind, count)


class RoundTripTests(SynchronousTestCase):
    @given(
        st.sampled_from(list(KINDS)),
        st.booleans(),
        st.lists(st.none() | st.integers(0, 60), min_size=1, max_size=40),
    )
    @settings(max_examples=examples(800, 20_000))
    def test_fields_are_read_as_written(
        self, kind: str, optional: bool, numbers: list[int | None]
    ) -> None:
        """The values of a field are read as they were written, one or several."""
        cls = FIELDS[kind, optional]
        states = [cls() if n is None else cls(f0_0=value(kind, n)) for n in numbers]
        values = [state.f0_0 for state in states]
        each = cls.__layout__.fields[0]

        many = reader(column_of(each).many(states))
        one = reader(column_of(each).one(states[0]))

        self.assertEqual(
            read_column(many, each.kind, len(values), optional=optional), values
        )
        self.assertEqual(read_column(one, each.kind, 1, optional=optional), values[:1])
        many.end()
        one.end()

    @given(
        st.sampled_from(list(KINDS)),
        st.lists(st.integers(0, 60), min_size=1, max_size=40),
    )
    @settings(max_examples=examples(500, 20_000))
    def test_values_tell_their_count(self, kind: str, numbers: list[int]) -> None:
        """The values of a container are read as written, without a known count."""
        each = MANY[kind]
        assert each.kind is not None
        values = [each.kind.check(value(kind, n)) for n in numbers]
        read = reader(pack_values(each, values))

        self.assertEqual(read_values(read, each.kind), values)
        read.end()

    @given(
        st.sampled_from(list(KINDS)),
        st.lists(st.none() | st.integers(0, 60), min_size=1, max_size=40),
    )
    @settings(max_examples=examples(500, 20_000))
    def test_what_was_read_is_written_again(
        self, kind: str, numbers: list[int | None]
    ) -> None:
        """Values that a reader knows, nil among them, survive another writing."""
        held = MANY[kind].kind
        assert held is not None
        values = [None if n is None else held.check(value(kind, n)) for n in numbers]

        self.assertEqual(
            column(kind, pack_raw(held, values), len(values), optional=True), values
        )

    @given(st.lists(st.none() | st.integers(0, 300), min_size=1, max_size=30))
    @settings(max_examples=examples(300, 20_000))
    def test_ids_of_entities_are_read(self, ids: list[int | None]) -> None:
        """Entities are their ids, in any order and with nil among them."""
        data = pack_raw(None, ids)

        self.assertEqual(read_column(reader(data), None, len(ids), optional=True), ids)


class BytesTests(SynchronousTestCase):
    def test_fixed_width_is_little_endian(self) -> None:
        """Several values with a width are one bin, little endian."""
        self.assertEqual(pack_raw(MANY["int16"].kind, [1, -2]), binary(b"\1\0\xfe\xff"))
        self.assertEqual(
            pack_raw(MANY["float32"].kind, [1.5, 0.0]),
            binary(struct.pack("<2f", 1.5, 0.0)),
        )
        self.assertEqual(pack_raw(MANY["bool"].kind, [True, False]), binary(b"\1\0"))

    def test_one_value_is_an_item(self) -> None:
        """One value is its raw value, and a float32 takes five bytes."""
        self.assertEqual(pack_raw(MANY["int64"].kind, [7]), pack(7))
        self.assertEqual(
            pack_raw(MANY["float32"].kind, [0.5]), struct.pack(">Bf", 0xCA, 0.5)
        )
        self.assertEqual(pack_raw(MANY["bytes"].kind, [b"ab"]), binary(b"ab"))

    def test_holes_make_an_array(self) -> None:
        """A nil among values with a width turns the bin into an array."""
        self.assertEqual(pack_raw(MANY["uint8"].kind, [1, None]), pack([1, None]))

    def test_references_are_ids(self) -> None:
        """Entities with ascending ids are ids, others an array."""
        self.assertEqual(pack_raw(None, [5, 6, 7]), binary(b"\0\5\3"))
        self.assertEqual(pack_raw(None, [6, 5]), pack([6, 5]))
        self.assertEqual(pack_raw(None, [6, None]), pack([6, None]))
        self.assertEqual(pack_raw(None, [6]), pack(6))

    def test_references_of_states_are_written(self) -> None:
        """A field that refers to States is written as their ids, or nil."""
        below = class_of("int8")
        holder = type(State)(
            "Holder",
            (State,),
            {"__annotations__": {"ref": below | None}, "__module__": __name__},
        )
        root = holder(ref=below())
        Tree(root)
        written = column_of(holder.__layout__.fields[0])

        self.assertEqual(written.one(root), pack(root.ref._id))
        self.assertEqual(written.many([root, holder()]), pack([root.ref._id, None]))


class ReadTests(SynchronousTestCase):
    def test_one_value_may_stand_in_a_bin_or_an_array(self) -> None:
        """A column of one value is an item, a bin of one, or an array of one."""
        for kind, data, one in [
            ("int8", pack(7), 7),
            ("int8", binary(b"\7"), 7),
            ("str", pack("a"), "a"),
            ("str", pack(["a"]), "a"),
        ]:
            self.assertEqual(column(kind, data, 1), [one])
            self.assertEqual(read_values(reader(data), MANY[kind].kind), [one])

    def test_a_bin_of_bytes_is_one_value(self) -> None:
        """A bin is one value of type bytes, with or without a known count."""
        data = pack(b"abc")

        self.assertEqual(column("bytes", data, 1), [b"abc"])
        self.assertEqual(read_values(reader(data), MANY["bytes"].kind), [b"abc"])

    def test_ints_of_any_width_are_values(self) -> None:
        """An int may be wider than it needs to be; a float field takes an int."""
        self.assertEqual(column("int8", b"\xd3" + b"\xff" * 8, 1), [-1])
        self.assertEqual(column("float64", pack(3), 1), [3.0])
        self.assertIsInstance(column("float32", pack(3), 1)[0], float)

    def test_values_out_of_range_are_refused(self) -> None:
        """A value that the field cannot hold is refused, alone and in a column."""
        for kind, data, count in [
            ("int8", pack(128), 1),
            ("int8", pack([1, -129]), 2),
            ("uint8", pack(-1), 1),
            ("int64", pack(1 << 63), 1),
            ("number", pack((1 << 53) + 1), 1),
            ("bool", binary(b"\2"), 1),
            ("bool", binary(b"\1\2"), 2),
            ("enum", pack(3), 1),
            ("enum", pack(-1), 1),
            ("enum", binary(b"\0\3"), 2),
            ("many", binary(b"\x2c\1\0\0"), 2),
            ("clamp", binary(b"\xff\0"), 2),
            ("clamp", pack(255), 1),
            ("datetime", pack(1 << 60), 1),
            ("datetime", binary(b"\xff" * 7 + b"\x7f" + b"\0" * 8), 2),
            ("datetime", pack(-62135596800001), 1),
        ]:
            self.assertRaises(PeerError, column, kind, data, count)

    def test_floats_beyond_their_bits_are_refused(self) -> None:
        """A number that no float32 comes near is refused where one belongs."""
        self.assertRaises(PeerError, column, "float32", pack(1e300), 1)

    def test_values_of_another_type_are_refused(self) -> None:
        """A value of a type that the field does not hold is refused."""
        wrong: dict[str, list[Any]] = {
            "bool": [0, 1, 1.0, "true"],
            "int8": [True, 1.0, "1"],
            "float64": [True, "1"],
            "number": [False, "1", b"1"],
            "str": [1, b"a", True],
            "bytes": ["a", 1],
            "enum": ["NORTH", True, 1.0],
            "datetime": [1.5, "1970", True],
            "wrap": [0.5, True],
        }
        for kind, values in wrong.items():
            for item in values:
                self.assertRaises(PeerError, column, kind, pack(item), 1)
                self.assertRaises(PeerError, column, kind, pack([item]), 1)

    def test_nil_needs_an_optional_field(self) -> None:
        """Nil is refused unless the field is optional, and in containers always."""
        for data, count in [(pack(None), 1), (pack([None]), 1), (pack([1, None]), 2)]:
            self.assertRaises(PeerError, column, "int8", data, count)
            self.assertEqual(column("int8", data, count, optional=True)[-1], None)
            self.assertRaises(PeerError, read_values, reader(data), MANY["int8"].kind)

    def test_lengths_are_checked(self) -> None:
        """A column of another length, or with a part of a value, is refused."""
        for kind, data, count in [
            ("int8", binary(b"\1\2"), 3),
            ("int8", binary(b"\1\2"), 1),
            ("int8", binary(b""), 1),
            ("int8", pack([]), 1),
            ("int8", pack([1, 2]), 1),
            ("int8", pack(1), 2),
            ("int16", binary(b"\1\2\3"), 1),
            ("int16", binary(b"\1\2\3\4\5"), 2),
            ("str", binary(b"ab"), 2),
            ("str", pack("ab"), 2),
            ("bytes", pack(b"ab"), 2),
        ]:
            self.assertRaises(PeerError, column, kind, data, count)
        for data in (binary(b""), pack([])):
            self.assertRaises(PeerError, read_values, reader(data), MANY["int8"].kind)

    def test_entities_are_ids(self) -> None:
        """Where entities stand only ids are read, and nil where it may be."""
        self.assertEqual(read_values(reader(binary(b"\0\1\2")), None), [1, 2])
        self.assertEqual(
            read_column(reader(pack([3, None])), None, 2, optional=True), [3, None]
        )
        for item in (None, True, 1.0, "1", -1, 1 << 53, [1, None], []):
            self.assertRaises(PeerError, read_values, reader(pack(item)), None)
