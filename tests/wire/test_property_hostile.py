"""Bytes that no honest peer sends, for `message.decode` and `codec.Reader`."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import Kind, Reader
from nexus.wire.message import decode
from tests import ROOT, examples

VECTORS: Final = ROOT / "tests" / "vectors" / "colyseus"
COUNT: Final = 200_000

#: First bytes of whatever has a length, an id, or others inside it.
HEADS: Final = bytes.fromhex(
    "40417f8081828f9091929fa0a1bfc0c1c4c6c7c9cacbcccfd3d4d5d6d7d8d9dadbdcdddedfe0"
)

#: Payloads that make as much as they can of few bytes.
DENSE: Final = (
    b"\xdc\x07\xd0" + b"\xd4\x72\x40\x91\xa0\x01" + b"\x40\x01" * 1999,
    b"\xdc\x75\x30" + b"\xd4\x72\x40\x91\xa0\x01" + b"\x40\x01" * 29_999,
    b"\xdc\x0b\xb8" + b"\xd4\x72\x40\x90" + b"\x40" * 2999,
    b"\xdc\x17\x00" + b"\x90" * 0x1700,
    b"\xdc\x17\x00" + b"\x80" * 0x1700,
    b"\xdc\x07\x00" + b"\x81\x00\x01" * 0x700,
    b"\xdc\x05\x00" + b"\x91\x91\x91\x90" * 0x500,
    b"\xdf\x00\x00\x0b\x00"
    + b"".join(b"\xcd%b\x00" % bytes([n >> 8, n & 255]) for n in range(0xB00)),
    b"\xdd\x00\x00\x17\x00" * 31 + b"\x00" * 0x1700,
    b"\xdd\xff\xff\xff\xff" * 3000,
    b"\xdf\xff\xff\xff\xff" * 3000,
    b"\xdc\x00\x1f" * 11,
    b"\xdb\x00\x01\x00\x00" + "\U0001f600".encode() + b"a" * 65532,
    b"\xdb\x00\x01\x00\x02" + b"\xed\xa0\x80" * 21846,
)


def payloads() -> list[bytes]:
    """Return what the SDK and its server write, to be broken."""
    texts: list[str] = []
    for name in ("msgpack-encode.json", "msgpack-decode.json"):
        for row in json.loads((VECTORS / name).read_text())["frames"]:
            texts += (row["hex"], row.get("server", ""))
    return [bytes.fromhex(text) for text in texts]


def broken(data: bytes, random: Random) -> bytes:
    """Return bytes with a few of them changed, cut out, doubled or put in."""
    made = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(made))
        kind = random.randrange(5)
        if kind == 0:
            made[at : at + 1] = random.choice(HEADS).to_bytes(1, "big")
        elif kind == 1:
            made[at : at + 1] = random.randbytes(1)
        elif kind == 2:
            del made[at : at + random.randint(1, 8)]
        elif kind == 3:
            made[at:at] = made[random.randint(0, at) : at] * random.randint(1, 3)
        else:
            made[at:at] = random.choice(HEADS).to_bytes(1, "big") * 3
    return bytes(made[:4096])


def hostile(count: int, random: Random) -> Iterator[bytes]:
    """Yield broken payloads, heads in any order, and noise."""
    known = payloads()
    for turn in range(count):
        if turn % 4:
            yield broken(random.choice(known), random)
        elif turn % 8:
            yield bytes(random.choices(HEADS, k=random.randint(0, 60)))
        elif turn % 1000:
            yield random.randbytes(random.randint(0, 40))
        else:
            yield bytes(random.choices(HEADS + bytes(40), k=random.randint(1025, 5000)))


def counted(value: Any) -> int:
    """Count a value and all that it holds."""
    if isinstance(value, list):
        return 1 + sum(map(counted, value))
    if isinstance(value, dict):
        return 1 + sum(counted(key) + counted(one) for key, one in value.items())
    return 1


def peak_of(act: Callable[[bytes], object], data: bytes) -> int:
    """Measure the most memory that an act takes at a time."""
    tracemalloc.start()
    try:
        act(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def read_message(data: bytes) -> int:
    """Decode a payload and count the values, none if it is refused."""
    try:
        return counted(decode(data))
    except PeerError:
        return 0


def read_stream(data: bytes) -> int:
    """Read all items by their kind and count the values."""
    reader = Reader(data, len(data))
    try:
        while reader.more():
            if reader.peek() is Kind.ARRAY:
                reader.array()
            else:
                reader.item()
    except PeerError:
        # Nobody should go on here, but it must not do harm to those who do.
        for act in (reader.item, reader.array, reader.peek, reader.more, reader.text):
            try:
                act()
            except PeerError:
                continue
    assert reader.steps <= len(data)
    return reader.values


def room(data: bytes) -> int:
    """Return the memory that so many bytes may take while they are read."""
    return 64 * len(data) + 256 * 1024


class HostileTests(SynchronousTestCase):
    def check(self, read: Callable[[bytes], int], *, seed: int) -> None:
        """Feed many broken payloads; measure some of them and all of the long."""
        for turn, data in enumerate(hostile(COUNT, Random(seed))):
            values = read(data)

            # Even a lone head is a value, hence the one for no bytes at all.
            self.assertLessEqual(values, 8 * len(data), data.hex())
            if turn % 50 == 0 or len(data) > 1024:
                self.assertLessEqual(peak_of(read, data), room(data), data.hex())

    def test_messages(self) -> None:
        """Broken payloads are a value or a PeerError, and cost what they weigh."""
        self.check(read_message, seed=1)

    def test_streams(self) -> None:
        """Broken streams of items are the same, also after the error."""
        self.check(read_stream, seed=2)

    def test_dense_payloads(self) -> None:
        """What makes the most of its bytes stays within the bound as well."""
        for data in DENSE:
            for read in (read_message, read_stream):
                self.assertLessEqual(read(data), 8 * len(data))
                self.assertLessEqual(peak_of(read, data), room(data), data[:8].hex())

    @settings(max_examples=examples(test=5_000, soak=50_000))
    @given(st.binary() | st.lists(st.sampled_from(HEADS)).map(bytes))
    @example(b"\x91" * 4096)
    def test_any_bytes(self, data: bytes) -> None:
        """No bytes at all do anything but give a value or a PeerError."""
        for read in (read_message, read_stream):
            self.assertLessEqual(read(data), 8 * len(data))
