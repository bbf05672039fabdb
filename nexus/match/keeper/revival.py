"""Revival: lets Rooms that are kept go on, at the start of a Node or when they wake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import define, evolve, field
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from nexus.archive.compactor import Compactor
from nexus.archive.port import Archive, Card, Found, Status
from nexus.archive.release import JUMP
from nexus.archive.thread import InThread
from nexus.errors import Code, Refused
from nexus.journal.chain import DamagedJournal
from nexus.journal.kept import Kept
from nexus.match.catalog import Catalog, Kind
from nexus.match.keeper.handover import Overtaken, Reason
from nexus.match.keeper.key import key_text
from nexus.match.keeper.recovery import Recovery
from nexus.match.keeper.refilling import Refilling
from nexus.match.keeper.restoration import Restoration
from nexus.match.keeper.sleeper import Sleepers
from nexus.match.keeper.stuck import Stuck
from nexus.match.keeper.waking import Waking
from nexus.match.maker import Maker
from nexus.match.promise import session_of
from nexus.match.registry import Registry
from nexus.room import RoomActor, Surroundings
from nexus.room.keeping.journal import Journal
from nexus.room.keeping.restoring import Restoring
from nexus.store.port import Damaged, DatabaseAway, StoreError
from nexus.wire.native.store import Restored

if TYPE_CHECKING:
    from nexus.match.keeper.keeper import Keeper

__all__ = ["Revival"]

#: How long is waited for what an earlier life of a Room did last, in seconds.
_PATIENCE: Final = 10.0


@define(eq=False, kw_only=True)
class Revival:
    """Makes Rooms of what is kept of them.

    Args:
        keeper: What keeps them from then on.
        archive: Where they are.
        compactor: Who makes snapshots of what they do.
        catalog: The kinds of Room that there are.
        maker: What takes Rooms in that go on.
        registry: What knows the Rooms.
        around: What Rooms are given.
        owner: What this Node is called.
        in_thread: Runs what takes long and touches nothing of ours.
    """

    _keeper: Keeper
    _archive: Archive
    _compactor: Compactor
    _catalog: Catalog
    _maker: Maker
    _registry: Registry
    _around: Surroundings
    _owner: str
    _in_thread: InThread
    #: What knows who may be woken.
    sleepers: Sleepers = field(init=False)
    #: Counts those that cannot go on.
    stuck: Stuck = field(init=False)
    #: Told of what the author's code raises as a Room goes on.
    _log: Logger = field(init=False)
    #: Lets those go on that were running.
    _restoration: Restoration = field(init=False)
    #: Lets those go on that are asked for.
    _waking: Waking = field(init=False)

    @_log.default
    def _make_log(self) -> Logger:
        return self._around.logger(self)

    @sleepers.default
    def _make_sleepers(self) -> Sleepers:
        return Sleepers(
            archive=self._archive,
            registry=self._registry,
            has_ended=lambda room_id: self._keeper.has_ended(room_id),
            in_thread=self._in_thread,
            log=self._around.logger(self),
        )

    @stuck.default
    def _make_stuck(self) -> Stuck:
        return Stuck(self._archive, self._check)

    @_waking.default
    def _make_waking(self) -> Waking:
        return Waking(
            self._archive,
            self._registry,
            self.sleepers,
            self._log,
            self._owner,
            self._check,
            self.stuck.watched(self._tried),
        )

    @_restoration.default
    def _make_restoration(self) -> Restoration:
        return Restoration(
            self._archive,
            self._around.clock,
            self._log,
            self._owner,
            self._claim_many,
            self.stuck.watched(self._tried),
        )

    async def restore(self) -> tuple[int, int]:
        """Let all Rooms go on that were running; returns how many do, and do not."""
        return await self._restoration.run()

    def is_waking(self, actor: RoomActor) -> bool:
        """Say whether a Room is about to go on, and cannot be joined yet."""
        return actor.room_id in self._waking

    async def wake(self, name: str) -> RoomActor | None:
        """Return a Room that sleeps, by its id or code; None: there is none.

        Raises:
            Refused: It cannot go on now.
        """
        return await self._waking.wake(lambda: self.sleepers.named(name))

    async def wake_only(
        self, kind: Kind, options: Mapping[str, Any]
    ) -> RoomActor | None:
        """Return the only Room of a kind for some options, if it sleeps."""
        return await self._waking.wake(lambda: self.sleepers.only(kind, options))

    def _check(self, card: Card) -> None:
        if card.status is Status.QUARANTINED:
            raise Refused("the room is set aside", Code.NO_ROOM)
        is_left = self._restoration.left.get(card.room_id) == card.epoch
        is_ours = card.owner in ("", self._owner) or is_left
        if card.status is Status.ACTIVE and not is_ours:
            raise Refused("another node runs this room", Code.NO_ROOM)

    async def _tried(
        self, card: Card, reason: Reason, found: Found | None = None
    ) -> RoomActor | None:
        """Let one Room go on; what goes wrong costs no other.

        Raises:
            Overtaken: Somebody else had it since its card was read.
        """
        try:
            found = found or await self._claimed(card)
            return await self._revive(card, reason, found)
        except (Damaged, DamagedJournal) as error:
            self._log.failure(
                "{room_id} is damaged and set aside: {why}",
                room_id=card.room_id,
                why=str(error),
                act="restore",
            )
            await self._set_aside(card.room_id, str(error), found)
        except (StoreError, Refused):
            raise
        except CancelledError:
            self._log.warn(
                "{room_id} does not go on: that was cancelled",
                room_id=card.room_id,
                act="restore",
            )
            raise
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._log.failure(
                "{room_id} cannot go on; it stays in the archive",
                room_id=card.room_id,
                act="restore",
            )
        return None

    def damaged(self, room_id: str, error: Exception, epoch: int | None = None) -> None:
        """Set a Room aside whose journal cannot be read, while it lives still.

        Args:
            room_id: The Room.
            error: What is wrong with it.
            epoch: Whose journal that is, who has no say if somebody else owns the Room
                by now; None: that of whoever runs it here.
        """
        actor = self._registry.running(room_id)
        journal = None if actor is None else actor.journal
        if journal is not None and epoch in (None, journal.epoch):
            epoch = journal.epoch
            journal.failed(error)
        if epoch is not None:
            work = self._archive.quarantine(room_id, epoch, str(error))
            self._around.background.spawn(work, "quarantine")

    async def _set_aside(self, room_id: str, why: str, found: Found | None) -> None:
        """Set a Room aside that we claimed, unless somebody else did since."""
        card = await self._archive.find(room_id) if found is None else found.card
        if card is not None and card.owner == self._owner:
            await self._archive.quarantine(room_id, card.epoch, why)

    async def _claim_many(self, cards: Sequence[Card]) -> Mapping[str, Found]:
        """Become the owner of Rooms, and return what is kept of those that are small.

        A Node that knows a kind no more leaves its Rooms to one that does.
        """
        known = {each.name for each in self._catalog}
        epochs = {each.room_id: each.epoch for each in cards if each.kind in known}
        return await self._archive.claim_many(epochs, self._owner)

    async def _claimed(self, card: Card) -> Found:
        """Become the owner of a Room, and return what is kept of it."""
        _ = self._catalog.get(card.kind)
        if not await self._keeper.writer.finish(card.room_id, _PATIENCE):
            # It went to rest while the database was away; a claim would lose that.
            raise DatabaseAway("what the room did last is not saved yet")
        claimed = await self._archive.claim(card.room_id, self._owner, card.epoch)
        found = None if claimed is None else await self._archive.read(card.room_id)
        if claimed is None or found is None:
            raise Overtaken
        # Whoever claimed it since owns it, not we: we write nothing then.
        return evolve(found, card=claimed)

    async def _revive(self, card: Card, reason: Reason, found: Found) -> RoomActor:
        """Make a Room of what is kept of it."""
        kind, epoch = self._catalog.get(card.kind), found.card.epoch
        recovery = Recovery(self._around.clock, self._in_thread, self._log)
        kept = await recovery.fold(found)
        restored = await recovery.state(kind, kept)
        if restored is not None and reason == "crash":
            # Owners that died before they wrote anything jumped as well.
            last = found.entries[-1].epoch if found.entries else 0
            restored.tree.jump(JUMP * (epoch - last))
        elif restored is not None and (kept.tables or restored.is_grown):
            # Nobody remembers which rows were seen by whom, or knows of States that
            # are new or not stored: all are told anew.
            restored.tree.jump(1)
        refilling = Refilling(self._archive, self._in_thread)
        await refilling.fill(found, kept, restored)
        actor = RoomActor(
            kind.room,
            kind=kind.name,
            room_id=card.room_id,
            around=self._around,
            registrar=self._registry,
        )
        actor.created_at = card.created_at.timestamp()
        actor.sign.filters = dict(kept.card.get("filters") or {})
        self._maker.adopt(kind, actor, card.code)
        journal = Journal(
            actor,
            self._keeper,
            card.room_id,
            epoch,
            kept.number,
            kept.version,
            kept.chain,
            key=key_text(kind, actor.sign.filters),
        )
        refilling.adopt(journal.rows)
        try:
            await self._go_on(actor, journal, kept, restored, card, reason)
        except BaseException:
            actor.rests.discard()
            self._keeper.leave(journal)
            raise
        # A Node that never lives for long would let a journal grow without end.
        size = sum(len(each.payload) for each in found.entries)
        held = len(found.stored.payload) + refilling.size
        self._keeper.quota.replaced(card.room_id, held)
        self._keeper.quota.folded(card.room_id, len(found.stored.payload))
        self._compactor.holds(card.room_id, refilling.size)
        self._keeper.quota.wrote(card.room_id, size)
        self._compactor.wrote(card.room_id, epoch, size)
        return actor

    async def _go_on(
        self,
        actor: RoomActor,
        journal: Journal,
        kept: Kept,
        restored: Restored | None,
        card: Card,
        reason: Reason,
    ) -> None:
        tree = None if restored is None else restored.tree
        away = self._around.clock.seconds() - card.active_at.timestamp()
        info = Restoring(
            reason=reason,
            away_seconds=max(0.0, away),
            dropped={} if restored is None else restored.dropped,
            defaulted={} if restored is None else restored.defaulted,
        )
        self._keeper.writer.add(journal)
        actor.journal = journal
        next_id = kept.next_id if tree is None else tree.next_id
        is_recast = restored is not None and restored.is_recast
        journal.begin_again(tree, next_id, reason, kept.members, is_recast=is_recast)
        await actor.rests.revive(kept, tree, info)
        for client in actor.members.values():
            if session_of(client.auth) == client.session_id:
                self._registry.seat(client.session_id, actor)
