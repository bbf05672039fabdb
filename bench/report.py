"""Rows of a report: a figure, its goal, and whether it was met."""

from __future__ import annotations

import statistics
import sys

__all__ = ["line", "ratio", "section"]


def section(title: str) -> None:
    """Begin a part of the report."""
    sys.stdout.write(f"\n{title}\n")


def line(name: str, figure: str, goal: str = "", *, met: bool | None = None) -> None:
    """Print one row."""
    verdict = "" if met is None else "met" if met else "MISSED"
    sys.stdout.write(f"  {name:<46} {figure:<34} {goal:<22} {verdict}\n")
    sys.stdout.flush()


def ratio(above: list[float], below: list[float]) -> float:
    """Return the median of the ratios of rounds that stood side by side."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
