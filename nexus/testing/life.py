"""Life: one run of a Node in a Harness, from its start to its stop, or its death."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.background import Background
from nexus.bucket import Buckets
from nexus.cluster.memory import MemoryPresence
from nexus.errors import Close
from nexus.limit import Limits
from nexus.match import Entrance, Matchmaker
from nexus.metrics import Metrics
from nexus.net.admission import Admission
from nexus.room import RoomActor, Surroundings
from nexus.room.meter import Meters
from nexus.room.phase import RoomPhase
from nexus.service import Rooms
from nexus.storage import Storage, join_storage
from nexus.store.port import DatabaseAway, DatabaseHealth, Dialect
from nexus.testing.clock import VirtualClock
from nexus.testing.failure import Failures
from nexus.testing.line import Line
from nexus.testing.loop import Loop
from nexus.testing.thread import VirtualThreads

__all__ = ["NODE", "Life"]

#: What the Node is called.
NODE: Final = "memory"

#: How long Rooms may take to end, as on a Node; hooks are cancelled by then.
_SHUTDOWN_SECONDS: Final = 30.0

#: What is done is committed so many seconds later at the latest, as on a Node.
_COMMIT_SECONDS: Final = 0.05


class _MemoryDatabase:
    """Stands below an archive in memory: it is there when that is."""

    dialect = Dialect.SQLITE
    has_postgis = False

    def __init__(self, archive: MemoryArchive) -> None:
        self._archive = archive

    async def start(self) -> None:
        """Look whether it is there.

        Raises:
            DatabaseAway: It is not.
        """
        if self._archive.away:
            raise DatabaseAway(self._archive.away)

    async def close(self) -> None:
        """Do nothing: what is kept outlives each run."""

    async def query(self, sql: str, *values: Any) -> Any:
        """Complain: there is no SQL here."""
        raise NotImplementedError("rooms are kept in memory: there is no SQL here")

    async def transact(self, work: Any) -> Any:
        """Complain: there is no SQL here."""
        raise NotImplementedError("rooms are kept in memory: there is no SQL here")

    def health(self) -> DatabaseHealth:
        """Say whether it is there."""
        return DatabaseHealth(not self._archive.away, self._archive.away)


@define(eq=False, kw_only=True)
class Life:
    """The objects of a Node, joined as on a real one, but for ports.

    Args:
        app: What it serves.
        limits: How much of everything there may be.
        clock: The time.
        loop: What lets it pass.
        random: Where chance is.
        failures: Who is told of errors in the code of Rooms.
        archive: Where Rooms are kept.
    """

    app: App
    limits: Limits
    clock: VirtualClock
    loop: Loop
    random: Random
    failures: Failures
    archive: MemoryArchive
    background: Background = field(factory=Background, init=False)
    matchmaker: Matchmaker = field(init=False)
    entrance: Entrance = field(init=False)
    admission: Admission = field(init=False)
    rates: Buckets = field(init=False)
    #: What keeps Rooms; None: there are none to be kept.
    storage: Storage | None = field(init=False)
    #: The sockets that are open.
    lines: dict[Line, None] = field(factory=dict, init=False)
    _rooms: Rooms = field(init=False)

    def __attrs_post_init__(self) -> None:
        limits, log = self.limits, Logger("nexus.testing", observer=self.failures)
        metrics = Metrics()
        around = Surroundings(
            clock=self.clock,
            random=self.random,
            limits=limits,
            presence=MemoryPresence(self.clock, log=log),
            background=self.background,
            meters=Meters(metrics),
            observer=self.failures,
            threads=VirtualThreads(self.clock),
        )
        matchmaker = Matchmaker(self.app.catalog, process_id=NODE, around=around)
        self.matchmaker, self.entrance = matchmaker, Entrance(matchmaker)
        self.admission = Admission(limits.connections, limits.connections_per_address)
        self.rates = Buckets(limits.joins_per_second, limits.joins_burst)
        is_kept = any(each.room.durability != "memory" for each in self.app.catalog)
        self.storage = self._storage(metrics) if is_kept else None
        self._rooms = Rooms(
            matchmaker, self.app, _SHUTDOWN_SECONDS, self.clock, self.storage
        )

    def _storage(self, metrics: Metrics) -> Storage:
        def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
            return maybeDeferred(work)

        return join_storage(
            _MemoryDatabase(self.archive),
            self.archive,
            self.matchmaker,
            metrics,
            location="memory",
            interval=_COMMIT_SECONDS,
            in_thread=in_thread,
            fail=lambda: None,
            steady=self.clock.seconds,
        )

    def start(self) -> None:
        """Serve the app, and let all Rooms go on that were kept.

        Raises:
            StillWaiting: The code of a Room waits for what never comes.
        """
        self.app.serve(self.matchmaker)
        storage = self.storage
        if storage is None:
            return
        self.loop.act(storage.start)
        self.loop.wait(
            lambda: storage.starting is None or bool(self.archive.away),
            lambda: "on_restore of some room",
        )

    @property
    def starting(self) -> str | None:
        """Why the Node lets nobody in yet; None: it does."""
        return None if self.storage is None else self.storage.starting

    @property
    def actors(self) -> list[RoomActor]:
        """All Rooms, those that close among them."""
        registry = self.matchmaker.registry
        return [*registry, *registry.closing]

    def stop(self) -> None:
        """Stop in good order.

        Raises:
            StillWaiting: Something of the app's does not end.
        """
        ended: list[Any] = []
        self.loop.act(lambda: self._rooms.stopService().addBoth(ended.append))
        # The app's hooks have as long, before and after.
        self.loop.wait(lambda: bool(ended), lambda: "the end", 4 * _SHUTDOWN_SECONDS)

    def die(self) -> None:
        """Be gone from one moment to the next; no code of a Room learns of it.

        Whoever knows a Room still finds it closed.
        """
        for actor in self.actors:
            if actor.journal is not None:
                actor.journal.end()
            actor.phase = RoomPhase.CLOSED
        self.clock.clear()
        self.loop.act(self._cut)

    def _cut(self) -> None:
        for line in list(self.lines):
            line.break_off(Close.ABNORMAL)
