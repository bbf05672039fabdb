"""Collect, group, encode and clear 50 dirty of 100 players of two fields."""

from __future__ import annotations

import random
import statistics
from time import perf_counter
from typing import Any

from bench.report import line, ratio, section
from bench.worlds import WORLDS, world
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.native import Encoder

ROUNDS = 3000


def _measure(kind: str, *, ordered: bool) -> None:
    chance = random.Random(2)
    sides: dict[str, Any] = {}
    for name in ("nexus", "schema"):
        tree, players = world(kind)
        encoder: Any = Encoder(tree) if name == "nexus" else SchemaEncoder(tree, 5)
        if name == "schema":
            encoder.full()
        sides[name] = (tree, players, encoder)
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        chosen = chance.sample(range(100), 50)
        if ordered:
            chosen.sort()
        moves = [(i, WORLDS[kind](chance), WORLDS[kind](chance)) for i in chosen]
        for name, (tree, players, encoder) in sides.items():
            for i, x, y in moves:
                players[i].x = x
                players[i].y = y
            started = perf_counter()
            flush = tree.flush()
            patch = encoder.patch(flush)
            times[name].append((perf_counter() - started) * 1e6)
            if len(patch) < 100:
                raise RuntimeError("the patch does not hold the moves")
    ours, theirs = (statistics.median(times[name]) for name in ("nexus", "schema"))
    order = "in order of ids" if ordered else "in random order"
    line(
        f"50 of 100, {kind}, {order}",
        f"nexus {ours:.1f} us (best {min(times['nexus']):.1f})",
        "<= 10 us",
        met=ours <= 10,
    )
    against = ratio(times["schema"], times["nexus"])
    line("", f"schema {theirs:.1f} us, {against:.2f}x", "<= 1.3x", met=against <= 1.3)


def run() -> None:
    """Print the figures."""
    section("Flush: collect, group, encode and clear")
    for kind in WORLDS:
        for ordered in (True, False):
            _measure(kind, ordered=ordered)


if __name__ == "__main__":
    run()
