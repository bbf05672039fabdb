"""Where the bytes of a side go: a process with a socket for each client.

It reads what lies there every few milliseconds, and waits for nothing in between: no
sender pays for waking it, as none pays for waking the machine of a client.

It answers each line of its input with how many bytes it read since the one before.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from typing import Final

from attrs import define, field

__all__ = ["Drain"]

_EVERY: Final = 0.01
_PATIENCE: Final = 60.0
_TRIES: Final = 100
#: What a client asks that wants a WebSocket.
_UPGRADE: Final = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade"
    b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"\r\n"
)


@define
class Drain:
    """That process, for whoever measures."""

    _process: subprocess.Popen[str]
    _total: int = field(default=0, init=False)

    @classmethod
    def start(cls, port: int, count: int, *, upgrade: bool) -> Drain:
        """Let clients connect to a port of this machine.

        Args:
            port: Who listens there takes all of them at once.
            count: How many come.
            upgrade: Whether a WebSocket is asked for.
        """
        command = [sys.executable, __file__, str(port), str(count)]
        process = subprocess.Popen(
            [*command, "upgrade"] if upgrade else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return cls(process)

    def bytes(self, sent: int) -> int:
        """Return how many bytes came since this was asked last.

        Args:
            sent: How many were sent so far, in all.

        Raises:
            RuntimeError: That is not how many came.
        """
        pipe, answers = self._process.stdin, self._process.stdout
        assert pipe is not None
        assert answers is not None
        came = 0
        for _ in range(_TRIES):
            pipe.write("\n")
            pipe.flush()
            came += int(answers.readline() or 0)
            if self._total + came == sent:
                break
        self._total += came
        if self._total != sent:
            raise RuntimeError(f"{self._total} bytes of {sent} arrived")
        return came

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(30)


def _connect(port: int, *, upgrade: bool) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), _PATIENCE)
    if upgrade:
        made.sendall(_UPGRADE)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            # Nothing is sent behind it before all are there.
            byte = made.recv(1)
            if not byte:
                raise RuntimeError(f"no WebSocket, but {head!r}")
            head += byte
    made.settimeout(0)
    return made


def _read(sockets: list[socket.socket], room: bytearray) -> int:
    """Read what lies there; return how many bytes that were."""
    total = 0
    for each in sockets:
        try:
            while size := each.recv_into(room):
                total += size
        except BlockingIOError:
            continue
        except ConnectionError:
            # The sender is gone: whoever asks finds that bytes are missing.
            continue
    return total


def _main(port: int, count: int, *, upgrade: bool) -> None:
    sockets = [_connect(port, upgrade=upgrade) for _ in range(count)]
    room, total = bytearray(1 << 20), 0
    ended = time.monotonic() + 1800.0
    # It ends with whoever measures, and by itself if that one hangs.
    while time.monotonic() < ended:
        time.sleep(_EVERY)
        total += _read(sockets, room)
        if select.select([sys.stdin], [], [], 0)[0]:
            if not sys.stdin.readline():
                return
            # What was sent before is here already, as it never left the machine.
            total += _read(sockets, room)
            print(total, flush=True)
            total = 0


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), upgrade=sys.argv[3:] == ["upgrade"])
