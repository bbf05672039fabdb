"""Builds what keeps the Rooms of a Node; opens the database, and closes it at last."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.api.health import StorageHealth
from nexus.archive.compactor import Compactor
from nexus.archive.folding import Folded, Folding
from nexus.archive.port import Archive, Found
from nexus.archive.quota import Quota
from nexus.archive.repository import RoomRepository
from nexus.archive.thread import InThread
from nexus.archive.writer import Writer
from nexus.config import Config
from nexus.database import make_database
from nexus.journal.kept import Kept
from nexus.journal.readable import readable
from nexus.match import Matchmaker
from nexus.match.keeper.keeper import Keeper
from nexus.match.keeper.ledger import Ledger
from nexus.match.keeper.upkeep import DAY, Upkeep
from nexus.measure import SECONDS, counted, measure
from nexus.metrics import Metrics
from nexus.store.location import DEFAULT_LOCATION, Location
from nexus.store.port import Database, DatabaseAway, StoreError

__all__ = ["Storage", "join_storage", "make_storage"]

#: How long a try to reach the database is waited for before the next, in seconds.
_PAUSE: Final = 1.0

#: How long the last commits may take when the Node stops, in seconds.
_LAST_SECONDS: Final = 10.0

_STARTING: Final = "the node is starting"


@define(eq=False, kw_only=True)
class Storage:
    """What keeps the Rooms of a Node, from the opening of the database to its end.

    Args:
        database: Where all is kept.
        location: Where that is, for the log.
        writer: Who commits what Rooms do.
        ledger: Who tells people of it.
        upkeep: Who deletes what nobody comes back to.
        compactor: Who makes snapshots of that.
        keeper: Who lets Rooms go on.
        clock: The time of the world.
        gate: Told why nobody is let in; None: everybody is.
        fail: Ends the process: the database cannot be used.
    """

    database: Database
    writer: Writer
    ledger: Ledger
    upkeep: Upkeep
    compactor: Compactor
    keeper: Keeper
    _location: str
    _clock: IReactorTime
    _fail: Callable[[], object]
    _gate: Callable[[str | None], object]
    #: Why the Node lets nobody in yet; None: it does.
    starting: str | None = field(default=_STARTING, init=False)
    #: How many Rooms are stored, by status, as of the last count.
    stored: Mapping[str, int] = field(factory=dict, init=False)
    _started: Deferred[None] | None = field(default=None, init=False)
    #: Seconds that Rooms took to go on.
    restore_seconds: float = field(default=0.0, init=False)

    _log = Logger()

    def start(self) -> None:
        """Open the database, and let all Rooms go on that were running."""
        self._gate(self.starting)
        self.ledger.start()
        self._started = Deferred.fromCoroutine(self._start())
        _ = self._started.addErrback(self._failed)

    async def _start(self) -> None:
        self._log.info("rooms are kept in {database}", database=self._location)
        await self._patiently(self.database.start)
        await self._patiently(self.upkeep.begin)
        began = self._clock.seconds()
        done, left = await self.keeper.restore()
        self.restore_seconds = max(0.0, self._clock.seconds() - began)
        if done or left:
            self._log.info(
                "{done} rooms go on after {seconds:.1f} s, {left} do not",
                done=done,
                left=left,
                seconds=self.restore_seconds,
            )
        self.starting = None
        self._gate(None)
        self.upkeep.start()

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Ask the database for something, however long it is away.

        Raises:
            StoreError: It cannot be used.
        """
        told = ""
        while True:
            try:
                await work()
                return
            except DatabaseAway as error:
                self.starting = "the database is away"
                self._gate(self.starting)
                if str(error) != told:
                    told = str(error)
                    self._log.warn(
                        "{database} is away, and waited for: {why}",
                        database=self._location,
                        why=told,
                    )
                await deferLater(self._clock, _PAUSE)

    def _failed(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        if failure.check(StoreError):
            self._log.critical("{why}", why=failure.getErrorMessage())
        else:
            self._log.failure("the rooms cannot go on", failure)
        self._fail()

    def health(self) -> StorageHealth:
        """Say how it does."""
        database = self.database.health()
        return StorageHealth(
            is_up=database.is_up and not self.writer.is_away,
            cause=self._cause(is_up=database.is_up),
            refuses=self.starting or self.writer.behind,
            lag=self.writer.lag,
            waiting=self.writer.backlog_bytes,
            stuck=len(self.keeper.revival.stuck),
            stored=self.stored,
        )

    def _cause(self, *, is_up: bool) -> str:
        """Say what is wrong; not in words of the database: the log has those."""
        if not is_up:
            return "the database does not answer"
        return "the database takes nothing" if self.writer.is_away else ""

    async def stop(self) -> None:
        """Commit what is left, and close the database."""
        if self._started is not None:
            self._started.cancel()
        until = self._clock.seconds() + _LAST_SECONDS
        if self.starting is None and not await self.writer.settle(_LAST_SECONDS):
            self._log.error("not all that rooms did is saved: the database is away")
        await self.keeper.finish(max(0.0, until - self._clock.seconds()))
        self.upkeep.stop()
        await self.ledger.stop()
        self.compactor.stop()
        self.writer.stop()
        await self.database.close()


def make_storage(
    location: Location | None,
    config: Config,
    matchmaker: Matchmaker,
    metrics: Metrics,
    *,
    reactor: Any,
    steady: Callable[[], float],
) -> Storage:
    """Make what keeps the Rooms of a Node.

    Args:
        location: Where; None: in a file beside.
        config: How.
        matchmaker: What finds Rooms.
        metrics: Where it is counted.
        reactor: What all goes by.
        steady: Tells seconds that nobody can set.
    """
    where = location or DEFAULT_LOCATION
    observe = metrics.histogram(
        "nexus_query_seconds", "Answers of the database", SECONDS
    ).observe
    random = matchmaker.around.random
    database = make_database(where, config, random, observe, reactor)
    matchmaker.around.database = database
    metrics.gauge(
        "nexus_database_waiting",
        "Who waits for a connection to the database",
        ask=lambda: database.health().waiting,
    )

    def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), work)

    return join_storage(
        database,
        RoomRepository(database),
        matchmaker,
        metrics,
        location=str(where),
        interval=config.commit_interval,
        abandon=config.abandon_seconds,
        delete=config.delete_seconds,
        in_thread=in_thread,
        fail=lambda: _end_process(reactor),
        steady=steady,
    )


def join_storage(
    database: Database,
    archive: Archive,
    matchmaker: Matchmaker,
    metrics: Metrics,
    *,
    location: str,
    interval: float,
    in_thread: InThread,
    fail: Callable[[], object],
    steady: Callable[[], float],
    abandon: float = DAY,
    delete: float = DAY,
) -> Storage:
    """Join the objects that keep the Rooms of a Node in an archive.

    Args:
        database: What the archive stands on.
        archive: Where Rooms are kept.
        matchmaker: What finds Rooms.
        metrics: Where it is counted.
        location: Where that is, for the log.
        interval: Seconds from what a Room did to the end of its commit.
        in_thread: Calls something in a thread.
        fail: Ends the process: the database cannot be used.
        steady: Tells seconds that nobody can set.
        abandon: After how many seconds a Room that sleeps is given up.
        delete: How many seconds later it is deleted.
    """
    around = matchmaker.around

    def wrote(room_id: str, epoch: int, size: int) -> None:
        compactor.wrote(room_id, epoch, size)
        quota.wrote(room_id, size)

    quota = Quota(
        around.limits.stored_bytes, lambda room_id, why: keeper.damaged(room_id, why)
    )
    folding = Folding(archive, in_thread)

    async def fold(found: Found, is_wanted: Callable[[], bool]) -> Folded | None:
        folded = await folding.fold(found, is_wanted)
        if folded is not None:
            quota.folded(found.card.room_id, len(folded.stored.payload))
        return folded

    writer = Writer(
        archive,
        clock=around.clock,
        random=around.random,
        background=around.background,
        interval=interval,
        readable=lambda stored: readable(Kept.of(stored)),
        wrote=wrote,
        observe=metrics.histogram(
            "nexus_commit_seconds", "Commits of what rooms did", SECONDS
        ).observe,
    )
    compactor = Compactor(
        archive=archive,
        clock=around.clock,
        random=around.random,
        background=around.background,
        fold=fold,
        replaced=quota.replaced,
        on_damaged=lambda room_id, epoch, error: keeper.damaged(room_id, error, epoch),
    )
    keeper = Keeper(
        archive=archive,
        writer=writer,
        quota=quota,
        compactor=compactor,
        catalog=matchmaker.catalog,
        maker=matchmaker.maker,
        registry=matchmaker.registry,
        around=around,
        owner=matchmaker.process_id,
        in_thread=in_thread,
    )
    matchmaker.search.keeper = around.keeping = keeper
    storage = Storage(
        database=database,
        location=location,
        writer=writer,
        ledger=Ledger(
            archive=archive,
            registry=matchmaker.registry,
            clock=around.clock,
            background=around.background,
            card_of=keeper.card_of,
            is_away=lambda: storage.starting is not None or writer.is_away,
            on_dropped=metrics.counter(
                "nexus_events_dropped_total", "Connection events that were not logged"
            ).inc,
        ),
        upkeep=Upkeep(
            archive=archive,
            clock=around.clock,
            steady=steady,
            background=around.background,
            counted=counted(lambda: storage, metrics),
            look=keeper.revival.stuck.look,
            abandon=abandon,
            delete=delete,
        ),
        compactor=compactor,
        keeper=keeper,
        clock=around.clock,
        fail=fail,
        gate=lambda why: setattr(matchmaker.maker, "stopping", why),
    )
    measure(storage, metrics)
    return storage


def _end_process(reactor: Any) -> None:
    """Stop the Node, and let whoever started it see that it failed."""
    reactor.addSystemEventTrigger("after", "shutdown", os._exit, 1)
    reactor.stop()
