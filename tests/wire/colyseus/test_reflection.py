"""The handshake, byte by byte and as the official decoders take it."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import List, Map, Outline, State, field, number, uint8
from nexus.wire.colyseus.mapping import MAJORS
from nexus.wire.colyseus.reflection import encode_reflection
from tests.wire.colyseus.stage import StageTestCase


class Above(State):
    a: uint8
    hidden: uint8 = field(server_only=True)


class Below(Above):
    b: number


class Beside(Above):
    pass


class Tiny(State):
    v: uint8


class Holder(State):
    tiny: Tiny
    tags: List[str]


class Pair(State):
    one: Above | None
    all: Map[str, Above]


def wide(count: int) -> type[State]:
    """Return a class with so many fields."""
    names = [f"f{at}" for at in range(count)]
    body: dict[str, Any] = {
        "__annotations__": dict.fromkeys(names, uint8),
        "__module__": __name__,
    }
    return type(State)("Wide", (State,), body)


class BytesTests(SynchronousTestCase):
    def test_5(self) -> None:
        """What a container of values holds has a field of its own in 5."""
        written = encode_reflection(Outline(Holder), 5)

        self.assertEqual(
            written.hex(" ", 1),
            "80 01 ff 01 80 00 02 80 01 06 "
            "ff 02 80 00 82 03 ff 03 80 00 04 80 01 05 "
            "ff 04 80 a4 74 69 6e 79 81 a3 72 65 66 82 01 "
            "ff 05 80 a4 74 61 67 73 81 a5 61 72 72 61 79 82 ff "
            "83 a6 73 74 72 69 6e 67 "
            "ff 06 80 01 82 07 ff 07 80 00 08 "
            "ff 08 80 a1 76 81 a5 75 69 6e 74 38",
        )

    def test_3_and_4(self) -> None:
        """What a container of values holds is part of its type in 3 and 4."""
        written = encode_reflection(Outline(Holder), 4)

        self.assertEqual(
            written.hex(" ", 1),
            "80 01 ff 01 80 00 02 80 01 06 "
            "ff 02 82 03 80 00 ff 03 80 00 04 80 01 05 "
            "ff 04 80 a4 74 69 6e 79 82 01 81 a3 72 65 66 "
            "ff 05 80 a4 74 61 67 73 82 ff "
            "81 ac 61 72 72 61 79 3a 73 74 72 69 6e 67 "
            "ff 06 82 07 80 01 ff 07 80 00 08 "
            "ff 08 80 a1 76 81 a5 75 69 6e 74 38",
        )
        self.assertEqual(written, encode_reflection(Outline(Holder), 3))

    def test_root_below_its_parent(self) -> None:
        """Parents come first, so a root that inherits says that it is not type 0."""
        written = encode_reflection(Outline(Below), 5)

        self.assertEqual(written[:4].hex(), "80018101")
        # Type 1 extends type 0; the field for the server alone is not there.
        self.assertIn(bytes.fromhex("80018100"), written)
        self.assertNotIn(b"hidden", written)


class DecoderTests(StageTestCase):
    def test_root_below_its_parent(self) -> None:
        """Inherited fields come first, and the others keep their places."""
        stage = self.stage(Below(a=1, hidden=2, b=3))
        stage.join()
        root: Any = stage.root
        root.b = 4

        patches = stage.flush()

        self.assertEqual(patches[5].hex(), "8104")

    def test_polymorphism(self) -> None:
        """A class that adds nothing, and one that does, stand where one above may."""
        stage = self.stage(Pair(all={"x": Beside(a=1), "y": Below(a=2, b=3)}))
        stage.join()
        root: Any = stage.root
        for entity in (Above(a=1), Below(a=2, b=2), Beside(a=3), None):
            root.one = entity
            root.all["z"] = Below(a=4) if entity is None else type(entity)(a=4)
            stage.flush()
            stage.join()

    def test_most_fields(self) -> None:
        """A class of 63 fields arrives in every major, to the last field."""
        stage = self.stage(wide(63)())
        stage.join()
        setattr(stage.root, "f62", 7)  # noqa: B010  # mypy knows no such field

        patches = stage.flush()

        self.assertEqual({patches[major].hex() for major in MAJORS}, {"be07"})
