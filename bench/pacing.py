"""What a client on a slow network gets in a busy crowd: how old, and how much waits."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.task import deferLater, react

from bench.report import line, section
from nexus.client import Client, Room
from tests import ROOT
from tests.scenario.pacing import TICKS
from tests.support.daemon import clean_environment, start
from tests.support.proxy import Lane, shared_proxy

#: 64 kbit/s, each byte 0.3 s under way there and as long back.
RATE = 8000.0
DELAY = 0.3
#: So many ticks until what was sent before anything was measured is there.
FIRST = 6 * TICKS
#: So many ticks are measured.
MEASURED = 20 * TICKS


def _crowd(room: Room) -> dict[int, tuple[Any, ...]]:
    return {id_: (row.x, row.y) for id_, row in room.state.npcs.items()}


async def _watch(reactor: Any, url: str, lane: Lane) -> None:
    """Let a client look on that is near, and one through the slow network."""
    near = await Client(url, reactor=reactor).create("market")
    await near.ready()
    slow = Client(f"http://127.0.0.1:{lane.port}", reactor=reactor)
    far = await slow.join_by_id(near.room_id)
    await far.ready()

    async def until(tick: int) -> None:
        while near.state.tick < tick:
            await deferLater(reactor, 0.01)

    begin = near.state.tick + FIRST
    await until(begin)
    await near.request("measure")
    ages: list[float] = []
    held = 0
    newest = begin
    while near.state.tick < begin + MEASURED:
        await until(newest + 1)
        newest = near.state.tick
        mine = far.state.players[far.session_id].tick
        ages.append((newest - mine) / TICKS)
        held = max(held, lane.counts()[-1].down_held)
    waiting, outstanding = await near.request("measure")
    how = await near.request("look", far.session_id)
    near.send("stop")
    while not near.state.stopped or _crowd(near) != _crowd(far):
        await deferLater(reactor, 0.01)
    took = (far.state.tick - near.state.stopped) / TICKS

    ages.sort()
    middle, late = ages[len(ages) // 2], ages[len(ages) * 99 // 100]
    figures = f"p50 {middle:.2f} p99 {late:.2f} max {ages[-1]:.2f} s"
    line("age of its own entity", figures, "<= 1 s", met=ages[-1] <= 1)
    line("right after the crowd stops", f"{took:.2f} s", "<= 3 s", met=took <= 3)
    line("outstanding, at most", f"{outstanding} bytes")
    bound = 2 * RATE
    what = f"{held} in the network, {waiting} in the Node"
    line("waiting, at most", what, f"<= {bound:.0f}", met=held + waiting <= bound)
    line("measured rate", f"{how['rate']:.0f} of {RATE:.0f} bytes/s")
    await near.leave()
    await far.leave()


def run() -> None:
    """Print the report of a Node of its own, and a proxy before it."""
    section("A client at 64 kbit/s and 300 ms, with 600 who walk about in view")
    with TemporaryDirectory(prefix="nexus-pacing-") as folder:
        node = start(
            Path(folder),
            ("--app=tests.scenario.pacing", "--port=0"),
            environment=clean_environment(PYTHONPATH=str(ROOT)),
        )
        try:
            _measure(node.url())
        finally:
            node.process.kill()
            node.process.wait()


def _measure(url: str) -> None:
    """Open a slow network to a Node, and look on through it."""
    port = urlsplit(url).port
    assert port is not None
    lane = shared_proxy().open(port, window=4096)
    lane.shape("down", delay=DELAY, rate=RATE)
    lane.shape("up", delay=DELAY)
    try:
        react(_watch, (url, lane))
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    run()
