"""Surroundings: what a Node gives its Rooms, and what knows them all."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import ILogObserver, Logger, globalLogPublisher

from nexus.background import Background
from nexus.cluster.port import Presence
from nexus.errors import Close
from nexus.limit import Limits
from nexus.room.meter import Meters
from nexus.store.port import Database

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.client import Client
    from nexus.room.keeping.keeping import Keeping
    from nexus.room.work.errand import Threads

__all__ = ["Event", "Registrar", "Surroundings"]

#: What happened to a room, for those who list rooms: `create`, `join`, `drop`,
#: `reconnect`, `leave`, `lock`, `unlock`, `visibility`, `metadata` or `dispose`.
Event = str


class Registrar(Protocol):
    """What knows all Rooms of a Node."""

    def tell(self, event: Event, actor: RoomActor, client: Client | None) -> None:
        """Take note of what happened to a Room."""
        ...

    def rename(self, actor: RoomActor, room_id: str) -> None:
        """Give a Room another id."""
        ...


@define(eq=False)
class Surroundings:
    """What every Room of a Node is given.

    Attributes:
        clock: The time of the world.
        random: Where ids and tokens come from; nobody can guess what comes next.
        limits: How much of everything there may be.
        presence: What rooms share.
        background: Where detached work runs.
        meters: What is counted.
        observer: Who is told of errors in the code of rooms, and logs them.
        matchmaker: What finds and makes Rooms; it enters itself.
        threads: What calls functions in threads; None: nothing does.
        keeping: What keeps Rooms; None: nothing is kept.
        database: Where entities are written back; None: nowhere.
        shutdown_code: What clients are told when the Node stops.
    """

    clock: IReactorTime
    random: Random
    limits: Limits
    presence: Presence
    background: Background
    meters: Meters
    observer: ILogObserver = field(default=globalLogPublisher, kw_only=True)
    threads: Threads | None = field(default=None, kw_only=True)
    matchmaker: Any = field(default=None, init=False)
    keeping: Keeping | None = field(default=None, init=False)
    database: Database | None = field(default=None, init=False)
    shutdown_code: Close = field(default=Close.SHUTDOWN, init=False)

    def logger(self, source: object) -> Logger:
        """Return what logs errors in the code of rooms, on behalf of `source`."""
        kind = type(source)
        name = f"{kind.__module__}.{kind.__name__}"
        return Logger(name, source, observer=self.observer)
