"""A crowd whose clients ask for commands to be confirmed; see `bench.load.crowd`.

{"do": "command", "seconds": 5, "rate": 2000}
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Final

from typing_extensions import override

from bench.load.crowd import Bot, Crowd
from nexus.wire.colyseus.primitive import decode_number
from nexus.wire.frame import Status, encode_request
from nexus.wire.message import encode

_RESPONSE: Final = 0x16
_BODY: Final = encode(1)
#: How long the last answers are waited for.
_PATIENCE: Final = 5.0


class Commanders(Crowd):
    """All clients, and what they wait for."""

    def __init__(self) -> None:
        super().__init__()
        #: When each command was due, by client and number.
        self._asked: dict[tuple[str, int], float] = {}
        self._numbers: dict[str, int] = {}
        self._times: list[float] = []
        self._refused = 0

    def command(self, seconds: float, rate: float) -> dict[str, Any]:
        """Let all send commands, in turns, so many a second in all.

        An answer's time counts from when its command was due: a crowd that is late
        hides nothing.
        """
        bots = self._in_turns()
        self._times, self._refused = [], 0
        started, cpu = time.perf_counter(), time.process_time()
        sent = 0
        while (now := time.perf_counter() - started) < seconds:
            due = int(now * rate)
            for number in range(sent, due):
                self._send(bots[number % len(bots)], started + (number + 1) / rate)
            sent = max(sent, due)
            self._turn(0.001)
        spent = self._spent(started, cpu)
        late = time.perf_counter() + _PATIENCE
        while self._asked and time.perf_counter() < late:
            self._turn(0.05)
        times = sorted(self._times)
        if not times:
            raise SystemExit("no command was answered")
        return spent | {
            "sent": sent,
            "answered": len(times),
            "refused": self._refused,
            "p50": times[len(times) // 2],
            "p99": times[len(times) * 99 // 100],
            "last": times[-1],
        }

    def _send(self, bot: Bot, due: float) -> None:
        number = self._numbers[bot.name] = self._numbers.get(bot.name, 0) + 1
        self._asked[bot.name, number] = due
        frame = encode_request(number, "add", _BODY)
        assert bot.on is not None
        bot.on.send(bytes((0x82, 0x80 | len(frame), 0, 0, 0, 0)) + frame)

    @override
    def _hear(self, bot: Bot, frame: bytes) -> None:
        if frame[0] != _RESPONSE:
            return
        number, at = decode_number(frame, 1)
        due = self._asked.pop((bot.name, int(number)))
        if frame[at] == Status.OK:
            self._times.append(time.perf_counter() - due)
        else:
            self._refused += 1


def main() -> None:
    """Obey what stdin says."""
    crowd = Commanders()
    for line in sys.stdin:
        said = json.loads(line)
        answer = getattr(crowd, said.pop("do"))(**said)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
