"""Write-back: entities live in memory, and a database is told what became of them.

A write marks an entity dirty. Every so often all dirty ones are written, some in each
transaction, and they are clean when that is committed: one that was written again
meanwhile is dirty still, and those of a transaction that failed are dirty again.
"""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import Any, Final, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.defer import TimeoutError as TimeIsOver
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.state.table import Table
from nexus.state.table.mirror import Differing, Mirror, Parting
from nexus.store.port import Database, StoreError
from nexus.store.writeback.npc import Npcs, TakenOver
from nexus.store.writeback.pen import Pen
from nexus.store.writeback.reach import Reach
from nexus.store.writeback.search import Neighbour, Search
from nexus.store.writeback.spelling import Spelling

__all__ = ["WriteBack"]

#: So many entities are written, read or removed in one go; others have their turn then.
_MOST: Final = 500

T = TypeVar("T")


@define(eq=False)
class WriteBack:
    """Writes the entities of one Table into a database, and brings them from there.

    Args:
        mirror: Knows which entities differ.
        npcs: The entities in the database.
        every: Seconds from one round to the next.
        reach: What it needs.
        search: Finds entities in the database.
    """

    _mirror: Mirror
    _npcs: Npcs
    every: float
    _reach: Reach
    _search: Search
    _pen: Pen = field(init=False)
    #: One round, load or unload at a time.
    _turns: DeferredLock = field(factory=DeferredLock, init=False)
    _call: IDelayedCall | None = field(default=None, init=False)
    _is_writing: bool = field(default=False, init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._pen = Pen(self._mirror, self._npcs, self._reach)
        self._mirror.wake = self._wake
        self._reach.meters.live.add(self)
        self._wake()

    @classmethod
    def of(
        cls,
        table: Table[Any],
        database: Database,
        world: str,
        *,
        region: Parting,
        place: tuple[str, str],
        every: float | None,
        reach: Reach,
        earth: bool = False,
    ) -> WriteBack:
        """Join what writes the entities of a Table back.

        Args:
            table: The Table.
            database: Where they are kept.
            world: What the world is called there.
            region: How the Region of an entity is found.
            place: The fields that are its position.
            every: Seconds from one round to the next; None: as the Table says.
            reach: What it needs.
            earth: Whether positions are latitudes and longitudes.

        Raises:
            FieldError: A field is missing.
            StateError: The Table stands in no tree, or something else stores its rows.
        """
        mirror = Mirror(table, region, place)
        spelling = Spelling(mirror.columns, *place)
        npcs = Npcs(database, world, spelling)
        search = Search(database, world, spelling, earth)
        every = mirror.every if every is None else every
        return cls(mirror, npcs, every, reach, search)

    @property
    def world(self) -> str:
        """What the world is called."""
        return self._npcs.world

    @property
    def dirty(self) -> int:
        """How many entities differ from what is written."""
        return self._mirror.dirty + self._pen.taken

    @property
    def is_stale(self) -> bool:
        """Whether somebody else writes the world now; then nothing is written here."""
        return self._pen.is_stale

    # What an author calls.

    def load(self, region: int) -> Deferred[int]:
        """Bring the entities of a Region into the Table; those that are there stay.

        Returns:
            Fires with how many came.

        Raises:
            TakenOver: Somebody else writes the world now.
            StoreError: They cannot be read now; call it again for the rest.
        """
        return self._told(self._load(region), f"the load of region {region}")

    def unload(self, region: int) -> Deferred[int]:
        """Write what is dirty of a Region, and remove its entities from the Table.

        While the database is away, it waits.

        Returns:
            Fires with how many went.

        Raises:
            TakenOver: Somebody else writes the world now.
        """
        return self._told(self._unload(region), f"the unload of region {region}")

    def flush(self) -> Deferred[None]:
        """Write all that is dirty now.

        Raises:
            TakenOver: Somebody else writes the world now.
            StoreError: It is dirty still, and tried again.
        """
        return self._told(self._flush(), "a flush of entities")

    def within(
        self, x: float, y: float, radius: float, *, most: int = 100
    ) -> Deferred[list[Neighbour]]:
        """Find who is within a radius, as it was written last, be it loaded or not.

        Args:
            x: The first number of a position; on the earth its latitude.
            y: The second; on the earth its longitude.
            radius: On the earth in metres.
            most: So many are found, at most: the nearest.

        Returns:
            Fires with them, the nearest first.

        Raises:
            FieldError: The Table has no such fields for a position.
            TypeError: Something else than numbers is given.
            ValueError: That is no position, no radius, or `most` is not 1 to 500.
            Damaged: One of them cannot be read.
            StoreError: The database cannot be asked now.
        """
        found = self._search.within(x, y, radius, most)
        return self._told(found, "a search for entities")

    def nearest(self, x: float, y: float, count: int = 1) -> Deferred[list[Neighbour]]:
        """Find the nearest ones, as they were written last, be they loaded or not.

        Returns:
            Fires with them, the nearest first.

        Raises:
            FieldError: The Table has no such fields for a position.
            TypeError: Something else than numbers is given.
            ValueError: That is no position, or `count` is not 1 to 500.
            Damaged: One of them cannot be read.
            StoreError: The database cannot be asked now.
        """
        found = self._search.nearest(x, y, count)
        return self._told(found, "a search for entities")

    def _told(self, work: Coroutine[Any, Any, T], what: str) -> Deferred[T]:
        """Do something, whether or not somebody waits for it; tell of it in a turn."""
        waiting: Deferred[T] = Deferred()

        async def working() -> None:
            result: Any
            try:
                result = await work
            except Exception:  # noqa: BLE001  # told to who waits
                result = Failure()
            if not waiting.called:
                # Who waits was not cancelled meanwhile.
                failed = isinstance(result, Failure)
                tell = waiting.errback if failed else waiting.callback
                self._reach.turn(partial(tell, result))

        self._reach.background.spawn(working(), what)
        return waiting

    # Rounds.

    def _wake(self) -> None:
        """Write what is dirty when its time has come."""
        if self._call is None and not self._is_writing:
            self._wait(self.every)

    def _wait(self, seconds: float) -> None:
        if self._pen.is_able:
            self._call = self._reach.clock.callLater(seconds, self._begin)

    def _begin(self) -> None:
        self._call = None
        self._is_writing = True
        self._reach.background.spawn(self._round(), "a write-back")

    async def _round(self) -> None:
        clock = self._reach.clock
        began, delay = clock.seconds(), self.every
        try:
            await self._flush()
        except StoreError:
            # It is told of where it failed.
            delay = self._pen.delay
        except Exception:  # noqa: BLE001  # the author's code finds Regions
            if not self._pen.is_stopped:
                self._log.failure("{world} is not written", world=self.world)
        else:
            delay = max(0.0, self.every - max(0.0, clock.seconds() - began))
        finally:
            self._is_writing = False
        if self._mirror.look():
            self._wait(delay)

    async def _flush(self) -> None:
        async with self._turns:
            await self._pen.own()
            behind, is_last = -1, False
            while not is_last:
                some = self._mirror.take(_MOST, behind)
                is_last = some.is_last
                if len(some.rows):
                    behind = int(some.rows[-1])
                await self._pen.write(some)

    # Regions.

    async def _load(self, region: int) -> int:
        async with self._turns:
            await self._pen.check_still()
            count, behind, is_last = 0, -1, False
            while not is_last:
                ids, values = await self._npcs.read(region, behind, _MOST)
                self._pen.check()
                is_last = len(ids) < _MOST
                if ids:
                    behind = ids[-1]
                    add = partial(self._mirror.add, ids, values)
                    count += self._reach.turn(add)
            return count

    async def _unload(self, region: int) -> int:
        async with self._turns:
            await self._pen.own()
            count, behind = 0, -1
            while True:
                here, behind = self._mirror.find(region, behind)
                for at in range(0, len(here), _MOST):
                    count += await self._release(here[at : at + _MOST], region)
                if behind < 0:
                    return count
                await self._pen.pause(0)

    async def _release(self, rows: Any, region: int) -> int:
        """Write and remove some entities; return how many."""
        some = self._mirror.take_of(rows)
        if not len(some):
            await self._pen.pause(0)
        await self._pen.insist(some)
        self._pen.check()
        count: int
        last: Differing
        count, last = self._reach.turn(partial(self._mirror.drop, rows, region))
        # What was written again meanwhile nobody else has now.
        await self._pen.insist(last)
        return count

    # The end.

    async def settle(self, seconds: float) -> bool:
        """Write all that is dirty, for so long at most; return whether nothing is."""
        settling = Deferred.fromCoroutine(self._settle())
        try:
            await settling.addTimeout(seconds, self._reach.clock)
        except (TimeIsOver, TakenOver):
            self._log.error(
                "{count} entities of {world} are not written",
                count=self.dirty,
                world=self.world,
            )
        except Exception:  # noqa: BLE001  # the author's code finds Regions
            self._log.failure("{world} is not written", world=self.world)
        return not self.dirty

    async def _settle(self) -> None:
        while self.dirty:
            try:
                await self._flush()
            except TakenOver:
                raise
            except StoreError:
                await self._pen.pause(self._pen.delay)

    def stop(self) -> None:
        """Write nothing more: the Room has ended."""
        self._pen.stop()
        self._reach.meters.live.discard(self)
        call, self._call = self._call, None
        if call is not None:
            call.cancel()
