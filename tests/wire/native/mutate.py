"""Nonsense that comes near to being right: payloads that were bent."""

from __future__ import annotations

import random

__all__ = ["EDGES", "bend", "leads"]

#: Items at the ends of what is allowed, and heads that claim too much.
EDGES = [
    bytes.fromhex(text)
    for text in [
        "7f",
        "80",
        "e0",
        "ff",
        "ccff",
        "cdffff",
        "ceffffffff",
        "cfffffffffffffffff",
        "cf0020000000000000",
        "cf001fffffffffffff",
        "d38000000000000000",
        "d080",
        "d280000000",
        "ddffffffff",
        "dcffff",
        "c6ffffffff",
        "dbffffffff",
        "cb7ff8000000000000",
        "cb7fefffffffffffff",
        "c0",
        "c1",
        "c400",
        "90",
        "a0",
        "c40800018080808080807f",
        "c403000100",
        "c4020102",
        "c405020180808080",
        "c4030001ff",
        "c40b01ffffffffffffffffff7f",
        "c4050281ffffff",
        "c403000140",
        "c3",
        "d70000",
        "de0001",
    ]
]


def bend(samples: list[bytes], chance: random.Random) -> bytes:
    """Return one of the samples with a few mistakes in it, or plain nonsense."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(64))
    data = bytearray(chance.choice(samples))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        size = chance.randrange(10)
        match chance.randrange(7):
            case 0 if data:
                data[at % len(data)] = chance.randrange(256)
            case 1 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 2:
                del data[at:]
            case 3:
                data[at:at] = data[at : at + size]
            case 4:
                other = chance.choice(samples)
                data[at:] = other[chance.randrange(len(other) + 1) :]
            case 5:
                data[at : at + chance.randrange(3)] = chance.choice(EDGES)
            case _:
                del data[at : at + size]
    return bytes(data)


def leads(data: bytes, version: int) -> bytes:
    """Return a payload whose check fits a version, so that more of it is read."""
    return bytes([data[0] & 64 | version & 63]) + data[1:] if data else data
