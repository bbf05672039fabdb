"""A siege: attacks of all kinds on one Node, while an honest client plays on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field

from nexus.errors import Close
from nexus.wire import frame as frames
from nexus.wire.dialect import CURRENT
from nexus.wire.message import decode, encode
from nexus.wire.native import Replica
from tests import ROOT
from tests.scenario.hostile import plain, room, socket
from tests.support.attack import PATIENCE, Address, counts, seat
from tests.support.daemon import Daemon, clean_environment, running
from tests.support.replay import Closed, Line, Ping, Silence

__all__ = ["NARROW", "Honest", "besieged", "failures", "settle", "siege"]

#: The app with narrow limits.
NARROW: Final = "tests.scenario.hostile.narrow"

_ATTACKS: Final = (*plain.ATTACKS, *socket.ATTACKS, *room.ATTACKS)

#: How many of its messages an honest client has under way.
_UNDER_WAY: Final = 5

#: What there has to be as much of afterwards as before.
_COUNTED: Final = ("nexus_rooms", "nexus_sockets", "nexus_http_connections")


@contextmanager
def besieged(folder: Path, app: str, *more: str) -> Iterator[tuple[Daemon, Address]]:
    """Start a Node that serves an app."""
    folder.mkdir(parents=True, exist_ok=True)
    with running(
        folder,
        arguments=("--port=0", f"--app={app}", *more),
        environment=clean_environment(PYTHONPATH=str(ROOT)),
    ) as daemon:
        parts = urlsplit(daemon.url())
        yield daemon, (str(parts.hostname), int(parts.port or 0))


def siege(address: Address, random: Random, times: int) -> Counter[str]:
    """Attack so many times; return how often in which way."""
    done: Counter[str] = Counter()
    for _ in range(times):
        attack = random.choice(_ATTACKS)
        attack(random, address)
        done[attack.__name__] += 1
    return done


def settle(address: Address, before: dict[str, float]) -> dict[str, tuple[float, ...]]:
    """Wait until all that an attack left behind is gone; return what stays."""
    left: dict[str, tuple[float, ...]] = {}
    for _ in range(int(PATIENCE * 3 / 0.25)):
        now = counts(address)
        left = {
            name: (before[name], now[name])
            for name in _COUNTED
            if now[name] > before[name]
        }
        if not left:
            break
        time.sleep(0.25)
    return left


def failures(daemon: Daemon) -> list[str]:
    """Return the lines of the log that tell of a mistake of ours."""
    marks = ("Traceback", '"level": "critical"', '"level": "error"', "Unhandled")
    text = daemon.log.read_text("utf-8", "replace")
    return [line for line in text.splitlines() if any(mark in line for mark in marks)]


@define(eq=False)
class Honest:
    """A client that plays by the rules; notes whatever is not as it should be.

    Attributes:
        replies: How many of its messages came back.
        patches: How many patches it took.
        wrong: What was not as it should be.
    """

    _address: Address
    replies: int = field(default=0, init=False)
    patches: int = field(default=0, init=False)
    wrong: list[str] = field(factory=list, init=False)
    _replica: Replica = field(factory=Replica, init=False)
    _sent: int = field(default=0, init=False)
    _n: float = field(default=-1, init=False)
    _stop: Event = field(factory=Event, init=False)
    _thread: Thread = field(init=False)

    def __enter__(self) -> Honest:
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            self.wrong.append("it did not come to its end")

    def _run(self) -> None:
        try:
            self._play()
        except Exception as error:  # noqa: BLE001  # the test that waits is to know
            self.wrong.append(f"{type(error).__name__}: {error}")

    def _play(self) -> None:
        options = {"__nexus": {"serializer": "nexus"}}
        path, _ = seat(self._address, "echo", options, "joinOrCreate")
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
        }
        line, status = Line.open(self._address, path, headers)
        if status != 101:
            raise AssertionError(f"the upgrade was answered with {status}")
        while not self._stop.is_set():
            self._step(line)
        while self.replies < self._sent:
            self._step(line, more=False)
        line.send(b"\x0c")
        while not isinstance(taken := line.take(PATIENCE), Closed):
            pass
        if taken.code != Close.CONSENTED:
            raise AssertionError(f"it left, and was told {taken}")

    def _step(self, line: Line, *, more: bool = True) -> None:
        """Take one thing, and keep talking."""
        taken = line.take(PATIENCE)
        if isinstance(taken, Ping):
            line.pong(taken.payload)
            return
        if isinstance(taken, Closed):
            raise Silence(f"closed: {taken}")
        before = self.patches
        self._hear(line, frames.read_server(taken, CURRENT))
        # It says something after each patch, as long as it is answered.
        if not more or self.patches == before:
            return
        while self._sent - self.replies < _UNDER_WAY:
            line.send(b"\x0d" + encode("say") + encode({"number": self._sent}))
            self._sent += 1

    def _hear(self, line: Line, heard: frames.Frame | None) -> None:
        replica = self._replica
        if isinstance(heard, frames.JoinRoom):
            replica.set_outline(heard.handshake)
            line.send(b"\x0a")
        elif isinstance(heard, frames.Snapshot):
            replica.apply_snapshot(heard.content)
            self._grew()
        elif isinstance(heard, frames.Patch):
            # It raises when a patch is missing, or came twice.
            replica.apply_patch(heard.content)
            self.patches += 1
            self._grew()
        elif isinstance(heard, frames.Message) and heard.type == "say":
            said: Any = decode(heard.payload)
            if said != {"number": self.replies}:
                raise AssertionError(f"{said} instead of {self.replies}")
            self.replies += 1
        elif not isinstance(heard, frames.Message):
            raise AssertionError(f"nobody asked for {heard}")

    def _grew(self) -> None:
        n: float = self._replica.state.n
        if not n > self._n:
            raise AssertionError(f"{n} after {self._n}")
        self._n = n
