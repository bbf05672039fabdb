"""What attacks are made of: bytes of any shape, sockets that break off, and counts."""

from __future__ import annotations

import json
import re
import socket
import struct
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, Final
from urllib.request import urlopen

from attrs import define, field

from tests.support.replay import Answer

__all__ = [
    "Address",
    "Blow",
    "blow",
    "counts",
    "frame",
    "junk",
    "masked",
    "post",
    "request",
    "seat",
    "upgrade",
]

Address = tuple[str, int]

#: How long an answer may take that has to come, in seconds.
PATIENCE: Final = 20.0

_LINGER_NOT: Final = struct.pack("ii", 1, 0)


@define(eq=False)
class Blow:
    """One connection of an attacker, who minds nothing that happens to it."""

    socket: socket.socket
    _rest: bytes = field(default=b"", init=False)

    def send(self, *chunks: bytes) -> bool:
        """Send bytes, each in a segment of its own; say whether they were taken."""
        try:
            for chunk in chunks:
                self.socket.sendall(chunk)
        except OSError:
            return False
        return True

    def read(self, seconds: float = 0.02) -> bytes:
        """Return what comes at once; empty if nothing does, or the end."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(262_144)
        except OSError:
            return b""

    def until(self, mark: bytes, seconds: float = PATIENCE) -> bytes:
        """Read until something comes, or the end."""
        got = bytearray()
        while mark not in got:
            more = self.read(seconds)
            if not more:
                break
            got += more
        return bytes(got)

    def drain(self, seconds: float = PATIENCE) -> bytes:
        """Read until the other side ends.

        Raises:
            AssertionError: It does not.
        """
        got = bytearray()
        self.socket.settimeout(seconds)
        try:
            while more := self.socket.recv(262_144):
                got += more
        except TimeoutError:
            raise AssertionError(f"still open after {bytes(got[-200:])!r}") from None
        except ConnectionError:
            pass
        return bytes(got)

    def cut(self) -> None:
        """Break off as a network does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.socket.close()


@contextmanager
def blow(address: Address, *, source: str = "", buffer: int = 0) -> Iterator[Blow]:
    """Open a connection, and break it off at the end.

    Args:
        address: Where to.
        source: From which address of this machine.
        buffer: How much the kernel may take in that nobody reads.
    """
    opened = socket.socket()
    if buffer:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    if source:
        opened.bind((source, 0))
    opened.settimeout(PATIENCE)
    opened.connect(address)
    one = Blow(opened)
    try:
        yield one
    finally:
        one.cut()


def request(
    method: str, path: str, headers: Mapping[str, str] = {}, body: bytes = b""
) -> bytes:
    """Write a request; a header that is given twice is not, so a lie can be told."""
    said = {"Host": "attacked", **headers}
    if body and not {"Content-Length", "Transfer-Encoding"} & said.keys():
        said["Content-Length"] = str(len(body))
    head = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in said.items())]
    return "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + body


def upgrade(path: str, headers: Mapping[str, str] = {}) -> bytes:
    """Write a request for a WebSocket."""
    key = b64encode(bytes(16)).decode()
    wishes = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        **headers,
    }
    return request("GET", path, wishes)


def masked(payload: bytes, mask: bytes) -> bytes:
    """Mask a payload."""
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return bytes(one ^ other for one, other in zip(payload, repeated, strict=True))


def frame(
    payload: bytes,
    opcode: int = 2,
    *,
    flags: int = 0x80,
    size: int | None = None,
    mask: bytes | None = b"\1\2\3\4",
) -> bytes:
    """Write a WebSocket frame, with lies if they are asked for.

    Args:
        payload: What it carries.
        opcode: What it is.
        flags: FIN and the reserved bits.
        size: How long it says that it is, if it lies.
        mask: What hides it; None: nothing does, which clients must not do.
    """
    length, bit = len(payload) if size is None else size, 0x80 if mask else 0
    if length < 126:
        head = bytes([bit | length])
    elif length < 65_536:
        head = bytes([bit | 126]) + struct.pack(">H", length)
    else:
        head = bytes([bit | 127]) + struct.pack(">Q", length)
    body = masked(payload, mask) if mask else payload
    return bytes([flags | opcode]) + head + (mask or b"") + body


def junk(random: Random, most: int) -> bytes:
    """Return bytes that mean nothing."""
    return random.randbytes(random.randint(0, most))


def post(
    address: Address, path: str, body: bytes, headers: Mapping[str, str] = {}
) -> Answer:
    """Ask for something in good order, and wait for the answer.

    Raises:
        AssertionError: None came.
    """
    with blow(address) as one:
        one.send(request("POST", path, {"Connection": "close", **headers}, body))
        got = one.drain()
    head, mark, rest = got.partition(b"\r\n\r\n")
    if not mark:
        raise AssertionError(f"no answer to POST {path}: {got[:200]!r}")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    return Answer(int(first.split()[1]), {k.lower(): v for k, v in pairs}, rest)


def seat(
    address: Address, kind: str, options: Mapping[str, Any], method: str = "create"
) -> tuple[str, str]:
    """Get a seat; return the path of its socket, and the room's id.

    Raises:
        AssertionError: It was refused.
    """
    answer = post(
        address, f"/matchmake/{method}/{kind}", json.dumps(dict(options)).encode()
    )
    told = answer.document
    if not isinstance(told, dict) or "sessionId" not in told:
        raise AssertionError(f"no seat: {answer}")
    room, session = told["roomId"], told["sessionId"]
    return f"/{told['processId']}/{room}?sessionId={session}", room


def counts(address: Address) -> dict[str, float]:
    """Return what the metrics of a Node say."""
    with urlopen(f"http://{address[0]}:{address[1]}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    found = re.findall(r"^(\S+) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}
