"""Topics within one process: who subscribed, and what waits to be told."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from inspect import iscoroutinefunction

from attrs import define
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from nexus.cluster.port import Value, check_published
from nexus.errors import Code, Refused
from nexus.wire.codec import pack, unpack

__all__ = ["Topics"]

#: What the objects around each value that waits take, about.
_OVERHEAD = 200


@define(eq=False)
class _Subscription:
    callback: Callable[[Value], object]
    active: bool = True


class Topics:
    """Tells subscribers what was published, each time in a turn of the reactor.

    Not at once: two callbacks that publish to each other would call each other without
    end, and nothing else would run.

    Args:
        clock: Gives the turns.
        subscriptions: How many there may be, of all topics.
        queued: How many bytes may wait for their turn.
        log: Where errors of subscribers are logged.
    """

    def __init__(
        self, clock: IReactorTime, *, subscriptions: int, queued: int, log: Logger
    ) -> None:
        self._clock = clock
        self._log = log
        self._subscriptions = subscriptions
        self._queued = queued
        self._topics: dict[str, dict[_Subscription, None]] = {}
        self._count = 0
        self._queue: list[tuple[str, bytes]] = []
        self._weight = 0

    def subscribe(
        self, topic: str, callback: Callable[[Value], object]
    ) -> Callable[[], None]:
        """Add a subscriber, and return what ends it.

        Raises:
            TypeError: The callback is an `async def`.
            Refused: There are too many.
        """
        if iscoroutinefunction(callback):
            raise TypeError("a subscriber is no async def: nobody would await it")
        if self._count >= self._subscriptions:
            raise Refused("too many subscriptions", Code.LIMIT)
        subscription = _Subscription(callback)
        self._topics.setdefault(topic, {})[subscription] = None
        self._count += 1

        def unsubscribe() -> None:
            if subscription.active:
                subscription.active = False
                self._count -= 1
                subscribed = self._topics[topic]
                del subscribed[subscription]
                if not subscribed:
                    del self._topics[topic]

        return unsubscribe

    def subscribed(self, pattern: str) -> list[str]:
        """Return the topics that somebody subscribed to and that fit a pattern."""
        # Of what the module knows, a bracket would begin a set of characters.
        plain = pattern.replace("[", "[[]")
        return [topic for topic in self._topics if fnmatchcase(topic, plain)]

    def publish(self, topic: str, value: Value) -> None:
        """Let a value wait for its turn.

        Raises:
            TypeError: It is of a type that cannot be shared.
            ValueError: It cannot be packed.
            Refused: Too much waits already.
        """
        check_published(value)
        packed = pack(value)
        if topic not in self._topics:
            return
        weight = self._weight + len(topic) + len(packed) + _OVERHEAD
        if weight > self._queued:
            raise Refused("too much waits to be told", Code.LIMIT)
        if not self._queue:
            self._clock.callLater(0, self._tell)
        self._queue.append((topic, packed))
        self._weight = weight

    def _tell(self) -> None:
        """Tell what waits by now; what is published meanwhile waits for the next."""
        queue, self._queue, self._weight = self._queue, [], 0
        for topic, packed in queue:
            for subscription in tuple(self._topics.get(topic, ())):
                if subscription.active:
                    self._call(topic, subscription, packed)

    def _call(self, topic: str, subscription: _Subscription, packed: bytes) -> None:
        try:
            # Each has its own copy, as it would from another process.
            subscription.callback(unpack(packed))
        except Exception:  # noqa: BLE001  # one subscriber's fault must not stop others
            self._log.failure("a subscriber of {topic!r} failed", topic=topic)
