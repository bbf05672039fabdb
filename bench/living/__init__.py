"""What a world of a million costs in one process: simulated, looked at and stored.

A Node without a port, with a Room of a million people who have three needs and walk
around their homes. 20,000 of them are full, those near by coarse, all others aggregate;
a hundred players walk about, and are told what is in the Cells around them; the rows
are journalled in a file of SQLite. All of that goes on at once at 20 ticks a second, in
a process of its own. Clients take what they are sent without a socket.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.living.game import ENTITIES, FULL, HZ, SAVED, WATCHERS
from bench.report import line, section

__all__ = ["run"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_MEGA: Final = 1e6


def _inside(url: str, what: str) -> dict[str, Any]:
    """Let a process do something, and return what it says of that.

    Raises:
        RuntimeError: It did not do it.
    """
    said = subprocess.run(
        [sys.executable, "-m", "bench.living.inside", url, what],
        cwd=_ROOT,
        capture_output=True,
        text=True,
    )
    if said.returncode:
        raise RuntimeError(said.stderr[-2000:])
    document: dict[str, Any] = json.loads(said.stdout)
    return document


def _milliseconds(*seconds: float) -> list[float]:
    return [each * 1000 for each in seconds]


def _ticks(said: dict[str, Any]) -> None:
    least, half, most = _milliseconds(
        said["cpu_least"], said["cpu_half"], said["cpu_most"]
    )
    line(
        "a tick: life, patches of all clients; CPU",
        f"p5 {least:.1f}, p50 {half:.1f}, p99 {most:.1f} ms",
        "p99 <= 25 ms",
        met=most <= 25,
    )
    half, most = _milliseconds(said["wall_half"], said["wall_most"])
    line("  by the clock", f"p50 {half:.1f}, p99 {most:.1f} ms")
    line("  of them full, coarse", f"{said['full']:,.0f}, {said['coarse']:,.0f}")
    slow = f", {said['slow']} lag" if said["slow"] else ""
    line("  to each client", f"{said['sent'] / 1000:.1f} kB/s{slow}")
    line("the whole process", f"{said['core']:.2f} of a core")
    line(
        "memory beside the columns: arrays",
        f"{said['arrays']:.0f} bytes/entity",
        "<= 100",
        met=said["arrays"] <= 100,
    )
    line(
        "  all that the process holds",
        f"{said['beside']:.0f} bytes/entity",
        "<= 100",
        met=said["beside"] <= 100,
    )


def _stored(said: dict[str, Any]) -> None:
    rate = said["rate"] / _MEGA
    line(
        f"journal, rows every {SAVED:.0f} s",
        f"{rate:.2f} MB/s",
        "<= 1 MB/s",
        met=rate <= 1,
    )
    names = {
        "first": "the first snapshot",
        "idle": "  the longest gap between ticks later",
        "snapshot": "a snapshot while all goes on",
    }
    for name, what in names.items():
        if name in said:
            line(what, f"{said[name]:.1f} s")
        wall, cpu = _milliseconds(said[f"{name}_wall"], said[f"{name}_cpu"])
        line(
            "  longest gap beside ticks" if name in said else what,
            f"{wall:.1f} ms, {cpu:.1f} of CPU",
            "<= 10 ms",
            met=wall <= 10,
        )


def run() -> None:
    """Print the figures.

    Raises:
        RuntimeError: The work was not done: the figures mean nothing.
    """
    section(
        f"Living: {ENTITIES:,} people, {FULL:,} of them full, {WATCHERS} players walk,"
        f" {HZ} ticks a second, journal on"
    )
    with TemporaryDirectory(prefix="nexus-living-", dir="/tmp") as folder:
        url = f"sqlite:///{folder}/bench.db"
        said = _inside(url, "living")
        restored = _inside(url, "restored")
    if restored["sum"] != said["sum"]:
        raise RuntimeError("other rows came back than were stored")
    _ticks(said)
    _stored(said)
    seconds = restored["seconds"]
    line("back after a crash", f"{seconds:.1f} s", "<= 5 s", met=seconds <= 5)
    wall, cpu = _milliseconds(restored["wall"], restored["cpu"])
    line("  longest gap", f"{wall:.1f} ms, {cpu:.1f} of CPU")
    line("  checked", f"{said['checked']:,} rows of clients, all that came back")


if __name__ == "__main__":
    run()
