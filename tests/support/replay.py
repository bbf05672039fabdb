"""A client of bare sockets: it sends just what it is told, and hides nothing it gets.

The SDKs and the libraries would answer, mask or mend what a test of the wire itself has
to see. This client blocks, so it wants a Node in another process.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, Final

from attrs import define, field, frozen

__all__ = ["PATIENCE", "Answer", "Call", "Closed", "Gone", "Line", "Ping", "Silence"]

#: How long the other side may take, in seconds.
PATIENCE: Final = 5.0

_BINARY: Final = 2
_CLOSE: Final = 8
_PING: Final = 9
_PONG: Final = 10
_MASKED: Final = 0x80
_FINAL: Final = 0x80


class Silence(Exception):
    """Nothing came in time."""


class Gone(Silence):
    """The connection ended without a word, so nothing more will come."""


@frozen
class Closed:
    """A close frame; its code is None when it has none."""

    code: int | None
    reason: str


@frozen
class Ping:
    """A ping of the WebSocket layer."""

    payload: bytes


@frozen
class Answer:
    """What an HTTP request was answered with; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Call:
    """One HTTP request on a connection of its own."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._connection = HTTPConnection(*address, timeout=PATIENCE)

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Send the request."""
        self._connection.request(method, path, body or None, dict(headers))

    def answer(self) -> Answer:
        """Wait for the answer."""
        try:
            response = self._connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        except TimeoutError:
            raise Silence("no answer") from None
        finally:
            self._connection.close()


@define(eq=False)
class Line:
    """One WebSocket, frame by frame; what comes is kept in order until it is taken."""

    _socket: socket.socket
    _read: bytearray = field(factory=bytearray, init=False)
    _back: deque[bytes | Closed | Ping] = field(factory=deque, init=False)

    @classmethod
    def open(
        cls, address: tuple[str, int], path: str, headers: Mapping[str, str]
    ) -> tuple[Line, int]:
        """Ask for a WebSocket; return it, and the status that was answered."""
        line = cls(socket.create_connection(address, PATIENCE))
        wishes = {
            "host": f"{address[0]}:{address[1]}",
            "sec-websocket-key": b64encode(os.urandom(16)).decode(),
            **headers,
        }
        head = [f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in wishes.items())]
        line._socket.sendall("\r\n".join([*head, "", ""]).encode())
        while b"\r\n\r\n" not in line._read:
            line._fill(PATIENCE)
        answer, _, rest = bytes(line._read).partition(b"\r\n\r\n")
        line._read[:] = rest
        return line, int(answer.split()[1])

    def send(self, payload: bytes, opcode: int = _BINARY) -> None:
        """Send one frame, masked with zeros: a mask hides nothing from a server."""
        size = len(payload)
        if size < 126:
            length = bytes([_MASKED | size])
        else:
            length = bytes([_MASKED | 126]) + struct.pack(">H", size)
        head = bytes([_FINAL | opcode]) + length + bytes(4)
        self._socket.sendall(head + payload)

    def pong(self, payload: bytes) -> None:
        """Answer a ping."""
        self.send(payload, _PONG)

    def close(self, payload: bytes) -> None:
        """Send a close frame; the socket stays open for what the other side says."""
        self.send(payload, _CLOSE)

    def end(self) -> None:
        """Close the socket."""
        self._socket.close()

    def cut(self) -> None:
        """Lose the connection as a network does: no close frame, and no goodbye."""
        self._socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self._socket.close()

    def put_back(self, taken: bytes | Closed | Ping) -> None:
        """Let something be taken again."""
        self._back.appendleft(taken)

    def take(self, seconds: float = PATIENCE) -> bytes | Closed | Ping:
        """Return the next frame: the payload of a binary one, or what else it is.

        Raises:
            Silence: None came in time.
        """
        if self._back:
            return self._back.popleft()
        while (frame := self._next()) is None:
            self._fill(seconds)
        opcode, payload = frame
        if opcode == _PING:
            return Ping(payload)
        if opcode == _CLOSE:
            code = struct.unpack(">H", payload[:2])[0] if payload else None
            return Closed(code, payload[2:].decode())
        if opcode != _BINARY:
            raise AssertionError(f"a frame of opcode {opcode}: {payload.hex()}")
        return payload

    def _next(self) -> tuple[int, bytes] | None:
        """Cut one whole frame off what was read."""
        read = self._read
        if len(read) < 2:
            return None
        size, start = read[1], 2
        if size == 126:
            size, start = int.from_bytes(read[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(read[2:10], "big"), 10
        if len(read) < start + size:
            return None
        if read[0] & 0xF0 != _FINAL:
            raise AssertionError("a fragment, or a compressed frame, that none allowed")
        frame = read[0] & 0x0F, bytes(read[start : start + size])
        del read[: start + size]
        return frame

    def _fill(self, seconds: float) -> None:
        self._socket.settimeout(seconds)
        try:
            more = self._socket.recv(65_536)
        except TimeoutError:
            raise Silence("nothing came") from None
        except ConnectionError as error:
            raise Gone(str(error)) from None
        if not more:
            raise Gone("the connection ended")
        self._read += more
