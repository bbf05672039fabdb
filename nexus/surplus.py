"""Surplus: memory that a Node no longer uses goes back to the system."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any, Final

from attrs import define, field
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from typing_extensions import override

from nexus.archive.thread import InThread

__all__ = ["Surplus", "give_back"]

#: How often memory is given back, in seconds.
_INTERVAL: Final = 10.0

#: What glibc offers for it; None: this is another C library.
_TRIM: Final[Callable[[int], int] | None] = (
    None if os.name == "nt" else getattr(ctypes.CDLL(None), "malloc_trim", None)
)


def give_back() -> None:
    """Give back what was freed; takes a millisecond or two, and keeps nobody waiting.

    The C library keeps it, for whatever comes next. After a snapshot of a million rows
    that is as much as all of them take.
    """
    if _TRIM is not None:
        _ = _TRIM(0)


@define(eq=False)
class Surplus(Service):
    """Gives memory back now and then, in a thread.

    Args:
        clock: Says when.
        in_thread: Calls something in a thread.
    """

    _clock: IReactorTime
    _in_thread: InThread
    _loop: LoopingCall = field(init=False)

    @_loop.default
    def _make_loop(self) -> LoopingCall:
        loop = LoopingCall(self._in_thread, give_back)
        loop.clock = self._clock
        return loop

    @override
    def startService(self) -> None:
        """Begin; a moment after a start there is something already."""
        Service.startService(self)
        _: Deferred[Any] = self._loop.start(_INTERVAL, now=False)

    @override
    def stopService(self) -> None:
        """End."""
        Service.stopService(self)
        if self._loop.running:
            self._loop.stop()
