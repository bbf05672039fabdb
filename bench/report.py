"""Rows of a report: a figure, its goal, and whether it was met."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from time import perf_counter

__all__ = ["interleaved", "line", "section"]


def section(title: str) -> None:
    """Begin a part of the report."""
    sys.stdout.write(f"\n{title}\n")


def line(name: str, figure: str, goal: str = "", *, met: bool | None = None) -> None:
    """Print one row."""
    verdict = "" if met is None else "met" if met else "MISSED"
    sys.stdout.write(f"  {name:<46} {figure:<34} {goal:<22} {verdict}\n")
    sys.stdout.flush()


def interleaved(
    sides: dict[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Run all sides in turn, A B A B, and return the seconds of each round.

    A side that drifts with the machine drifts along with its neighbour.
    """
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            started = perf_counter()
            run()
            times[name].append(perf_counter() - started)
    return times


def ratio(above: list[float], below: list[float]) -> float:
    """Return the median of the ratios of rounds that stood side by side."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
