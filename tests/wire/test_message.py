"""Tests of `nexus.wire.message`."""

from __future__ import annotations

import copy
import json
import math
import pickle
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import pack
from nexus.wire.message import UNDEFINED, BigInt, Limits, decode, encode
from tests import ROOT

VECTORS = ROOT / "tests" / "vectors" / "colyseus"

MOMENT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)

#: What a peer sends for values that JSON cannot spell, by the name of their row.
SPECIAL: dict[str, Any] = {
    "undefined": UNDEFINED,
    "function": UNDEFINED,
    "negzero": 0,
    "nan": math.nan,
    "inf": math.inf,
    "ninf": -math.inf,
    "bigint 1": 1,
    "bigint 2^63": 2**63,
    "bigint -1": -1,
    "lone": "\ufffd",
    "undefined member": {"a": UNDEFINED, "b": 1},
    "undefined in array": [UNDEFINED],
    "date": MOMENT.replace(microsecond=678_000),
    "date whole second": MOMENT,
    "date before 1970": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    "invalid date": None,
    "bytes": b"\x01\x02\x03",
    "arraybuffer": b"\x09\x08",
    "map": {"k": 1, 2: "n"},
    "set": [1, 2],
    "regexp": ["ab+", "gi"],
    "error": ["Error", "e", UNDEFINED],
    "class": {"a": 1},
    "tojson": {"j": 1},
    "70 different shapes in one array": [{f"k{n}": n} for n in range(70)],
}

#: What the SDK makes of bytes, by their hex, where Python has another word for it.
READ: dict[str, Any] = {
    "810102": {1: 2},
    "81c001": {None: 1},
    "cb7ff8000000000000": math.nan,
    "d40000": UNDEFINED,
    "d40001": UNDEFINED,
    "c7010001": UNDEFINED,
    "d6ff65937d25": MOMENT,
    "d7ffa1a5d60065937d25": MOMENT.replace(microsecond=678_000),
    "c70cff2869758000000000ffffff00": datetime(
        2106, 2, 7, 6, 24, 0, 678_000, tzinfo=UTC
    ),
    "d4ffff": None,
}

#: What nobody sends, though the SDK would take it: its byte that means nothing, and the
#: extension of ints beyond 64 bits, which its own encoder has switched off.
NEVER_SENT = {"c1", "d6420000000a"}

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**32 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.just(UNDEFINED)
    | st.datetimes(timezones=st.just(UTC)).map(lambda one: one.replace(fold=0)),
    lambda inner: (
        st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20)
    ),
)


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a file of vectors."""
    frames: list[dict[str, str]] = json.loads((VECTORS / name).read_text())["frames"]
    return frames


def value_of(row: dict[str, str]) -> Any:
    """Return the Python value that a row of what the SDK writes speaks of."""
    name = row["name"]
    return SPECIAL[name] if name in SPECIAL else json.loads(row["value"])


def read(text: str, limits: Limits | None = None) -> Any:
    """Decode bytes that are spelled as hex."""
    data = bytes.fromhex(text)
    return decode(data, limits) if limits else decode(data)


def tagged(value: Any) -> Any:
    """Return a value in which 1, 1.0 and True differ, and NaN is equal to NaN."""
    if isinstance(value, list):
        return [tagged(one) for one in value]
    if isinstance(value, dict):
        return [(tagged(key), tagged(one)) for key, one in value.items()]
    return (type(value), repr(value))


class VectorTests(SynchronousTestCase):
    def test_what_the_sdk_writes(self) -> None:
        """Every payload of the SDK is read as the value that it was made of."""
        for row in rows("msgpack-encode.json"):
            expected = value_of(row)
            if row["hex"].startswith("cb"):
                # JavaScript has no ints, so a large one comes as a float.
                expected = float(expected)
            elif row["hex"][:2] in ("cf", "d3"):
                expected = BigInt(expected)

            self.assertEqual(tagged(read(row["hex"])), tagged(expected), row["name"])

    def test_what_the_server_writes(self) -> None:
        """What Colyseus' own server writes for these values is read alike."""
        for row in rows("msgpack-encode.json"):
            theirs = tagged(read(row["server"]))

            self.assertEqual(theirs, tagged(read(row["hex"])), row["name"])

    def test_what_the_sdk_reads(self) -> None:
        """What the SDK reads is read as the same value, and its errors are ours."""
        for row in rows("msgpack-decode.json"):
            text, value = row["hex"], row["value"]
            if value.startswith("throws") or text in NEVER_SENT:
                with self.assertRaises(PeerError):
                    read(text)
                continue
            if text in READ:
                expected = READ[text]
            elif value.startswith("bigint"):
                expected = BigInt(value.split()[1])
            elif value.startswith("Uint8Array"):
                expected = bytes.fromhex(value.split()[1])
            else:
                expected = json.loads(value)

            self.assertEqual(tagged(read(text)), tagged(expected), text)

    def test_what_we_write(self) -> None:
        """What we write the SDK reads as it reads its server's bytes for the value."""
        for row in rows("msgpack-encode.json"):
            value = value_of(row)
            if row["name"] in ("bigint 2^63", "map"):
                with self.assertRaises(ValueError):
                    encode(value)
            elif row["name"] in ("bigint 1", "bigint -1", "lone", "invalid date"):
                # Python has no equal of these; it sends the values that it read.
                self.assertEqual(decode(encode(value)), value)
            else:
                ours, theirs = encode(value), row["server"]
                self.assertEqual(tagged(decode(ours)), tagged(read(theirs)))
                # The forms are the same, and theirs spends two more bytes on a map.
                self.assertEqual(
                    len(ours), (len(theirs) - 4 * theirs.count("de00")) / 2
                )


class DecodeTests(SynchronousTestCase):
    @given(PLAIN)
    def test_round_trip(self, value: Any) -> None:
        """What is sent comes back as the same value of the same types."""
        self.assertEqual(tagged(decode(encode(value))), tagged(value))

    @given(st.binary(max_size=32) | PLAIN.map(encode))
    def test_shortcut_changes_nothing(self, data: bytes) -> None:
        """A payload of few bytes means the same beside one that forbids shortcuts."""
        # The first is an ext, which the shortcut leaves alone.
        longer = b"\x92\xd4\x00\x00" + data
        try:
            alone: Any = tagged(decode(data, Limits(depth=32)))
        except PeerError:
            with self.assertRaises(PeerError):
                decode(longer, Limits(depth=33))
        else:
            both = decode(longer, Limits(depth=33))
            self.assertEqual(tagged(both[1]), alone)

    def test_id_means_int_until_it_is_defined(self) -> None:
        """A byte is an int before a record of that id, and a record after it."""
        self.assertEqual(read("9140"), [64])
        self.assertEqual(read("9340d4724091a161014002"), [64, {"a": 1}, {"a": 2}])

    def test_redefinition_wins(self) -> None:
        """An id that is defined again means the newer shape."""
        self.assertEqual(
            read("93d4724091a16101d4724091a162024003"), [{"a": 1}, {"b": 2}, {"b": 3}]
        )

    def test_nested_records(self) -> None:
        """A record in a record, an array and a map is read, whoever defined it."""
        self.assertEqual(
            read("d4724092a161a16201d4724191a1639301d4724291a164cc4042cc41"),
            {"a": 1, "b": {"c": [1, {"d": 64}, {"d": 65}]}},
        )
        self.assertEqual(read("81a16dd4724091a16101"), {"m": {"a": 1}})

    def test_record_that_redefines_itself(self) -> None:
        """A record keeps its own shape while its values define another by its id."""
        self.assertEqual(
            read("d4724092a161a162d4724091a1630105"), {"a": {"c": 1}, "b": 5}
        )

    def test_special_keys(self) -> None:
        """Names that mean something to JavaScript are only names."""
        value = {"__proto__": 1, "constructor": 2}
        self.assertEqual(decode(encode(value)), value)

    def test_keys(self) -> None:
        """A Map's plain keys are taken; bytes, dates, undefined and groups are not."""
        for key, value in (("01", 1), ("c0", None), ("c3", True), ("a0", "")):
            self.assertEqual(read(f"81{key}05"), {value: 5})
        for key in ("c40161", "d40000", "d6ff65937d25", "90", "80", "d4724090"):
            with self.assertRaises(PeerError):
                read(f"81{key}01")

    def test_bytes_that_are_no_payload(self) -> None:
        """What is cut off, goes on, or breaks the rules of a record is refused."""
        for text in (
            *(
                "",
                "91",
                "81a161",
                "a2c3",
                "cd01",
                "dc0001",
                "c403",
                "d4",
                "d400",
                "d472",
            ),
            *("d47240", "d47240a161", "d4724001", "d472409101", "d4723f90", "d4728090"),
            *("d472409140", "d4724091a161", "d57240009101", "c70172409101", "0101"),
            *("d5ff0000", "d47f00", "c70000", "ddffffffff", "dfffffffff", "a1ff"),
            *("d7ffffffffff00000000", "c70cff3b9aca000000000000000000", "c9ffffffff00"),
            *("d4000001", "bf" + "61" * 30, "d920" + "61" * 31, "a3eda0"),
        ):
            with self.assertRaises(PeerError, msg=text):
                read(text)

    def test_dates_that_python_has_not(self) -> None:
        """A Date beyond the years 1-9999 is read as None, like an invalid one."""
        self.assertIsNone(read("c70cff00000000000007dba8218000"))
        self.assertIsNone(read("c70cff000000007fffffffffffffff"))

    def test_buffers(self) -> None:
        """A payload may be any kind of bytes."""
        self.assertEqual(decode(bytearray(b"\x91\x01")), [1])
        self.assertEqual(decode(memoryview(b"\x91\xd4\x00\x00")), [UNDEFINED])

    def test_depth(self) -> None:
        """As many arrays or objects as allowed lie in each other, and not one more."""
        limits = Limits(depth=3)
        for opening in ("91", "81a161", "d4724091a161"):
            read(opening * 2 + "90", limits)
            read(opening * 2 + "d4724090", limits)
            for closing in ("90", "80", "d4724090"):
                with self.assertRaises(PeerError):
                    read(opening * 3 + closing, limits)

    def test_endless_depth(self) -> None:
        """Thousands of levels are refused, not followed."""
        for opening in ("91", "81a161", "d4724091a161"):
            with self.assertRaises(PeerError):
                read(opening * 4096 + "c0")

    def test_size(self) -> None:
        """A payload may be as long as the limit."""
        self.assertEqual(read("a161", Limits(size=2)), "a")
        with self.assertRaises(PeerError):
            read("a161", Limits(size=1))

    def test_values(self) -> None:
        """A payload may have as many values as the limit, all of them counted."""
        for text, count in (
            ("05", 1),
            ("920505", 3),
            ("81a16105", 3),
            ("d4724091a16105", 3),
            ("92d4724091a161014002", 6),
        ):
            read(text, Limits(values=count))
            if count > 1:
                with self.assertRaises(PeerError):
                    read(text, Limits(values=count - 1))

    def test_limits_that_cannot_be(self) -> None:
        """Limits leave room for a value, and stay clear of Python's recursion."""
        for wrong in ({"depth": 0}, {"depth": 101}, {"size": 0}, {"values": 0}):
            with self.assertRaises(ValueError):
                Limits(**wrong)


class EncodeTests(SynchronousTestCase):
    def test_standard_msgpack(self) -> None:
        """What we send has no records; only ints beyond 32 bits differ from msgpack."""
        value = {"a": [1, -5, 2**32 - 1, 1.5, "é", b"b", None, True], "b": {}}

        self.assertEqual(encode(value), pack(value))
        self.assertEqual(encode(-(2**53)).hex(), "cbc340000000000000")

    def test_bigints_keep_their_width(self) -> None:
        """A BigInt goes out as it came in, alone and inside of others."""
        self.assertEqual(encode(BigInt(5)).hex(), "d30000000000000005")
        self.assertEqual(encode([BigInt(2**64 - 1)]).hex(), "91cf" + "ff" * 8)
        for sent in ("81a16ad3fffffffffffffffb", "92d3000000000000000001"):
            self.assertEqual(encode(read(sent)).hex(), sent)
        with self.assertRaisesRegex(ValueError, "beyond 64 bits"):
            encode({"a": BigInt(2**64)})

    def test_size_and_values(self) -> None:
        """More bytes or values than allowed are our own mistake."""
        encode("a", Limits(size=2))
        encode({"a": [1]}, Limits(values=4))
        with self.assertRaises(ValueError):
            encode("aa", Limits(size=2))
        with self.assertRaises(ValueError):
            encode({"a": [1]}, Limits(values=3))


class UndefinedTests(SynchronousTestCase):
    def test_one_falsy_object(self) -> None:
        """UNDEFINED is false, says what it is, and stays itself when copied."""
        self.assertFalse(UNDEFINED)
        self.assertEqual(repr(UNDEFINED), "UNDEFINED")
        self.assertIs(copy.deepcopy(UNDEFINED), UNDEFINED)
        self.assertIs(pickle.loads(pickle.dumps(UNDEFINED)), UNDEFINED)  # noqa: S301  # its own bytes
        self.assertNotEqual(UNDEFINED, None)
