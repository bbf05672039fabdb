"""What a checked and noted write costs, over a plain slot and over marking only."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Annotated, Any

from bench.report import line, ratio, section
from nexus.state import (
    Map,
    State,
    Tree,
    field,
    float32,
    float64,
    int32,
    quantized,
    uint8,
)

COUNT = 1000
ROUNDS = 400


class Subject(State):
    """One field of each kind that is measured."""

    whole: int32 = 0
    small: uint8 = 0
    text: str = ""
    double: float64 = 0.0
    single: float32 = 0.0
    share: Annotated[float, quantized(0.0, 100.0, 16)] = 0.0


class Holder(State):
    """Holds the subjects."""

    subjects: Map[str, Subject] = field()


class Plain:
    """A slot and nothing else."""

    __slots__ = ("value",)


class Marking:
    """A setter that compares and marks, but checks nothing."""

    __slots__ = ("_value", "dirty", "log")

    def __init__(self, log: list[Any]) -> None:
        self._value: Any = None
        self.dirty = 0
        self.log = log

    @property
    def value(self) -> Any:
        """The value."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            if self.dirty:
                self.dirty |= 1
            else:
                self.dirty = 1
                self.log.append(self)


VALUES: dict[str, Callable[[random.Random], Any]] = {
    "whole": lambda chance: chance.randint(-1000, 1000),
    "small": lambda chance: chance.randint(0, 255),
    "text": lambda chance: f"name{chance.randint(0, 9999)}",
    "double": lambda chance: chance.random(),
    "single": lambda chance: chance.random(),
    "share": lambda chance: chance.uniform(0.0, 99.9),
}
GOALS = {name: 200 if name in ("single", "share") else 120 for name in VALUES}


def _writer(name: str) -> Callable[[list[Any], list[Any]], None]:
    """Return a loop that writes one attribute; its name must be spelled out."""
    names: dict[str, Any] = {}
    exec(
        "def write(objects, values):\n"
        "    for each, value in zip(objects, values):\n"
        f"        each.{name} = value\n",
        names,
    )
    write: Callable[[list[Any], list[Any]], None] = names["write"]
    return write


def run() -> None:
    """Print the figures."""
    section("Attribute writes: ns over a plain slot, and ratio to a marking setter")
    chance = random.Random(1)
    holder = Holder()
    tree = Tree(holder)
    for i in range(COUNT):
        holder.subjects[str(i)] = Subject()
    tree.flush()
    log: list[Any] = []
    plains: list[Any] = [Plain() for _ in range(COUNT)]
    markings: list[Any] = [Marking(log) for _ in range(COUNT)]
    subjects: list[Any] = list(holder.subjects.values())
    for name, make in VALUES.items():
        pools = [[make(chance) for _ in range(COUNT)] for _ in range(8)]
        times: dict[str, list[float]] = {"plain": [], "marking": [], "ours": []}
        sides = {
            "plain": (_writer("value"), plains),
            "marking": (_writer("value"), markings),
            "ours": (_writer(name), subjects),
        }
        for turn in range(ROUNDS):
            values = pools[turn % len(pools)]
            for side, (write, objects) in sides.items():
                started = perf_counter()
                write(objects, values)
                times[side].append(perf_counter() - started)
            # Between rounds, so that every write marks again.
            log.clear()
            for each in markings:
                each.dirty = 0
            tree.flush()
        wrote = {getattr(subject, name) for subject in subjects}
        if len(wrote) < 10:
            raise RuntimeError(f"{name} was not written")
        over = statistics.median(
            (a - b) / COUNT * 1e9
            for a, b in zip(times["ours"], times["plain"], strict=True)
        )
        against = ratio(times["ours"], times["marking"])
        line(
            f"{name} ({Subject.__layout__.by_name[name].kind.name})",  # type: ignore[union-attr]  # all hold values
            f"{over:.0f} ns over a slot, {against:.2f}x",
            f"<= {GOALS[name]} ns, <= 1.4x",
            met=over <= GOALS[name] and against <= 1.4,
        )


if __name__ == "__main__":
    run()
