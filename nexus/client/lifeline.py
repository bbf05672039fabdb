"""Lifeline: holds a client to its Room by one socket after the other."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, unique
from random import Random
from typing import Any, Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.client.backoff import delay_of
from nexus.client.conversation import Conversation
from nexus.client.error import JoinError
from nexus.client.event import (
    Drop,
    Error,
    Events,
    Leave,
    Reconnected,
    Reconnecting,
    ReconnectionFailed,
)
from nexus.client.line import Dial, Line
from nexus.client.liveness import Liveness
from nexus.client.parcel import report
from nexus.client.setting import Setting
from nexus.client.told import Joined, Measured, Raised, Refusal, Told, Whole
from nexus.errors import Close, Code

__all__ = ["Lifeline", "Stage"]

#: The codes of sockets that were lost, and not closed on purpose.
_DROPS: Final = frozenset(
    {Close.GOING_AWAY, Close.NO_STATUS, Close.ABNORMAL, Close.MAY_REJOIN}
)

#: How often in a row the server may send what cannot be read; after so many seconds
#: without, it is a new row.
_MOST_SPOILED: Final = 3
_SPOILED_SECONDS: Final = 60.0

#: A return that lasts no longer, in seconds, is as good as none to the next wait: who
#: lets clients in and drops them again is not to be stormed.
_BRIEF_SECONDS: Final = 5.0

#: How long a Node may take to close when the client leaves, in seconds.
_LEAVE_SECONDS: Final = 5.0


@unique
class Stage(Enum):
    """Where a client stands."""

    JOINING = "joining"
    IN = "in"
    #: It was lost, and the next attempt is not due yet.
    WAITING = "waiting"
    #: It tries to come back, or did and its State is not whole.
    TRYING = "trying"
    LEAVING = "leaving"
    OUT = "out"


class Lifeline:
    """Opens the socket of a client, and another one each time it is lost.

    Args:
        conversation: What is said.
        dial: Opens sockets.
        tell: Is called with all that comes in and is not about the socket.
        dropped: Is called with a sentence when a socket is gone, before all else.
        events: Who is told of losses and returns.
        setting: How patient it is.
        clock: What it waits by.
        random: What spreads the attempts of many clients.
    """

    _log = Logger()

    def __init__(
        self,
        conversation: Conversation,
        *,
        dial: Dial,
        tell: Callable[[Told], None],
        dropped: Callable[[str], None],
        events: Events,
        setting: Setting,
        clock: IReactorTime,
        random: Random,
    ) -> None:
        self.stage = Stage.JOINING
        self.line = Line(
            conversation, dial, clock, self._note, self._spoil, self._ended
        )
        self.liveness = Liveness(
            conversation,
            events,
            clock,
            setting.ping_interval,
            setting.silence,
            self.line.flush,
            lambda: self._give_up(Close.ABNORMAL, "the server is silent"),
        )
        self._conversation = conversation
        self._tell = tell
        self._dropped = dropped
        self._events = events
        self._setting = setting
        self._clock = clock
        self._random = random
        self._joined: Deferred[None] | None = None
        self._left: list[Deferred[None]] = []
        #: Ends an attempt that takes too long, or begins the next.
        self._timer: IDelayedCall | None = None
        self._refusal: Refusal | None = None
        self._joined_at = 0.0
        self._attempts = 0
        #: When it last came back, and how often in a row that did not last.
        self._back_at = float("-inf")
        self._brief = 0
        self._spoiled = 0
        self._spoiled_at = 0.0

    # What the Room asks for.

    def join(self, token: str | None = None) -> Deferred[None]:
        """Claim the seat, or come back to it by the token of another client.

        Returns:
            Fires when the client is in; fails with JoinError.
        """
        joined = self._joined = Deferred(lambda _: self._call_off())
        query = {} if token is None else {"reconnectionToken": token}
        self.line.open(query, returns=token is not None)
        late = "joining took too long"
        self._wait(self._setting.timeout, self._give_up, Close.ABNORMAL, late)
        return joined

    def leave(self) -> Deferred[None]:
        """Leave; while the client is away there is nobody to tell, and it just ends."""
        if self.stage is Stage.OUT:
            return succeed(None)
        left: Deferred[None] = Deferred()
        self._left.append(left)
        if self.stage is Stage.LEAVING:
            return left
        if self._conversation.is_joined:
            self.stage = Stage.LEAVING
            self._conversation.leave()
            self.line.flush()
            self._wait(_LEAVE_SECONDS, self._give_up, Close.CONSENTED, "")
        else:
            self._end(Close.CONSENTED, "")
        return left

    def cut(self) -> None:
        """Lose the socket, as if the network had failed."""
        if self.line.is_open and self.stage is not Stage.JOINING:
            self._give_up(Close.ABNORMAL, "the connection was cut")

    # What comes in.

    def _note(self, told: Told) -> None:
        """Do what follows from something that came in."""
        if isinstance(told, Joined):
            self._let_in()
        elif isinstance(told, Refusal):
            if self._conversation.is_joined:
                self._events.emit("error", Error(told.code, told.text))
            else:
                self._refusal = told
        elif isinstance(told, Whole):
            if self.stage is Stage.TRYING:
                self.stage = Stage.IN
                self._back_at = self._clock.seconds()
                self._events.emit("reconnected", Reconnected(self._attempts, told.how))
        elif isinstance(told, Measured):
            self.liveness.answered()
        elif isinstance(told, Raised):
            self._log.failure("a listener of the state failed", Failure(told.error))
        else:
            self._tell(told)

    def _let_in(self) -> None:
        self._wait_no_more()
        self._refusal = None
        self.liveness.start()
        joined, self._joined = self._joined, None
        if joined is None:
            self.liveness.look()
            return
        self.stage = Stage.IN
        self._joined_at = self._clock.seconds()
        joined.callback(None)

    def _spoil(self, text: str) -> None:
        """Begin anew by another socket: what the server sent cannot be understood."""
        if self.stage is Stage.JOINING:
            self.line.hang_up(Close.ERROR)
            self._ended(Close.ERROR, text)
            return
        self._events.emit("error", Error(Close.ERROR, text))
        if not self.line.is_open:
            return
        now = self._clock.seconds()
        if now - self._spoiled_at >= _SPOILED_SECONDS:
            self._spoiled = 0
        self._spoiled, self._spoiled_at = self._spoiled + 1, now
        self._conversation.is_spoiled = True
        self.line.hang_up(Close.ERROR)
        is_bearable = self._spoiled <= _MOST_SPOILED
        self._ended(Close.ABNORMAL if is_bearable else Close.ERROR, text)

    # What is lost.

    def _give_up(self, code: int, reason: str) -> None:
        """Cut the socket off, and go on as if it had been lost."""
        self.line.hang_up()
        self._ended(code, reason)

    def _ended(self, code: int, reason: str) -> None:
        """Decide what comes after the end of a socket."""
        self._wait_no_more()
        self.liveness.stop()
        self._dropped("the connection was lost before an answer came")
        refusal, self._refusal = self._refusal, None
        if self.stage is Stage.JOINING:
            self._deny(code, reason, refusal)
        elif self.stage is Stage.IN and code in _DROPS and self._may_return():
            self._drop(code, reason)
        elif self.stage is not Stage.TRYING:
            self._end(code, reason)
        elif refusal is not None and refusal.code == Code.EXPIRED:
            self._fail(Close.NOT_REJOINED, refusal.text)
        elif code in _DROPS:
            self._retry()
        else:
            self._fail(code, reason if refusal is None else refusal.text)

    def _deny(self, code: int, reason: str, refusal: Refusal | None) -> None:
        """Tell whoever waits for the join that it failed."""
        self.stage = Stage.OUT
        joined, self._joined = self._joined, None
        if joined is None:
            return
        if refusal is None:
            text = reason or "the connection was closed before the join"
            joined.errback(JoinError(code, text))
        else:
            joined.errback(JoinError(refusal.code, refusal.text))

    def _may_return(self) -> bool:
        reconnection = self._setting.reconnection
        uptime = self._clock.seconds() - self._joined_at
        return reconnection.enabled and uptime >= reconnection.min_uptime

    def _drop(self, code: int, reason: str) -> None:
        self.stage = Stage.WAITING
        self._attempts = 0
        is_brief = self._clock.seconds() - self._back_at < _BRIEF_SECONDS
        self._brief = self._brief + 1 if is_brief else 0
        self._events.emit("drop", Drop(code, reason))
        self.liveness.look()
        if self.stage is Stage.WAITING:
            self._retry()

    def _retry(self) -> None:
        """Wait for the next attempt, if there is one."""
        reconnection = self._setting.reconnection
        if self._attempts >= reconnection.max_retries:
            text = f"no way back in {self._attempts} attempts"
            self._fail(Close.NOT_REJOINED, text)
            return
        self.stage = Stage.WAITING
        self._attempts += 1
        delay = delay_of(
            self._attempts + self._brief,
            reconnection.delay * 1000,
            reconnection.max_delay * 1000,
            self._random.random(),
        )
        self._wait(delay / 1000, self._try)
        self._events.emit(
            "reconnecting",
            Reconnecting(self._attempts, delay / 1000, reconnection.max_retries),
        )

    def _try(self) -> None:
        """Make an attempt to come back."""
        self.stage = Stage.TRYING
        query = {"reconnectionToken": self._conversation.token}
        if not self._conversation.is_spoiled:
            query["skipHandshake"] = "true"
        self.line.open(query, returns=True)
        late = "the attempt took too long"
        self._wait(self._setting.silence, self._give_up, Close.ABNORMAL, late)

    def _fail(self, code: int, reason: str) -> None:
        """Give the return up."""
        self._end(code, reason, ReconnectionFailed(code, reason))

    def _end(
        self, code: int, reason: str, failed: ReconnectionFailed | None = None
    ) -> None:
        """Be out of the Room, for good, and report what may not have arrived."""
        if self.stage is Stage.OUT:
            # Somebody who was just told of the loss left.
            return
        self.stage = Stage.OUT
        self._call_off()
        left = [report(letter) for letter in self._conversation.outbox.drain()]
        if left:
            self._events.emit("undelivered", left)
        self.liveness.look()
        if failed is not None:
            self._events.emit("reconnection_failed", failed)
        self._events.emit("leave", Leave(code, reason))
        waiting, self._left = self._left, []
        for each in waiting:
            each.callback(None)

    def _call_off(self) -> None:
        """Want nothing of the network any more."""
        self._joined = None
        self._wait_no_more()
        self.liveness.stop()
        self.line.hang_up()

    # Time.

    def _wait(self, seconds: float, act: Callable[..., None], *with_: Any) -> None:
        self._wait_no_more()
        self._timer = self._clock.callLater(seconds, act, *with_)

    def _wait_no_more(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
