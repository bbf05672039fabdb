"""Attacks on sockets: wrong upgrades and frames, before any room hears them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

from tests.support.attack import Address, Blow, blow, frame, junk, upgrade

__all__ = ["ATTACKS", "any_frames", "is_open"]

_UPGRADES: tuple[dict[str, str], ...] = (
    {"Sec-WebSocket-Version": "12"},
    {"Sec-WebSocket-Version": "x" * 500},
    {"Sec-WebSocket-Key": "short"},
    {"Sec-WebSocket-Key": "\xff" * 24},
    {"Sec-WebSocket-Protocol": "a,,b;\xff"},
    {"Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=99"},
    {"Sec-WebSocket-Extensions": "permessage-deflate; a=b; c" * 50},
    {"Sec-WebSocket-Extensions": "permessage-deflate, permessage-deflate;" * 20},
    {"Connection": "close"},
    {"Connection": ""},
    {"Upgrade": "h2c, websocket"},
    {"Host": ""},
    {"Host": "a:b:c"},
    {"Host": "attacked:99999"},
    {"Origin": "null"},
    {"Origin": "http://[::1"},
    {"Origin": "\xff"},
    {"Origin": "x" * 2_000},
    {"X-Forwarded-For": "\xff", "X-Forwarded-Proto": "wss"},
    {"Content-Length": "10"},
    {"Upgrade": "websocket\x1cX: y"},
)

_PATHS = (
    "/",
    "/a/b",
    "/v16/a/b?sessionId=x",
    "/v17/__proto__/constructor?sessionId=%00",
    "/process/room?sessionId=" + "x" * 3_000,
    "/process/room?sessionId=a&reconnectionToken=b:c",
    "/process/room?" + "&".join(f"a{n}=%ff" for n in range(500)),
    "/process/room?nexus-sdk=nonsense&sessionId=a",
    "/%00/%ff?sessionId=%0d%0aX:y",
    "/a/b#fragment",
    "http://elsewhere:x/a/b?sessionId=a",
    "/" + "a/" * 3_000,
)


def is_open(one: Blow) -> bool:
    """Wait for the answer to an upgrade, and say whether it is a socket."""
    return one.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101")


def any_frames(random: Random) -> bytes:
    """Make frames, some of which are none."""
    way = random.randrange(12)
    if way == 0:
        return frame(
            junk(random, 20), random.randrange(16), flags=random.randrange(256)
        )
    if way == 1:
        return frame(b"x", size=random.choice((2**16, 2**31, 2**63, 2**64 - 1)))
    if way == 2:
        return frame(junk(random, 30), mask=None)
    if way == 3:
        return frame(b"a", flags=0) + frame(b"b", 2) + frame(b"c", 0)
    if way == 4:
        return frame(b"", 0) * random.randint(1, 5)
    if way == 5:
        code = random.choice((0, 999, 1000, 1005, 1006, 1011, 2999, 5000, 65535))
        return frame(struct.pack(">H", code) + junk(random, 100), 8)
    if way == 6:
        return frame(b"\x03", 8) + frame(b"\x03\xe8\xff\xfe", 8)
    if way == 7:
        return frame(junk(random, 125), random.choice((9, 10))) * random.randint(1, 60)
    if way == 8:
        return frame(bytes(126), 9) + frame(b"x", 9, flags=0)
    if way == 9:
        return frame(b"\xff\xfe text", 1) + frame(b"text", 1)
    if way == 10:
        return frame(b"x", flags=0) + frame(b"y", 0, flags=0) * random.randint(1, 300)
    # A short length that is written long, which nobody may do.
    return b"\x82\xfe\x00\x01\0\0\0\0x" + b"\x82\xff" + bytes(7) + b"\x01\0\0\0\0x"


def _broken_upgrade(random: Random, address: Address) -> None:
    """Ask for a socket in a wrong way."""
    whole = bytearray(upgrade(random.choice(_PATHS), random.choice(_UPGRADES)))
    if random.random() < 0.3:
        whole[random.randrange(len(whole))] = random.randrange(256)
    with blow(address) as one:
        one.send(bytes(whole) + (junk(random, 50) if random.random() < 0.5 else b""))
        one.read()


def _early(random: Random, address: Address) -> None:
    """Send frames along with the upgrade, and break off."""
    with blow(address) as one:
        one.send(upgrade(random.choice(_PATHS)) + any_frames(random))
        one.read()


def _probe(random: Random, address: Address) -> None:
    """Send wrong frames to a socket that belongs to no room, in pieces."""
    with blow(address) as one:
        one.send(upgrade("/"))
        if not is_open(one):
            return
        said = b"".join(any_frames(random) for _ in range(random.randint(1, 4)))
        at = random.randrange(len(said))
        one.send(said[:at], said[at:])
        one.read()


def _nobody(random: Random, address: Address) -> None:
    """Claim a seat that nobody promised, and talk on."""
    with blow(address) as one:
        path = f"/process/{'room' * random.randint(1, 20)}?sessionId=nobody"
        one.send(upgrade(path) + frame(b"\x0a") + frame(b"\x0d\xa1a"))
        one.read()


ATTACKS: tuple[Callable[[Random, Address], None], ...] = (
    _broken_upgrade,
    _early,
    _probe,
    _nobody,
)
