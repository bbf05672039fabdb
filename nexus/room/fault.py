"""Faults: what goes wrong in an author's code hurts one act, not the Room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from nexus.bucket import Bucket
from nexus.errors import Close
from nexus.room.client import Client
from nexus.room.clock.clock import SleepEnded
from nexus.room.ident import make_id
from nexus.room.phase import Rest, RoomPhase
from nexus.room.wait import settle

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Faults"]

#: A Room whose code fails more often than this is closed: at once, and a minute. So
#: often may the messages of one client make it fail before that client is let go.
_MOST: Final = 100

#: What a client sets off; that it fails is counted for the client, not for the Room.
_SET_OFF: Final = {"message", "answer", "join"}

#: When whoever sleeps on the Room's clock is woken by an error.
_ENDING: Final = (RoomPhase.CLOSING, RoomPhase.CLOSED)

#: The Room whose hook runs: what it awaits must not wait for that hook.
_WITHIN: Final[ContextVar[RoomActor | None]] = ContextVar("within", default=None)


class Faults:
    """Runs the code of one Room's author, and contains what it raises."""

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._log = actor.around.logger(self)
        self._failures = Bucket(_MOST / 60, _MOST)
        self._failures_of: WeakKeyDictionary[Client, Bucket] = WeakKeyDictionary()
        #: The acts whose coroutine still runs.
        self._running: set[str] = set()

    def attempt(
        self,
        act: str,
        client: Client | None,
        call: Callable[..., Any],
        *arguments: Any,
    ) -> None:
        """Call the author's code; what it raises hurts this one act.

        An act whose last coroutine still runs is not begun again.
        """
        if act in self._running:
            return
        turns = self._actor.turns
        turns.begin()
        try:
            result = call(*arguments)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self.fail(act, client, Failure())
            return
        finally:
            turns.end()
        if result is not None and isawaitable(result):
            running = turns.run(Deferred.fromCoroutine, settle(result))
            if not running.called:
                self._running.add(act)
                self.limit_time(running)
            self.spawn(self._finish(running, act), act)

    async def _finish(self, running: Deferred[Any], act: str) -> None:
        """Wait for the coroutine of an act."""
        try:
            await running
        finally:
            self._running.discard(act)

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
        assert failure.value is not None
        self._report(failure.value, act, client)
        self._count(act, client)
        return ident

    def keep_from(self, client: Client, failure: Failure) -> None:
        """Let a client come back that a failure kept from a patch."""
        self.fail("patch", client, failure)
        if client.connection is not None:
            self.send_back(client.connection)

    def send_back(self, connection: Connection) -> None:
        """Close a socket whose client may come back at once, and is told anew."""
        reason = "the state could not be told: it is sent anew"
        connection.socket.close(Close.MAY_REJOIN, reason)

    def _report(self, error: BaseException, act: str, client: Client | None) -> None:
        """Tell the author of an error."""
        turns = self._actor.turns
        turns.begin()
        try:
            # What it returns is looked at: an author may write it `async`.
            result: Any = self._actor.room.on_error(error, act, client)  # type: ignore[func-returns-value]  # it says None, and need not keep to it
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._report_failed(act)
            return
        finally:
            turns.end()
        if result is not None and isawaitable(result):
            self._actor.around.background.spawn(
                self._finish_report(settle(result), act), "on_error"
            )

    async def _finish_report(self, report: Coroutine[Any, Any, Any], act: str) -> None:
        """Wait for an `async` report of an error."""
        running = Deferred.fromCoroutine(report)
        if not running.called:
            self.limit_time(running)
        try:
            await running
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._report_failed(act)

    def _report_failed(self, act: str) -> None:
        # The author is not told of this one: it would fail for ever.
        self._log.failure(
            "{room_id}: on_error failed, too",
            level=LogLevel.error,
            room_id=self._actor.room_id,
            act=act,
        )

    def _count(self, act: str, client: Client | None) -> None:
        """Let a client go, or close the Room, that fails too often."""
        now = self._actor.around.clock.seconds()
        if client is not None and act.partition(" ")[0] in _SET_OFF:
            bucket = self._failures_of.get(client)
            if bucket is None:
                bucket = self._failures_of[client] = Bucket(_MOST / 60, _MOST)
            if not bucket.take(now):
                self._actor.exits.let_go(
                    client, Close.ERROR, "its messages keep failing"
                )
            return
        often = not self._failures.take(now)
        if often and self._actor.phase is RoomPhase.OPEN:
            self._log.error(
                "{room_id} keeps failing and is ended",
                room_id=self._actor.room_id,
                act=act,
            )
            self.spawn(self._give_up(), "close")

    async def _give_up(self) -> None:
        """End the Room; one that is kept rests, for its State is not to blame."""
        if self._actor.journal is None:
            await self._actor.close(Close.ERROR, "the room keeps failing")
        else:
            await self._actor.suspend(Close.ERROR, Rest.STOPPED)

    def limit_time(self, running: Deferred[Any]) -> None:
        """Cancel what a message set off when it takes too long."""
        seconds = self._actor.room.message_seconds
        if seconds and not running.called:
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
        return await self.start(work, client)

    def start(
        self, work: Coroutine[Any, Any, Any], client: Client | None = None
    ) -> Deferred[Any]:
        """Run a hook as `run` does; return what fires with its result."""
        inner = self._from_within(work)
        running = self._actor.turns.run(Deferred.fromCoroutine, inner)
        seconds = self._actor.room.message_seconds
        if client is None:
            self.limit_time(running)
        elif seconds and not running.called:
            self._limit_but_hold(running, client, seconds)
        return running

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
        except CancelledError:
            raise  # the Node stops, and waits no longer: nothing failed
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self.fail(act, None, Failure())
