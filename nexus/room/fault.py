"""Faults: what goes wrong in an author's code hurts one act, not the Room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure

from nexus.bucket import Bucket
from nexus.errors import Close
from nexus.room.client import Client
from nexus.room.ident import make_id
from nexus.room.phase import RoomPhase
from nexus.room.timer import SleepEnded
from nexus.room.wait import settle

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Faults"]

#: A Room whose code fails more often than this is closed: at once, and a minute.
_MOST: Final = 100

#: When whoever sleeps on the Room's clock is woken by an error.
_ENDING: Final = (RoomPhase.CLOSING, RoomPhase.CLOSED)

#: The Room whose hook runs: what it awaits must not wait for that hook.
_WITHIN: Final[ContextVar[RoomActor | None]] = ContextVar("within", default=None)


class Faults:
    """Runs the code of one Room's author, and contains what it raises."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._failures = Bucket(_MOST / 60, _MOST)

    def attempt(
        self,
        act: str,
        client: Client | None,
        call: Callable[..., Any],
        *arguments: Any,
    ) -> None:
        """Call the author's code; what it raises hurts this one act."""
        try:
            result = call(*arguments)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self.fail(act, client, Failure())
            return
        if result is not None and isawaitable(result):
            self.spawn(settle(result), act)

    def fail(self, act: str, client: Client | None, failure: Failure) -> str:
        """Log a failure of the author's code, and report it to the author.

        Returns:
            The id by which the log line is found.
        """
        ident = make_id(self._actor.around.random)
        if failure.check(SleepEnded) and self._actor.phase in _ENDING:
            # Nobody failed: the Room ended in the midst of it.
            return ident
        self._actor.around.meters.failures.inc()
        self._log.failure(
            "{room_id}, client {session_id}: {act} failed, error {error_id}",
            failure=failure,
            level=LogLevel.error,
            room_id=self._actor.room_id,
            session_id=None if client is None else client.session_id,
            act=act,
            error_id=ident,
        )
        try:
            assert failure.value is not None
            self._actor.room.on_error(failure.value, act, client)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._log.failure(
                "{room_id}: on_error failed, too",
                level=LogLevel.error,
                room_id=self._actor.room_id,
                act=act,
            )
        often = not self._failures.take(self._actor.around.clock.seconds())
        if often and self._actor.phase is RoomPhase.OPEN:
            self._log.error(
                "{room_id} keeps failing and is closed",
                room_id=self._actor.room_id,
                act=act,
            )
            self.spawn(
                self._actor.close(Close.ERROR, "the room keeps failing"), "close"
            )
        return ident

    def limit_time(self, running: Deferred[Any]) -> None:
        """Cancel what a message set off when it takes too long."""
        seconds = self._actor.room.message_seconds
        if seconds:
            _ = running.addTimeout(seconds, self._actor.around.clock)

    @property
    def within(self) -> bool:
        """Whether a hook asks that the end of the Room waits for."""
        return _WITHIN.get() is self._actor

    async def run(
        self, work: Coroutine[Any, Any, Any], client: Client | None = None
    ) -> Any:
        """Run a hook for a bounded time; the end of the Room waits for it.

        Args:
            work: The hook.
            client: Whose return the hook may wait for; that time does not count.
        """
        running = Deferred.fromCoroutine(self._from_within(work))
        seconds = self._actor.room.message_seconds
        if client is None:
            self.limit_time(running)
        elif seconds and not running.called:
            self._limit_but_hold(running, client, seconds)
        return await running

    async def _from_within(self, work: Awaitable[Any]) -> Any:
        # This coroutine has a context of its own, so nobody else sees the mark.
        _WITHIN.set(self._actor)
        return await work

    def _limit_but_hold(
        self, running: Deferred[Any], client: Client, seconds: float
    ) -> None:
        """Cancel a hook that takes too long, unless it waits for its client."""
        cancel: Callable[[], None]

        def look() -> None:
            nonlocal cancel
            if client.hold is None:
                running.cancel()
            else:
                cancel = self._actor.later(seconds, look)

        def ended(value: Any) -> Any:
            cancel()
            return value

        cancel = self._actor.later(seconds, look)
        _ = running.addBoth(ended)

    def spawn(self, work: Awaitable[Any], act: str) -> None:
        """Let something run detached."""
        self._actor.around.background.spawn(self._contained(work, act), act)

    async def _contained(self, work: Awaitable[Any], act: str) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self.fail(act, None, Failure())
