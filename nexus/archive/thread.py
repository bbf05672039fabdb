"""The port of threads: where work is done that would keep a reactor for too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred

__all__ = ["InThread"]

T = TypeVar("T")


class InThread(Protocol):
    """Calls something in a thread."""

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]:
        """Return what it returns, or fail as it fails."""
        ...
