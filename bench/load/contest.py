"""Runs servers and crowds in turns, checks that they did the work, and reports."""

from __future__ import annotations

import base64
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attrs import define, frozen

from bench.load.server import Server, prepare_peer, start_nexus, start_peer
from bench.report import line, ratio, section
from nexus.wire.dialect import CURRENT
from nexus.wire.frame import JoinRoom, Patch, Snapshot, read_server
from nexus.wire.native import Replica, plain
from tests.support.node import Decoder

__all__ = ["run"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_COUNT: Final = 1000
_ROOM: Final = 50
_RATE: Final = 10
_PATCHES: Final = 20
#: A patch costs what moving costs beyond standing still, so both change places so
#: often within one server: what else is faster or slower meanwhile is so for both.
_TURNS: Final = 5
_STILL: Final = 1.0
_MOVING: Final = 2.0
#: Until what moved last was told.
_SETTLE: Final = 0.15
_ROUNDS: Final = 5


class Invalid(Exception):
    """A run that did not do the work; its figures mean nothing."""


@frozen
class Figures:
    """What one run cost, in microseconds of CPU and bytes.

    Attributes:
        join: CPU per client that joined.
        message: CPU per message that changed nothing.
        patch: CPU per patch that a client got, beyond that of the messages.
        rss: Memory per client.
    """

    join: float
    message: float
    patch: float
    rss: float


@define
class Spell:
    """What all turns of one sort took together."""

    cpu: float = 0.0
    seconds: float = 0.0
    sent: int = 0
    patches: int = 0

    def add(self, cpu: float, said: dict[str, Any]) -> None:
        """Count one turn more."""
        self.cpu += cpu
        self.seconds += said["seconds"]
        self.sent += said["sent"]
        self.patches += said["patches"]


@define
class Crowd:
    """The process with the clients."""

    process: subprocess.Popen[str]

    def ask(self, do: str, **said: Any) -> dict[str, Any]:
        """Let it do something, and return what it says of it."""
        pipe, answers = self.process.stdin, self.process.stdout
        assert pipe is not None
        assert answers is not None
        pipe.write(json.dumps({"do": do, **said}) + "\n")
        pipe.flush()
        answer = answers.readline()
        if not answer:
            raise Invalid(f"the crowd ended while it did {do}")
        document: dict[str, Any] = json.loads(answer)
        if document.get("load", 0.0) > 0.8:
            raise Invalid(f"the crowd used {document['load']:.2f} of a core")
        return document


def _crowd() -> Crowd:
    return Crowd(
        subprocess.Popen(
            [sys.executable, "-m", "bench.load.crowd"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    )


def _once(start: Callable[[], Server], serializer: str) -> Figures:
    """Start a server, load it, and return what that cost."""
    server = start()
    crowd = _crowd()
    try:
        return _load(server, crowd, serializer)
    finally:
        crowd.process.kill()
        crowd.process.wait(30)
        server.stop()


def _load(server: Server, crowd: Crowd, serializer: str) -> Figures:
    before, memory = server.cpu(), server.rss()
    joined = crowd.ask(
        "join", port=server.port, count=_COUNT, room=_ROOM, serializer=serializer
    )
    if joined["joined"] != _COUNT:
        raise Invalid(f"{joined['joined']} of {_COUNT} clients joined")
    join = (server.cpu() - before) / _COUNT
    if not server.all_no_delay():
        raise Invalid("TCP_NODELAY is off")
    # Whoever joined last is told to all; then nothing moves any more.
    crowd.ask("play", seconds=1.0, rate=0, moving=False)
    grown = (server.rss() - memory) / _COUNT
    idle, still, moving = Spell(), Spell(), Spell()
    for _ in range(_TURNS):
        idle.add(*_busy(server, crowd, seconds=_STILL, rate=0))
        still.add(*_busy(server, crowd, seconds=_STILL))
        moving.add(*_busy(server, crowd, seconds=_MOVING, moving=True))
        crowd.ask("play", seconds=_SETTLE, rate=0, moving=False)
    due = _COUNT * _PATCHES * moving.seconds
    if moving.patches < 0.95 * due:
        raise Invalid(f"{moving.patches} patches of {due:.0f} came")
    per_second = idle.cpu / idle.seconds
    message = (still.cpu - per_second * still.seconds) / still.sent
    more = moving.cpu - message * moving.sent - per_second * moving.seconds
    patch = more / moving.patches
    for sample in crowd.ask("end")["samples"]:
        _check(sample)
    return Figures(join * 1e6, message * 1e6, patch * 1e6, grown)


def _busy(
    server: Server,
    crowd: Crowd,
    *,
    seconds: float,
    rate: float = _RATE,
    moving: bool = False,
) -> tuple[float, dict[str, Any]]:
    """Let all play; return the CPU that a server used, and what the crowd says."""
    before = server.cpu()
    said = crowd.ask("play", seconds=seconds, rate=rate, moving=moving)
    return server.cpu() - before, said


def _check(sample: dict[str, Any]) -> None:
    """See that a client's patches lead to where everybody went.

    Raises:
        Invalid: They do not.
    """
    frames = [read_server(base64.b64decode(each), CURRENT) for each in sample["frames"]]
    join = next(each for each in frames if isinstance(each, JoinRoom))
    states = [each for each in frames if isinstance(each, Snapshot | Patch)]
    if join.serializer == "nexus":
        players = _native(join.handshake, states)
    else:
        players = _schema(join.handshake, states)
    for session, (x, y) in sample["went"].items():
        player = players.get(session)
        if player is None or (player["x"], player["y"]) != (x, y):
            raise Invalid(f"{session} went to {(x, y)}, and a client sees {player}")


def _native(handshake: bytes, states: list[Any]) -> dict[str, Any]:
    replica = Replica(handshake)
    for each in states:
        if isinstance(each, Snapshot):
            replica.apply_snapshot(each.content)
        else:
            replica.apply_patch(each.content)
    players: dict[str, Any] = plain(replica.state)["players"]
    return players


def _schema(handshake: bytes, states: list[Any]) -> dict[str, Any]:
    with Decoder(5) as decoder:
        decoder.handshake(1, handshake)
        for each in states:
            decoder.decode(1, each.content)
        return dict(decoder.dump(1)["players"]["$map"])


def run() -> None:
    """Print the costs of both servers, side by side."""
    prepare_peer()
    section(
        f"Load: {_COUNT} clients in rooms of {_ROOM}, {_RATE} moves/s each,"
        f" {_ROUNDS} rounds (us of CPU; Colyseus 0.18 on node 22)"
    )
    ours: list[Figures] = []
    native: list[Figures] = []
    theirs: list[Figures] = []
    try:
        for _ in range(_ROUNDS):
            ours.append(_once(start_nexus, "schema"))
            theirs.append(_once(start_peer, "schema"))
            native.append(_once(start_nexus, "nexus"))
    except Invalid as reason:
        line("INVALID", str(reason))
        raise SystemExit(1) from None
    for name, title, goal in (
        ("patch", "per delivered patch", 1.0),
        ("join", "per join", 0.5),
        ("message", "per inbound message", None),
        ("rss", "memory per client (KiB)", 0.5),
    ):
        _row(name, title, goal, (ours, native, theirs))


def _row(
    name: str, title: str, goal: float | None, runs: tuple[list[Figures], ...]
) -> None:
    scale = 1024 if name == "rss" else 1
    ours, native, theirs = (
        [getattr(each, name) / scale for each in figures] for figures in runs
    )
    times = ratio(ours, theirs)
    both = f"{statistics.median(ours):.1f} to {statistics.median(theirs):.1f}"
    line(
        title,
        f"{both}: {times:.2f}x",
        "" if goal is None else f"<= {goal:.1f}x",
        met=None if goal is None else times <= goal,
    )
    line(
        f"{title}, nexus",
        f"{statistics.median(native):.1f}: {ratio(native, theirs):.2f}x",
    )
