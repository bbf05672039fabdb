"""Turns: stretches of an author's plain code, in which nothing else of it runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["Turns"]

_T = TypeVar("_T")


class Turns:
    """Knows whether plain code of one Room's author runs, and what is to come after.

    A listener that kicks somebody in a loop over the State must not find `on_leave` at
    work on that State before the loop is over.
    """

    __slots__ = ("_depth", "_is_draining", "_waiting")

    def __init__(self) -> None:
        self._depth = 0
        self._waiting: deque[Callable[[], object]] = deque()
        self._is_draining = False

    def run(self, call: Callable[..., _T], *arguments: Any) -> _T:
        """Call something that runs the author's code, and do what was put off."""
        self.begin()
        try:
            return call(*arguments)
        finally:
            self.end()

    def begin(self) -> None:
        """The author's code begins to run."""
        self._depth += 1

    def end(self) -> None:
        """The author's code has returned, or waits: do what was put off."""
        self._depth -= 1
        if self._waiting and not self._depth and not self._is_draining:
            self._drain()

    def after(self, call: Callable[[], object]) -> None:
        """Call when no plain code of the author's runs: at once, or after it."""
        if self._depth or self._is_draining:
            self._waiting.append(call)
        else:
            call()

    def _drain(self) -> None:
        self._is_draining = True
        try:
            while self._waiting:
                self._waiting.popleft()()
        finally:
            self._is_draining = False
