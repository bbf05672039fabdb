"""Keeper: keeps the Rooms of a Node in an archive, and lets them go on later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, evolve, field
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from nexus.archive.compactor import Compactor
from nexus.archive.port import Archive, Card, Member, Status
from nexus.archive.quota import Quota
from nexus.archive.thread import InThread
from nexus.archive.writer import Writer
from nexus.errors import Code, Refused, StateError
from nexus.journal.entry import Stored
from nexus.match.catalog import Catalog, Kind
from nexus.match.keeper.founding import Founding
from nexus.match.keeper.key import key_text
from nexus.match.keeper.revival import Revival
from nexus.match.maker import Maker
from nexus.match.registry import Registry
from nexus.room import RoomActor, Surroundings
from nexus.room.face import state_of
from nexus.room.keeping.journal import Journal
from nexus.room.keeping.stored import stored_of
from nexus.room.phase import Rest
from nexus.store.port import DatabaseAway, DatabaseFull, StoreError

__all__ = ["Keeper"]

#: How long a database that is away is waited for, before it is tried again.
_PAUSE: Final = 1.0

#: How often is looked whether the archive knows of all ends, in seconds.
_LOOK: Final = 0.05

#: How long a Room that goes to rest waits for the database, in seconds.
_PATIENCE: Final = 10.0


@define(eq=False, kw_only=True)
class Keeper:
    """Keeps Rooms.

    Args:
        archive: Where.
        writer: Who writes what they do.
        quota: Who counts how much is stored of each.
        compactor: Who makes snapshots of that.
        catalog: The kinds of Room that there are.
        maker: What takes Rooms in that go on.
        registry: What knows the Rooms.
        around: What Rooms are given.
        owner: What this Node is called.
        in_thread: Calls something in a thread.
    """

    _archive: Archive
    writer: Writer
    quota: Quota
    _compactor: Compactor
    _catalog: Catalog
    _maker: Maker
    _registry: Registry
    _around: Surroundings
    _owner: str
    _in_thread: InThread
    #: Told of what the author's code raises as a Room goes on.
    _log: Logger = field(init=False)
    #: What puts new ones there.
    founding: Founding = field(init=False)
    #: What lets them go on.
    revival: Revival = field(init=False)
    #: The cards of Rooms that have ended, of which the archive does not know that yet.
    _ended: dict[str, Card] = field(factory=dict, init=False)

    @_log.default
    def _make_log(self) -> Logger:
        return self._around.logger(self)

    @founding.default
    def _make_founding(self) -> Founding:
        return Founding(
            self._archive,
            self._registry,
            self._around,
            self._owner,
            self.card_of,
            self._log,
        )

    @revival.default
    def _make_revival(self) -> Revival:
        return Revival(
            keeper=self,
            archive=self._archive,
            compactor=self._compactor,
            catalog=self._catalog,
            maker=self._maker,
            registry=self._registry,
            around=self._around,
            owner=self._owner,
            in_thread=self._in_thread,
        )

    # What Rooms ask for.

    async def begin(self, actor: RoomActor) -> None:
        """Keep a Room that opens, from now on.

        Raises:
            Refused: It cannot be kept now.
            StateError: Its class does not say which State it has.
        """
        tree, root = actor.tree, state_of(type(actor.room))
        if tree is not None and root is not type(tree.root):
            name = type(actor.room).__name__
            raise StateError(
                f"a room that is kept says which State it has: class {name}"
                f"(Room[{type(tree.root).__name__}])"
            )
        if self.writer.behind is not None:
            raise Refused(self.writer.behind, Code.STOPPING)
        key = key_text(self._catalog.get(actor.kind), actor.sign.filters)
        journal = Journal(actor, self, actor.room_id, 0, key=key)
        stored = stored_of(actor, journal)
        actor.journal = journal
        if actor.fanout is not None:
            actor.fanout.keep(journal.patched)
        try:
            journal.epoch = await self.founding.found(actor, stored)
        except Refused:
            actor.journal = None
            raise
        self.quota.replaced(actor.room_id, len(stored.payload))
        self.writer.add(journal)
        self.writer.mark(journal)

    async def rest(self, actor: RoomActor, journal: Journal, rest: Rest) -> bool:
        """Let a Room be run by nobody; returns whether all that it did is safe."""
        await self._drained(journal)
        journal.rest()
        is_safe = await self.writer.settle(_PATIENCE, journal)
        self.leave(journal)
        if not is_safe:
            return False
        asleep = rest is Rest.HIBERNATING
        if asleep:
            await self._compactor.finish(journal.room_id, journal.epoch)
        status = Status.HIBERNATING if asleep else Status.ACTIVE
        try:
            # Nobody is told of a loss, yet nobody is there.
            members = [evolve(each, is_connected=False) for each in members_of(actor)]
            return await self._archive.update(self.card_of(actor, status), members)
        except StoreError:
            return False

    async def _drained(self, journal: Journal) -> None:
        """Let a Room tell of all rows that are not saved."""
        journal.finish_rows()
        until = self._around.clock.seconds() + _PATIENCE
        while not journal.rows.drain():
            left = until - self._around.clock.seconds()
            if left <= 0 or not await self.writer.settle(left, journal):
                return

    async def end(self, actor: RoomActor, journal: Journal) -> None:
        """Keep a Room no longer: it has ended.

        While the database is away, or full, the Room ends all the same, and that is
        told later.
        """
        await self.writer.settle(_PATIENCE, journal)
        self.leave(journal)
        card = self.card_of(actor, Status.CLOSED)
        if not await self._told(card):
            self._around.background.spawn(self._end_later(card), "close")

    async def _end_later(self, card: Card) -> None:
        """Tell the archive of an end when it is there again."""
        self._ended[card.room_id] = card
        while card.room_id in self._ended:
            await self._pause(_PAUSE)
            await self._tell_end(card)

    async def _tell_end(self, card: Card) -> None:
        if await self._told(card):
            _ = self._ended.pop(card.room_id, None)

    async def finish(self, seconds: float) -> None:
        """Tell the archive of all that has ended, if it is there soon enough.

        What it is not told of goes on with the next start, and is named.
        """
        until = self._around.clock.seconds() + seconds
        for card in list(self._ended.values()):
            # Each may wait as long as the database is silent.
            if self._around.clock.seconds() < until:
                await self._tell_end(card)
        while self._ended and self._around.clock.seconds() < until:
            # Each end is tried again by itself.
            await self._pause(_LOOK)
        for room_id in self._ended:
            self._log.error(
                "{room_id} has ended, and goes on with the next start: the database"
                " is away",
                room_id=room_id,
                act="close",
            )

    async def _pause(self, seconds: float) -> None:
        over: Deferred[None] = Deferred()
        _ = self._around.clock.callLater(seconds, over.callback, None)
        await over

    async def _told(self, card: Card) -> bool:
        """Tell the archive of an end; whether it could be asked."""
        try:
            await self._archive.update(card, [])
        except (DatabaseAway, DatabaseFull):
            return False
        except StoreError:
            self._not_told(card)
        return True

    def _not_told(self, card: Card) -> None:
        self._log.failure(
            "{room_id} has ended, and the archive could not be told",
            room_id=card.room_id,
            act="close",
        )

    def stored(self, actor: RoomActor, journal: Journal) -> Stored:
        """Return everything that is kept of a Room now."""
        return stored_of(actor, journal)

    def leave(self, journal: Journal) -> None:
        """Write nothing more of a Room: it is not ours to keep any more."""
        self.writer.remove(journal)
        self._compactor.forget(journal.room_id)
        self.quota.forget(journal.room_id)

    def card_of(self, actor: RoomActor, status: Status = Status.ACTIVE) -> Card:
        """Return what the archive is told of a Room."""
        journal, now = actor.journal, self._now()
        runs = status is Status.ACTIVE and actor.is_running
        return Card(
            room_id=actor.room_id,
            kind=actor.kind,
            code=actor.code,
            key=None if journal is None else journal.key,
            status=status,
            epoch=0 if journal is None else journal.epoch,
            owner=self._owner if runs else "",
            clients=len(actor.members),
            attributes={
                "locked": actor.sign.locked,
                "private": actor.sign.private,
                "unlisted": actor.sign.unlisted,
                "metadata": actor.sign.metadata,
                "filters": dict(actor.sign.filters),
                "max_clients": actor.room.max_clients,
            },
            created_at=datetime.fromtimestamp(actor.created_at, UTC),
            active_at=now,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._around.clock.seconds(), UTC)

    # What matchmaking and the Node ask for.

    async def restore(self) -> tuple[int, int]:
        """Let all Rooms go on that were running; returns how many do, and do not."""
        return await self.revival.restore()

    def has_ended(self, room_id: str) -> bool:
        """Say whether a Room is over, whatever the archive says of it."""
        return room_id in self._ended

    def is_waking(self, actor: RoomActor) -> bool:
        """Say whether a Room is about to go on, and cannot be joined yet."""
        return self.revival.is_waking(actor)

    async def asleep(self, name: str) -> Card | None:
        """Return the card of a Room that may sleep, by its id or code; None: none does.

        Raises:
            Refused: Nobody can say now.
        """
        return await self.revival.sleepers.named(name)

    async def lets_in(self, card: Card, token: str) -> bool:
        """Say whether a token may let somebody back into a Room that sleeps.

        Raises:
            Refused: Nobody can say now.
        """
        return await self.revival.sleepers.lets_in(card, token)

    async def seats(self, card: Card, session_id: str | None) -> bool:
        """Say whether a session may have a seat in a Room that sleeps.

        Raises:
            Refused: Nobody can say now.
        """
        return await self.revival.sleepers.seats(card, session_id)

    async def wake(self, name: str) -> RoomActor | None:
        """Return a Room that sleeps, by its id or code; None: there is none.

        Raises:
            Refused: It cannot go on now.
        """
        return await self.revival.wake(name)

    async def wake_only(
        self, kind: Kind, options: Mapping[str, Any]
    ) -> RoomActor | None:
        """Return the only Room of a kind for some options, if it sleeps."""
        return await self.revival.wake_only(kind, options)

    def damaged(self, room_id: str, error: Exception, epoch: int | None = None) -> None:
        """Set a Room aside whose journal cannot be read, while it lives still."""
        self.revival.damaged(room_id, error, epoch)


def members_of(actor: RoomActor) -> list[Member]:
    """Return who belongs to a Room, for people who ask the database."""
    return [
        Member(
            session_id=each.session_id,
            role=",".join(sorted(each.roles)),
            is_connected=each.connection is not None,
        )
        for each in actor.members.values()
    ]
