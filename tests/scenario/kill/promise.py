"""Promises: the orders that have to be in a Room's log, and their places there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

__all__ = ["Promises"]


@define(eq=False)
class Promises:
    """What the processes of a Node promised of one Room."""

    #: By its place, the first is 1: an order, and the process that said so.
    _made: dict[int, tuple[str, int]] = field(factory=dict, init=False)
    #: The furthest place that each process promised.
    _furthest: dict[int, int] = field(factory=dict, init=False)

    def make(
        self, turn: int, order: str, process: int, logs: Mapping[int, Sequence[str]]
    ) -> Iterator[str]:
        """Take note of a promise; yields what is wrong with it.

        Args:
            turn: The place.
            order: What is there.
            process: Who said so.
            logs: What was seen of each process.
        """
        before = self._made.setdefault(turn, (order, process))[0]
        if before != order:
            yield f"{before!r} was promised as number {turn}, and {order!r} too"
        self._furthest[process] = max(turn, self._furthest.get(process, 0))
        for later, log in logs.items():
            if later >= process and len(log) >= turn and log[turn - 1] != order:
                yield f"number {turn} was {order!r}, and is {log[turn - 1]!r}"

    def compare(self, turn: int, order: str, process: int) -> Iterator[str]:
        """Compare what a process has at a place; yields what is wrong."""
        made = self._made.get(turn)
        if made is not None and made[1] <= process and made[0] != order:
            yield f"number {turn} was {made[0]!r}, and is {order!r}"

    def check(self, log: Sequence[str]) -> Iterator[str]:
        """Look for each promise in a log; yields those that were not kept."""
        for turn, (order, _) in self._made.items():
            found = log[turn - 1] if turn <= len(log) else "nothing"
            if found != order:
                yield f"number {turn} was {order!r}, and is {found!r}"

    def length(self, process: int) -> int:
        """Return how long a log has to be when a process begins."""
        return max(
            (turn for each, turn in self._furthest.items() if each < process),
            default=0,
        )
