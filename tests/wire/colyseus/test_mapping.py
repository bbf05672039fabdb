"""Every type of a State, as the official decoders show it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import (
    List,
    Map,
    Set,
    State,
    field,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    number,
    quantized,
    uint8,
    uint16,
    uint32,
    uint64,
)
from nexus.state.kind import Kind
from nexus.wire.colyseus.mapping import MAJORS, element_type, field_type, sent
from tests.wire.colyseus.stage import StageTestCase


class Color(Enum):
    RED = 1
    GREEN = 2


Angle = Annotated[float, quantized(0, 360, 16, beyond="wrap")]

#: By the name of a field: what is written there, after the value it has at first.
VALUES: dict[str, list[Any]] = {
    "truth": [True, False],
    "i8": [-128, 127],
    "i16": [-32768, 32767],
    "i32": [-(1 << 31), (1 << 31) - 1],
    "i64": [-(1 << 63), (1 << 63) - 1],
    "u8": [255],
    "u16": [65535],
    "u32": [(1 << 32) - 1],
    "u64": [(1 << 64) - 1],
    "f32": [0.1, -0.0, 3.4028234663852886e38, float("nan"), float("-inf")],
    "f64": [0.1, 1e300, float("nan"), float("inf")],
    "any": [1.5, -33, 1 << 53, -0.0, 0.1, 1e39],
    "angle": [0.1, 359.999, -90.0],
    "text": ["", "é€😀", "x" * 31, "x" * 32, "x" * 255, "x" * 65536, "\0"],
    "data": [b"", b"\0\xff", bytes(300)],
    "when": [datetime(2026, 1, 2, 3, 4, 5, 678000, UTC), datetime(1, 1, 1, tzinfo=UTC)],
    "color": [Color.GREEN, Color.RED],
}


class Kinds(State):
    truth: bool
    i8: int8
    i16: int16
    i32: int32
    i64: int64
    u8: uint8
    u16: uint16
    u32: uint32
    u64: uint64
    f32: float32 = field(special=True)
    f64: float64 = field(special=True)
    any: number
    angle: Angle
    text: str
    data: bytes
    when: datetime
    color: Color


class Optional(State):
    truth: bool | None
    i64: int64 | None
    f32: float32 | None
    any: number | None
    angle: Angle | None
    text: str | None
    data: bytes | None
    when: datetime | None
    color: Color | None


class Held(State):
    truths: List[bool]
    longs: Map[str, int64]
    floats: Set[float32]
    anys: Set[number]
    angles: List[Angle]
    texts: Set[str]
    blobs: Map[str, bytes]
    whens: List[datetime]
    colors: Set[Color]


class Secretive(State):
    a: uint8
    b: uint8 = field(server_only=True)
    c: uint8


class Odd(Kind):
    name = "odd"


class MappingTests(SynchronousTestCase):
    def test_names(self) -> None:
        """Each type has the name that decoders of the major know."""
        names = {
            each.name: [field_type(each.kind, major).type for major in MAJORS]
            for each in Kinds.__layout__.fields
            if each.kind is not None
        }

        self.assertEqual(names.pop("angle"), ["float64", "float64", "quantized"])
        self.assertEqual(
            {name: types[0] for name, types in names.items()},
            {
                "truth": "boolean",
                "i8": "int8",
                "i16": "int16",
                "i32": "int32",
                "i64": "bigint64",
                "u8": "uint8",
                "u16": "uint16",
                "u32": "uint32",
                "u64": "biguint64",
                "f32": "float32",
                "f64": "float64",
                "any": "number",
                "text": "string",
                "data": "string",
                "when": "float64",
                "color": "string",
            },
        )
        for types in names.values():
            self.assertEqual(len(set(types)), 1)

    def test_unknown_kind(self) -> None:
        """A Kind that Colyseus cannot carry is refused by its name."""
        error = self.assertRaises(ValueError, element_type, Odd())

        self.assertIn("odd", str(error))

    def test_sent(self) -> None:
        """Fields that clients never get take no index."""
        names = [each.name for each in sent(Secretive.__layout__.fields)]

        self.assertEqual(names, ["a", "c"])


class ShownTests(StageTestCase):
    def test_fields(self) -> None:
        """Every value of every type arrives, at the start and in patches."""
        stage = self.stage(Kinds())
        stage.join()
        for name, values in VALUES.items():
            for value in values:
                setattr(stage.root, name, value)
                stage.flush()
                stage.join()

    def test_optional(self) -> None:
        """None unsets a field, and a value sets it again."""
        stage = self.stage(Optional())
        stage.join()
        for each in Optional.__layout__.fields:
            for value in (VALUES[each.name][0], None):
                setattr(stage.root, each.name, value)
                stage.flush()
                stage.join()

    def test_containers(self) -> None:
        """Every type arrives as an entry of a container."""
        stage = self.stage(Held())
        stage.join()
        root: Any = stage.root
        root.truths = [True, False]
        root.longs = {"a": -1, "b": 1 << 62}
        root.floats = {0.1, 2.5}
        root.anys = {1, 2.5, -7}
        root.angles = [0.5, 90.0]
        root.texts = {"", "x" * 300, "é"}
        root.blobs = {"": b"\0", "__proto__": b""}
        root.whens = VALUES["when"]
        root.colors = {Color.RED, Color.GREEN}
        stage.flush()
        stage.join()

    def test_server_only(self) -> None:
        """What is for the server alone is not told, and shifts nothing."""
        stage = self.stage(Secretive(a=1, b=2, c=3))
        stage.join()
        root: Any = stage.root
        root.a, root.b, root.c = 4, 5, 6

        patches = stage.flush()

        self.assertEqual(patches[5].hex(), "80048106")
