"""What a process does that is a Node without a port, and says in JSON how that went."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Coroutine
from random import SystemRandom
from typing import Any, Final

from twisted.internet import reactor as _reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from nexus import App
from nexus.allocator import Allocator
from nexus.background import Background
from nexus.cluster.memory import MemoryPresence
from nexus.config import Config
from nexus.interpreter import Interpreter
from nexus.match import Matchmaker
from nexus.metrics import Metrics
from nexus.room import Surroundings
from nexus.room.meter import Meters
from nexus.storage import Storage, make_storage
from nexus.store.location import parse_url

__all__ = ["keep", "make_node", "reactor", "say"]

#: Twisted's module is the reactor itself, which type checkers do not know.
reactor: Any = _reactor

#: How often the reactor is looked at, in seconds.
_LOOK: Final = 0.001


def make_node(url: str, app: App) -> tuple[Storage, Matchmaker]:
    """Make what serves the Rooms of an app, and what keeps them."""
    around = Surroundings(
        clock=reactor,
        random=SystemRandom(),
        limits=app.limits,
        presence=MemoryPresence(reactor),
        background=Background(),
        meters=Meters(Metrics()),
    )
    matchmaker = Matchmaker(app.catalog, process_id="bench", around=around)
    config = Config(host="127.0.0.1", port=0, log_level="warn")
    location = parse_url(url)
    storage = make_storage(
        location,
        config,
        matchmaker,
        Metrics(),
        reactor=reactor,
        steady=reactor.seconds,
    )
    return storage, matchmaker


async def keep(
    storage: Storage,
    look: Callable[[], None],
    work: Callable[[], Coroutine[Any, Any, dict[str, Any]]],
) -> dict[str, Any]:
    """Do work while Rooms are kept, and look at the reactor all the time."""
    await storage.database.start()
    looks = LoopingCall(look)
    looking = looks.start(_LOOK)
    try:
        return await work()
    finally:
        looks.stop()
        await looking
        await storage.writer.settle(5.0)
        storage.compactor.stop()
        storage.writer.stop()
        await storage.database.close()


def say(work: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> None:
    """Run the reactor for some work, and print what that returns."""
    ended = []

    def over(got: dict[str, Any] | Failure) -> None:
        ended.append(got)
        reactor.stop()

    def begin() -> None:
        Interpreter().startService()
        Allocator(reactor).startService()
        _ = ensureDeferred(work()).addBoth(over)

    reactor.callWhenRunning(begin)
    reactor.run()
    if isinstance(ended[0], Failure):
        ended[0].printTraceback(sys.stderr)
        raise SystemExit(1)
    sys.stdout.write(json.dumps(ended[0]) + "\n")
