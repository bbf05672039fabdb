"""Liveness: the pings of a client, what they say of its Connection, and its end."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from nexus.client.conversation import Conversation
from nexus.client.event import ConnectionQuality, Events, Latency
from nexus.client.quality import Level, Reading

__all__ = ["Liveness"]


@define(eq=False)
class Liveness:
    """Pings while the client is in its Room, and finds out when nobody is there.

    Args:
        conversation: What pings and knows the answers.
        events: Who is told how good the Connection is.
        clock: What pings go by.
        interval: How often, in seconds.
        silence: How many seconds without any frame are too many while a ping waits.
        flush: Sends what the conversation has to send.
        give_up: Is called when it is silent for too long.
    """

    _conversation: Conversation
    _events: Events
    _clock: IReactorTime
    _interval: float
    _silence: float
    _flush: Callable[[], None]
    _give_up: Callable[[], None]
    _next: IDelayedCall | None = field(default=None, init=False)
    _level: Level = field(default="unknown", init=False)
    #: When it first pinged after it had heard anything.
    _asked: float = field(default=0.0, init=False)

    @property
    def reading(self) -> Reading:
        """How good the Connection is now, with a latency in seconds."""
        reading = self._conversation.quality.at(self._clock.seconds() * 1000)
        if reading.latency is None:
            return reading
        return evolve(reading, latency=reading.latency / 1000)

    def start(self) -> None:
        """Ping now, and then again and again."""
        self.stop()
        self._ping()

    def stop(self) -> None:
        """Ping no more."""
        following, self._next = self._next, None
        if following is not None and following.active():
            following.cancel()

    def look(self) -> None:
        """Tell if the Connection became better or worse."""
        now, previous = self.reading, self._level
        if now.level != previous:
            self._level = now.level
            self._events.emit(
                "connection_quality",
                ConnectionQuality(now.level, now.latency, now.loss, previous),
            )

    def answered(self) -> None:
        """Tell of an answer."""
        now = self.reading
        self._events.emit("latency", Latency(now.latency, now.loss))
        self.look()

    def _ping(self) -> None:
        self._next = self._clock.callLater(self._interval, self._beat)
        now = self._clock.seconds()
        if self._conversation.heard_at / 1000 >= self._asked:
            self._asked = now
        self._conversation.ping(now * 1000)
        self._flush()

    def _beat(self) -> None:
        conversation = self._conversation
        # Not from long before the last ping: after a pause of the whole process the
        # server has its time to answer all the same.
        since = max(conversation.heard_at / 1000, self._asked - self._interval)
        silent = self._clock.seconds() - since
        if conversation.quality.is_waiting and silent >= self._silence:
            self._give_up()
            return
        self._ping()
        self.look()
