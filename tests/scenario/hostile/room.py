"""Attacks from within: clients that joined, and then break every rule there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any
from zlib import DEFLATED, Z_SYNC_FLUSH, compressobj

from nexus.wire.message import encode
from tests.scenario.hostile.plain import nasty, options
from tests.scenario.hostile.socket import any_frames, is_open
from tests.support.attack import Address, Blow, blow, frame, junk, post, seat, upgrade

__all__ = ["ATTACKS"]

#: What is joined, and what those who listen there listen for.
_KINDS: dict[str, tuple[bytes, ...]] = {
    "echo": (b"any", b"raw"),
    "bench": (b"move", b"ping", b"dump"),
    "state": (b"set", b"op", b"op", b"dump"),
    "requests": (b"value", b"slow", b"reject", b"checked"),
    "relay": (b"any",),
    "lobby": (b"filter",),
    "queue": (b"confirm",),
    "views": (b"show", b"hide"),
    "drop": (b"dump",),
    "lock": (b"lock", b"unlock"),
    "codes": (b"code",),
    "plugin": (b"counts", b"who"),
}
_TYPES = (
    b"move",
    b"set",
    b"op",
    b"dump",
    b"ping",
    b"value",
    b"slow",
    b"reject",
    b"checked",
    b"filter",
    b"counts",
    b"who",
    b"raw",
    b"confirm",
    b"show",
    b"hide",
    b"lock",
    b"unlock",
    b"code",
    b"*",
    b"__nexus.out",
    b"__nexus.out",
    b"__nexus.ping",
    b"__nexus.resume",
    b"__nexus.ack",
    b"__nexus.nothing",
    b"__proto__",
)

#: What begins a message of an outbox: how many parts, and its id.
_LETTERS = (
    *(bytes([0x90 + parts, 1 + ident]) for parts in (2, 3, 4) for ident in range(4)),
    b"\x91\x01",
    b"\x95\x01",
    b"\xdc\x00\x03\x01",
    b"\x93\x00",
    b"\x93\xff",
    b"\x93\xc3",
    b"\x93\xcf" + b"\xff" * 8,
    b"\x93\xcb\x43\x3f" + b"\xff" * 6,
    b"\x93\xcb\x43\x40" + bytes(6),
    b"\x93\xcb\x7f\xf8" + bytes(6),
    b"\x93\xcb\x7f\xf0" + bytes(6),
)
_OPCODES = (10, 11, 12, 13, 13, 13, 14, 15, 17, 18, 21, 21, 22, 31)
_PAYLOADS = (
    b"",
    b"\xc1",
    b"\xdf\xff\xff\xff\xff",
    b"\xdd\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xffx",
    b"\x91" * 2_000,
    b"\x81\x01" * 2_000,
    b"\x81\xa9__proto__\x80",
    b"\x82\xa1x\xcb\x7f\xf0" + bytes(6) + b"\xa1y\xc0",
    b"\x82\xa1x\xcb\x7f\xf8" + bytes(6) + b"\xa1y\xcb\x7f\xef" + b"\xff" * 6,
    b"\xcf" + b"\xff" * 8,
    b"\xd3\x80" + bytes(7),
    b"\xd9\x02\xff\xfe",
    b"\xa3\xed\xa0\x80",
    b"\xd6\xff" + b"\xff" * 4,
    b"\xc7\x0c\xff" + b"\xff" * 12,
    b"\xc7\x00\x00",
    b"\xd4\x01\x00",
    b"\xc0\xc0",
    b"\x81\xa7version\xcf" + b"\xff" * 8,
    b"\x81\xa7version\xff",
    b"\x93\x01\x02\x03",
    b"\x81\x90\x01",
    b"\x81\x80\x80",
)


_COMPRESSOR = compressobj(9, DEFLATED, -15)
#: Sixty megabytes, compressed.
_BOMB = _COMPRESSOR.compress(bytes(60_000_000)) + _COMPRESSOR.flush(Z_SYNC_FLUSH)[:-4]


_PATHS = (
    "",
    "origin",
    "leader",
    "members",
    "members.a",
    "members.a.pos",
    "scores",
    "log",
    "items",
    "items.0",
    "tags",
    "__class__",
    "items.999999999999",
)
_VERBS = (
    "set",
    "put",
    "delete",
    "clear",
    "append",
    "insert",
    "replace",
    "remove",
    "add",
    "discard",
)
_FIELDS = ("i8", "u64", "f32", "num", "text", "flag", "maybe", "leader", "members")


def _argument(random: Random) -> Any:
    return random.choice(
        (nasty(random), 0, -1, 1.5, 2**31, "a", True, {"name": "a", "hp": 2**20}, [1])
    )


def _structured(random: Random) -> bytes:
    """Make a payload of the shape that somebody listens for, with wrong values."""
    way = random.randrange(6)
    said: Any = _argument(random)
    if way == 0:
        said = {"x": _argument(random), "y": _argument(random)}
    elif way == 1:
        said = {random.choice(_FIELDS): _argument(random) for _ in range(3)}
    elif way in (2, 3):
        said = [
            [
                random.choice(_PATHS),
                random.choice(_VERBS),
                *(random.choice((*_FIELDS, 0, 3, -1)) for _ in range(way - 2)),
                _argument(random),
            ]
            for _ in range(random.randint(1, 6))
        ]
    elif way == 4:
        said = {"name": "bench", "metadata": {"mode": _argument(random)}}
    try:
        return encode(said)
    except ValueError:
        return junk(random, 60)


def _message(random: Random, kind: str) -> bytes:
    """Make a frame of the protocol, right, wrong or cut off."""
    opcode = random.choice(_OPCODES) | random.choice((0, 0, 0, 0x20, 0xE0))
    name = random.choice(_KINDS[kind] if random.random() < 0.7 else _TYPES)
    right = bytes([0xA0 | len(name)]) + name
    type_ = random.choice(
        (
            *(right,) * 12,
            b"\xa0",
            bytes([random.randrange(256)]),
            b"\xcf" + b"\xff" * 8,
            b"\xcb\x7f\xf8" + bytes(6),
            b"\xd9\xff" + junk(random, 300),
            b"\xa4\xff\xfe\xfd\xfc",
        )
    )
    if random.random() < 0.3:
        opcode = 13
        type_ = b"\xab__nexus.out" + random.choice(_LETTERS) + type_
    number = b""
    if opcode & 0x1F == 21:
        number = random.choice(
            (b"\x01", b"\xcf" + b"\xff" * 8, b"\xcb\x7f\xf0" + bytes(6), b"\xff", b"")
        )
    structured = [_structured(random)] * len(_PAYLOADS)
    payload = random.choice((*_PAYLOADS, *structured, junk(random, 60)))
    whole = bytes([opcode]) + number + type_ + payload
    return whole[: random.randrange(len(whole) + 1)] if random.random() < 0.2 else whole


def _enter(random: Random, address: Address, one: Blow) -> str:
    """Join a room of some kind, and return it; nothing if that was refused."""
    said: dict[str, Any] = {
        "name": f"n{random.random()}",
        "seconds": random.choice((0, 0.2)),
    }
    if random.random() < 0.6:
        said["__nexus"] = {"serializer": "nexus"}
    method = random.choice(("create", "joinOrCreate"))
    kind = random.choice([*_KINDS])
    path, _ = seat(address, kind, said, method)
    extra = random.choice(("", "&skipHandshake=1", "&_authToken=%ff", "&nexus-sdk=16"))
    one.send(upgrade(random.choice(("", "/v17")) + path + extra))
    return kind if is_open(one) else ""


def _talk(random: Random, address: Address) -> None:
    """Join and say what is wrong, acknowledged or not."""
    with blow(address) as one:
        kind = _enter(random, address, one)
        if not kind:
            return
        if random.random() < 0.8:
            one.send(frame(b"\x0a"))
        for _ in range(random.randint(1, 12)):
            one.send(frame(_message(random, kind)))
        one.read()
        if random.random() < 0.3:
            one.send(frame(b"\x0c"))
            one.read()


def _wrong_frames(random: Random, address: Address) -> None:
    """Join and send frames that are none."""
    with blow(address) as one:
        if _enter(random, address, one):
            one.send(frame(b"\x0a"), any_frames(random))
            one.read()


def _deflated(random: Random, address: Address) -> None:
    """Join and send compressed frames that are none, or that are too large inside."""
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    path, _ = seat(address, "echo", {}, "joinOrCreate")
    with blow(address) as one:
        one.send(upgrade(path, offer))
        if not is_open(one):
            return
        body = random.choice((_BOMB, junk(random, 200), b"", b"\x00\x00\xff\xff"))
        one.send(frame(b"\x0a"), frame(body, flags=random.choice((0xC0, 0x40))))
        one.read()


def _flood(random: Random, address: Address) -> None:
    """Join and send too much at once."""
    with blow(address) as one:
        if not _enter(random, address, one):
            return
        said = random.choice(
            (
                b"\x12",
                b"\x0d\xa4ping\xc0",
                b"\x15\x01\xa4slow\xc0",
                b"\x0d\xac__nexus.ping\x01",
                b"\x0d\xab__nexus.out\x92\x01\xa3any",
            )
        )
        one.send(frame(b"\x0a"), frame(said) * random.choice((100, 1_500)))
        one.read()


def _churn(random: Random, address: Address) -> None:
    """Come and go, at once or not at all."""
    with blow(address) as one:
        way = random.randrange(3)
        if way == 0:
            seat(address, random.choice([*_KINDS]), {}, "joinOrCreate")
        elif _enter(random, address, one) and way == 1:
            one.send(frame(b"\x0a"), frame(b"\x0c"), frame(b"\x03\xe8", 8))
            one.read()


def _liar(random: Random, address: Address) -> None:
    """Use a seat twice, a seat of another room, or a token that is none."""
    path, room = seat(address, "echo", {})
    other, other_room = seat(address, "drop", {"seconds": 0.1})
    session, theirs = path.partition("=")[2], other.partition("=")[2]
    base = path.partition("?")[0]
    tokens = ("", "x", f"{room}:x", f"{other_room}:{session}", "%ff", "a" * 1_000)
    lies = (
        path,
        f"{base}?sessionId={theirs}",
        f"{path}&reconnectionToken={random.choice(tokens)}",
        f"{base}?sessionId=&reconnectionToken=",
        f"{base}?sessionId={session}&sessionId={theirs}",
        f"/elsewhere/{other_room}?sessionId={session}",
    )
    with blow(address) as one, blow(address) as two:
        one.send(upgrade(random.choice(lies)))
        two.send(upgrade(random.choice(lies)))
        for each in (one, two):
            if is_open(each):
                each.send(frame(b"\x0a"), frame(_message(random, "echo")))
                each.read()
    said = random.choice(
        (
            {"reconnectionToken": random.choice([*tokens, 5, None, ["x"], {"a": 1}])},
            json.loads(b"{}"),
        )
    )
    post(address, f"/matchmake/reconnect/{room}", json.dumps(said).encode())
    post(address, f"/matchmake/joinById/{other_room}", options(random))


ATTACKS: tuple[Callable[[Random, Address], None], ...] = (
    _talk,
    _talk,
    _wrong_frames,
    _deflated,
    _flood,
    _churn,
    _liar,
)
