"""A crowd: many clients in one process, on raw sockets, as cheap as can be.

Reads commands as lines of JSON, and answers each with one line:

    {"do": "join", "port": 5000, "count": 1000, "room": 50, "serializer": "schema"}
    {"do": "play", "seconds": 5, "rate": 10, "moving": true}
    {"do": "ping", "count": 200}
    {"do": "end"}
"""

from __future__ import annotations

import base64
import json
import select
import socket
import sys
import time
import zlib
from struct import Struct
from typing import Any, Final

#: So many join at a time.
_AT_ONCE: Final = 32
#: So many clients keep all they are sent.
_SAMPLES: Final = 3
_PATIENCE: Final = 60.0

_MOVE: Final = Struct(">dcd").pack
#: ROOM_DATA of type "move" with a record {x, y}, as the SDK writes it; masked with 0.
_MOVE_HEAD: Final = b"\x0d\xa4move\xd4\x72\x40\x92\xa1x\xa1y\xcb"
_FRAME_HEAD: Final = bytes((0x82, 0x80 | len(_MOVE_HEAD) + 17, 0, 0, 0, 0))
_COMPRESSED: Final = 0xC2
_ACK: Final = b"\x82\x81\x00\x00\x00\x00\x0a"
_PING: Final = b"\x82\x81\x00\x00\x00\x00\x12"
#: ROOM_DATA of type "__nexus.applied" with a number of 32 bits; masked with 0.
_APPLIED_HEAD: Final = b"\x0d\xaf__nexus.applied\xce"
_APPLIED: Final = Struct(f">6s{len(_APPLIED_HEAD)}sI").pack
#: A client of ours says at most every so many seconds what it applied.
_TELLS: Final = 0.2
#: How msgpack writes whole numbers beyond 127, and in how many bytes.
_NUMBERS: Final = {0xCC: 1, 0xCD: 2, 0xCE: 4}


class Bot:
    """One client."""

    __slots__ = (
        "buffer",
        "frames",
        "name",
        "on",
        "patches",
        "phase",
        "seat",
        "sent",
        "told",
        "version",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.on: socket.socket | None = None
        self.phase = "asks"
        self.buffer = b""
        self.seat: dict[str, Any] = {}
        self.patches = 0
        #: Where it went last.
        self.sent = (0.0, 0.0)
        #: The version that its State is at, and when it said so.
        self.version = 0
        self.told = 0.0
        #: What it was sent, if it is a sample.
        self.frames: list[bytes] | None = None


class Crowd:
    """All clients, and the loop that serves them."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._bots: list[Bot] = []
        self._by_fd: dict[int, Bot] = {}
        self._port = 0
        self._options = b""
        self._is_native = False
        self._ready = 0
        self._pongs = 0

    def join(self, port: int, count: int, room: int, serializer: str) -> dict[str, Any]:
        """Let clients come until `count` are there."""
        self._port = port
        options: dict[str, Any] = {"maxClients": room, "name": "bot"}
        self._is_native = serializer != "schema"
        if self._is_native:
            options["__nexus"] = {"serializer": serializer}
        self._options = json.dumps(options).encode()
        started, cpu = time.perf_counter(), time.process_time()
        while self._ready < count:
            while len(self._bots) < count and len(self._bots) - self._ready < _AT_ONCE:
                self._begin()
            self._turn(0.5)
            if time.perf_counter() - started > _PATIENCE:
                break
        return self._spent(started, cpu) | {"joined": self._ready}

    def _begin(self) -> None:
        bot = Bot(f"bot{len(self._bots)}")
        if len(self._bots) < _SAMPLES:
            bot.frames = []
        self._bots.append(bot)
        self._connect(
            bot,
            b"POST /matchmake/joinOrCreate/bench HTTP/1.1\r\nHost: localhost\r\n"
            b"Accept: application/json\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (len(self._options), self._options),
        )

    def _connect(self, bot: Bot, first: bytes) -> None:
        bot.on = socket.create_connection(("127.0.0.1", self._port))
        bot.on.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bot.on.sendall(first)
        bot.on.settimeout(0)
        self._by_fd[bot.on.fileno()] = bot
        self._poll.register(bot.on.fileno(), select.EPOLLIN)

    def _turn(self, patience: float) -> None:
        """Serve whoever has something to read."""
        for fd, _ in self._poll.poll(patience, 512):
            bot = self._by_fd[fd]
            assert bot.on is not None
            try:
                data = bot.on.recv(65536)
            except BlockingIOError:
                continue
            if bot.phase == "plays":
                self._take(bot, data)
            else:
                self._advance(bot, data)
            if not data and bot.phase != "upgrades":
                self._poll.unregister(fd)
                del self._by_fd[fd]
                if bot.phase == "plays":
                    self._ready -= 1

    def _advance(self, bot: Bot, data: bytes) -> None:
        """Go on with a join."""
        bot.buffer += data
        if bot.phase == "asks":
            head, mark, body = bot.buffer.partition(b"\r\n\r\n")
            if not mark or not body.rstrip().endswith(b"}"):
                return
            if b" 200 " not in head[:20]:
                raise SystemExit(f"no seat: {bot.buffer!r}")
            bot.seat = json.loads(body[body.index(b"{") :])
            assert bot.on is not None
            self._poll.unregister(bot.on.fileno())
            del self._by_fd[bot.on.fileno()]
            bot.on.close()
            bot.buffer, bot.phase = b"", "upgrades"
            self._connect(
                bot,
                b"GET /%b/%b?sessionId=%b HTTP/1.1\r\nHost: localhost\r\n"
                b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                b"Sec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Extensions: permessage-deflate;"
                b" client_max_window_bits\r\n\r\n"
                % tuple(
                    str(bot.seat[name]).encode()
                    for name in ("processId", "roomId", "sessionId")
                ),
            )
        elif b"\r\n\r\n" in bot.buffer:
            rest = bot.buffer.partition(b"\r\n\r\n")[2]
            bot.buffer, bot.phase = b"", "plays"
            self._take(bot, rest)

    def _take(self, bot: Bot, data: bytes) -> None:
        """Count the frames in a chunk."""
        if bot.buffer:
            data = bot.buffer + data
            bot.buffer = b""
        at, size = 0, len(data)
        while at + 2 <= size:
            length, head = data[at + 1], 2
            if length > 125:
                head = 4 if length == 126 else 10
                if at + head > size:
                    break
                length = int.from_bytes(data[at + 2 : at + head], "big")
            end = at + head + length
            if end > size:
                break
            frame = data[at + head : end] if length else b"\x00"
            if data[at] == _COMPRESSED:
                frame = self._inflate(bot, frame)
            if data[at] == 0x89:
                assert bot.on is not None
                bot.on.send(bytes((0x8A, 0x80 | length, 0, 0, 0, 0)) + frame[:length])
                at = end
                continue
            kind = frame[0]
            if self._is_native and kind in (0x0E, 0x0F):
                self._apply(bot, frame)
            if kind == 0x0F:
                bot.patches += 1
            elif kind == 0x0A:
                assert bot.on is not None
                bot.on.send(_ACK)
            elif kind == 0x0E:
                self._ready += 1
            elif kind == 0x12:
                self._pongs += 1
            elif length and data[at] == 0x82:
                self._hear(bot, frame)
            if bot.frames is not None and data[at] == 0x82:
                bot.frames.append(frame)
            at = end
        if at < size:
            bot.buffer = data[at:]

    def _hear(self, bot: Bot, frame: bytes) -> None:
        """Take a frame that is nothing of the above."""

    @staticmethod
    def _apply(bot: Bot, frame: bytes) -> None:
        """Follow the version of a State, and say now and then which was applied."""
        first = frame[1]
        if frame[0] == 0x0E:
            bot.version = _number(frame, 1)
        else:
            bot.version += 1 if first < 64 else _number(frame, 2)
        now = time.perf_counter()
        if now - bot.told >= _TELLS and bot.version:
            bot.told = now
            assert bot.on is not None
            head = bytes((0x82, 0x80 | len(_APPLIED_HEAD) + 4, 0, 0, 0, 0))
            bot.on.send(_APPLIED(head, _APPLIED_HEAD, bot.version))

    @staticmethod
    def _inflate(bot: Bot, data: bytes) -> bytes:
        """Return what is in a compressed frame; only large ones are."""
        frame = zlib.decompressobj(-15).decompress(data + b"\x00\x00\xff\xff")
        if bot.frames is not None:
            bot.frames.append(frame)
        return frame

    def play(self, seconds: float, rate: float, *, moving: bool) -> dict[str, Any]:
        """Let all send moves; without `moving` they go where they are."""
        bots = self._in_turns()
        before = sum(bot.patches for bot in bots)
        started, cpu = time.perf_counter(), time.process_time()
        sent = 0
        while (now := time.perf_counter() - started) < seconds:
            due = int(now * rate * len(bots))
            for number in range(sent, due):
                bot = bots[number % len(bots)]
                if moving:
                    step = number // len(bots) + 1
                    bot.sent = (step / 8, (number % 997) / 4)
                x, y = bot.sent
                assert bot.on is not None
                bot.on.send(_FRAME_HEAD + _MOVE_HEAD + _MOVE(x, b"\xcb", y))
            sent = max(sent, due)
            self._turn(0.001)
        spent = self._spent(started, cpu)
        patches = sum(bot.patches for bot in bots) - before
        return spent | {"sent": sent, "patches": patches, "bots": len(bots)}

    def _in_turns(self) -> list[Bot]:
        """Return all who play, so that neighbours are of different rooms.

        Each room then hears of somebody all the time, not of all at once.
        """
        rooms: dict[str, list[Bot]] = {}
        for bot in self._bots:
            if bot.phase == "plays":
                rooms.setdefault(bot.seat["roomId"], []).append(bot)
        turns: list[Bot] = []
        for place in range(max(map(len, rooms.values()), default=0)):
            turns += [room[place] for room in rooms.values() if place < len(room)]
        return turns

    def ping(self, count: int) -> dict[str, Any]:
        """Measure how long an answer takes, one after the other."""
        bot = self._bots[-1]
        assert bot.on is not None
        times = []
        for _ in range(count):
            wanted = self._pongs + 1
            started = time.perf_counter()
            bot.on.send(_PING)
            while self._pongs < wanted and time.perf_counter() - started < 1:
                self._turn(0.01)
            times.append(time.perf_counter() - started)
        times.sort()
        return {"median": times[count // 2], "p99": times[count * 99 // 100]}

    def end(self) -> dict[str, Any]:
        """Wait until nothing moves, and return what the samples were sent."""
        until = time.perf_counter() + 0.5
        while time.perf_counter() < until:
            self._turn(0.05)
        samples = []
        for bot in self._bots[:_SAMPLES]:
            room = bot.seat["roomId"]
            went = {
                other.seat["sessionId"]: other.sent
                for other in self._bots
                if other.seat.get("roomId") == room
            }
            frames = [base64.b64encode(each).decode() for each in bot.frames or ()]
            samples.append({"frames": frames, "went": went})
        return {"samples": samples}

    @staticmethod
    def _spent(started: float, cpu: float) -> dict[str, Any]:
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "load": (time.process_time() - cpu) / seconds}


def _number(frame: bytes, at: int) -> int:
    """Read a whole number as msgpack writes it."""
    width = _NUMBERS.get(frame[at], 0)
    return int.from_bytes(frame[at + 1 : at + 1 + width], "big") if width else frame[at]


def main() -> None:
    """Obey what stdin says."""
    crowd = Crowd()
    for line in sys.stdin:
        said = json.loads(line)
        answer = getattr(crowd, said.pop("do"))(**said)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
