"""Collect, group, encode and clear 50 dirty of 100 players of two fields."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from bench.report import line, ratio, section
from bench.worlds import WORLDS, mixed_world, quantized_world, world
from nexus.state import Tree
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.native import Encoder

ROUNDS = 3000

#: A tree with 100 players, and the players.
World = tuple[Tree, list[Any]]


def _flushes(
    made: Callable[[], World],
    value: Callable[[random.Random], Any],
    *,
    ordered: bool,
    both: bool = True,
) -> dict[str, list[float]]:
    """Return how long each flush took, by format.

    Args:
        made: Makes the players.
        value: Makes a coordinate.
        ordered: Whether they are written by ascending ids.
        both: Whether all move both ways; otherwise every other one moves along x only.
    """
    chance = random.Random(2)
    sides: dict[str, Any] = {}
    for name in ("nexus", "schema"):
        tree, players = made()
        encoder: Any = Encoder(tree) if name == "nexus" else SchemaEncoder(tree, 5)
        if name == "schema":
            encoder.full()
        sides[name] = (tree, players, encoder)
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        chosen = chance.sample(range(100), 50)
        if ordered:
            chosen.sort()
        moves = [(i, value(chance), value(chance)) for i in chosen]
        for name, (tree, players, encoder) in sides.items():
            for i, x, y in moves:
                players[i].x = x
                if both or i % 2:
                    players[i].y = y
            started = perf_counter()
            flush = tree.flush()
            patch = encoder.patch(flush)
            times[name].append((perf_counter() - started) * 1e6)
            if len(patch) < 100:
                raise RuntimeError("the patch does not hold the moves")
    return times


def _report(name: str, times: dict[str, list[float]], goal: float | None) -> None:
    ours, theirs = (statistics.median(times[side]) for side in ("nexus", "schema"))
    line(
        f"50 of 100, {name}",
        f"nexus {ours:.1f} us (best {min(times['nexus']):.1f})",
        f"<= {goal:.0f} us" if goal else "",
        met=ours <= goal if goal else None,
    )
    against = ratio(times["schema"], times["nexus"])
    line("", f"schema {theirs:.1f} us, {against:.2f}x", "<= 1.3x", met=against <= 1.3)


def run() -> None:
    """Print the figures."""
    section("Flush: collect, group, encode and clear")
    for kind, value in WORLDS.items():
        for ordered, order in ((True, "in order of ids"), (False, "in random order")):
            times = _flushes(partial(world, kind), value, ordered=ordered)
            _report(f"{kind}, {order}", times, 10)
    value = WORLDS["float32"]
    times = _flushes(mixed_world, value, ordered=True)
    _report("float32, of three classes", times, None)
    times = _flushes(partial(world, "float32"), value, ordered=True, both=False)
    _report("float32, half of them x only", times, None)
    times = _flushes(quantized_world, value, ordered=True)
    _report("quantized, in order of ids", times, None)


if __name__ == "__main__":
    run()
