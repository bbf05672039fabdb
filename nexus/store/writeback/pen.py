"""Pen: writes the entities of one world, as long as nobody else does."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from nexus.archive.outage import Outage
from nexus.errors import StateError
from nexus.state.table.mirror import Differing, Mirror
from nexus.store.port import StoreError
from nexus.store.writeback.npc import Claim, Npcs, TakenOver
from nexus.store.writeback.reach import Reach

__all__ = ["Pen"]

T = TypeVar("T")


@define(eq=False)
class Pen:
    """Writes the entities of one world, one transaction after the other.

    Args:
        mirror: Knows which entities differ.
        npcs: The entities in the database.
        reach: What it needs.

    Attributes:
        is_stale: Whether somebody else writes the world now.
        is_stopped: Whether the Room has ended.
        taken: How many entities are on their way to the database.
        delay: How long to wait before the next attempt to reach it.
    """

    _mirror: Mirror
    _npcs: Npcs
    _reach: Reach
    is_stale: bool = field(default=False, init=False)
    is_stopped: bool = field(default=False, init=False)
    taken: int = field(default=0, init=False)
    delay: float = field(default=0.0, init=False)
    _claim: Claim | None = field(default=None, init=False)
    _outage: Outage = field(init=False)
    _pauses: set[Deferred[None]] = field(factory=set, init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._outage = Outage(self._reach.random)

    @property
    def world(self) -> str:
        """What the world is called."""
        return self._npcs.world

    @property
    def is_able(self) -> bool:
        """Whether anything may be written from now on."""
        return not (self.is_stopped or self.is_stale) and self._mirror.is_attached

    async def own(self) -> Claim:
        """Be who writes the world, and return the proof."""
        self.check()
        if self._claim is None:
            claim = await self._asked(self._npcs.claim())
            self._claim, self._mirror.offset = claim, claim.next_id
            self.check()
        return self._claim

    async def check_still(self) -> None:
        """Check that nobody else writes the world by now."""
        await self._asked(self._npcs.check(await self.own()))
        self.check()

    async def write(self, some: Differing) -> None:
        """Write entities in one transaction; if that fails they are dirty again."""
        try:
            await self._write(some)
        except BaseException:
            self._give_back(some)
            raise

    async def insist(self, some: Differing) -> None:
        """Write entities, however long that takes: nobody else may have them."""
        try:
            while True:
                try:
                    return await self._write(some)
                except TakenOver:
                    raise
                except StoreError:
                    await self.pause(self.delay)
        except BaseException:
            self._give_back(some)
            raise

    async def _write(self, some: Differing) -> None:
        if not len(some):
            return
        claim, meters = self._claim, self._reach.meters
        assert claim is not None
        self.taken = len(some)
        self.check()
        await self._asked(self._npcs.write(claim, some, self._reach.now()))
        self.taken = 0
        self._mirror.done(some)
        meters.batches.inc()
        meters.rows.inc(len(some))

    def _give_back(self, some: Differing) -> None:
        self.taken = 0
        self._mirror.give_back(some)

    async def _asked(self, work: Coroutine[Any, Any, T]) -> T:
        """Ask the database for something, and learn from how that ends."""
        try:
            result = await work
        except TakenOver as error:
            self._log.error("{why}: nothing more is written here", why=str(error))
            self.is_stale = True
            raise
        except StoreError as error:
            self._reach.meters.failures.inc()
            if not self._outage.is_on:
                self._log.warn(
                    "entities of {world} are not written: {why}; they wait in memory",
                    world=self.world,
                    why=str(error),
                )
            self.delay = self._outage.failed(error, self._reach.clock.seconds())
            raise
        if self._outage.is_on:
            self._log.info(
                "entities of {world} are written again after {seconds:.1f} s",
                world=self.world,
                seconds=self._outage.over(self._reach.clock.seconds()),
            )
        return result

    def check(self) -> None:
        """Check that something may be written or read.

        Raises:
            Exception: What those are told who wait when a Room has ended.
            TakenOver: Somebody else writes the world now.
            StateError: The Table is not part of the State any more.
        """
        if self.is_stopped:
            raise self._reach.ended()
        if self.is_stale:
            raise TakenOver(f"somebody else writes the world {self.world!r} now")
        if not self._mirror.is_attached:
            raise StateError("the Table that is written back left the Room's State")

    def stop(self) -> None:
        """Write nothing more: the Room has ended."""
        self.is_stopped = True
        pauses, self._pauses = self._pauses, set()
        for each in pauses:
            each.callback(None)

    async def pause(self, seconds: float) -> None:
        """Let others have their turn."""
        pause: Deferred[None] = Deferred()
        self._pauses.add(pause)
        call = self._reach.clock.callLater(seconds, pause.callback, None)
        try:
            await pause
        finally:
            self._pauses.discard(pause)
            if call.active():
                call.cancel()
