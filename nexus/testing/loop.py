"""Loop: stands in for the reactor. It lets a test act, guests hear, and time pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from nexus.testing.clock import VirtualClock
from nexus.testing.error import StillWaiting

__all__ = ["Loop", "Pending"]


class Pending(Protocol):
    """Something that has news for whoever is at its far end."""

    def hand_over(self) -> None:
        """Tell the news."""


class Loop:
    """What happens in a Harness, one thing after the other.

    Args:
        clock: The time.
        patience: How many seconds of it something may take.
    """

    def __init__(self, clock: VirtualClock, patience: float) -> None:
        self.clock = clock
        self.patience = patience
        self._pending: deque[Pending] = deque()
        self._is_busy = False
        self._is_telling = False

    def wake(self, pending: Pending) -> None:
        """Let news be told as soon as the code that made them has returned."""
        self._pending.append(pending)

    def act(self, call: Callable[[], Any]) -> None:
        """Let a guest do something.

        Raises:
            RuntimeError: The code of a Room is at work: it cannot play its guests.
        """
        if self._is_telling:
            call()
            return
        with self._turn():
            call()
            self._tell()

    def run(self, seconds: float) -> None:
        """Let time pass."""
        with self._turn():
            self._tell()
            end = self.clock.seconds() + seconds
            while self.clock.step(end):
                self._tell()
            self.clock.stand(end)

    def wait(
        self,
        is_done: Callable[[], bool],
        what: Callable[[], str],
        seconds: float | None = None,
    ) -> None:
        """Let time pass until something is done, and no further.

        Args:
            is_done: Whether it is.
            what: Says who waits.
            seconds: How long it may take; None: as long as the patience goes.

        Raises:
            StillWaiting: It takes too long.
        """
        most = self.patience if seconds is None else seconds
        with self._turn():
            self._tell()
            end = self.clock.seconds() + most
            while not is_done():
                if not self.clock.step(end):
                    raise StillWaiting(
                        f"{what()} still waits after {most:g} s of virtual time; what"
                        " waits for a thread, a socket, asyncio or the real clock never"
                        " ends here: let the test put something else in its place"
                    )
                self._tell()

    def finish(self, work: Deferred[Any], what: Callable[[], str]) -> Any:
        """Let time pass until a Deferred fires, and return or raise what it has.

        Raises:
            StillWaiting: It takes too long; it was cancelled.
        """
        got: list[Any] = []
        _ = work.addBoth(got.append)
        try:
            self.wait(lambda: bool(got), what)
        except StillWaiting:
            self.act(work.cancel)
            raise
        if isinstance(got[0], Failure):
            got[0].raiseException()
        return got[0]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._is_busy:
            raise RuntimeError(
                "no time passes in here, and no guest can act: the code of a Room, or a"
                " callback of a guest, runs"
            )
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False

    def _tell(self) -> None:
        self._is_telling = True
        try:
            while self._pending:
                self._pending.popleft().hand_over()
        finally:
            self._is_telling = False
