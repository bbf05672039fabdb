"""Waiting for what cannot be cancelled, only cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from nexus.store.port import DatabaseAway

__all__ = ["bounded"]


def bounded(
    running: Deferred[Any],
    seconds: float,
    stop: Callable[[], None],
    clock: IReactorTime,
) -> Deferred[Any]:
    """Wait for something that can only be ended by closing its connection.

    Returns:
        Fires as the other does, or with `DatabaseAway` when that took too long. If it
        is cancelled, the connection is closed.
    """
    ended: BaseException | None = None

    def give_up(why: BaseException) -> None:
        nonlocal ended
        ended = why
        stop()

    answer: Deferred[Any] = Deferred(lambda _: give_up(CancelledError()))
    timer = clock.callLater(
        seconds,
        give_up,
        DatabaseAway(f"the database did not answer within {seconds:g} seconds"),
    )

    def fired(result: Any) -> None:
        if timer.active():
            timer.cancel()
        if not answer.called:
            answer.callback(result if ended is None else Failure(ended))

    _ = running.addBoth(fired)
    return answer
