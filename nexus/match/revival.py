"""Revival: lets Rooms that are kept go on, at the start of a Node or when they wake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from nexus.archive.compactor import Compactor
from nexus.archive.port import Archive, Card, Found, Status
from nexus.archive.thread import InThread
from nexus.errors import Code, Refused, StateError
from nexus.journal.chain import DamagedJournal
from nexus.journal.kept import Kept, recover
from nexus.match.catalog import Catalog, Kind
from nexus.match.code import read_code
from nexus.match.key import key_text
from nexus.match.maker import Maker
from nexus.match.promise import session_of
from nexus.match.refilling import Refilling
from nexus.match.registry import Registry
from nexus.match.restoration import Restoration
from nexus.room import RoomActor, Surroundings
from nexus.room.face import state_of
from nexus.room.journal import Journal
from nexus.room.restoring import Restoring
from nexus.store.port import Damaged, StoreError
from nexus.wire.native.store import Restored

if TYPE_CHECKING:
    from nexus.match.keeper import Keeper

__all__ = ["Revival"]

#: How far versions and ids jump when the last owner of a Room died: what it published
#: and did not save is not to be taken for something that comes later.
_JUMP: Final = 1_000_000

#: How long is waited for what an earlier life of a Room did last, in seconds.
_PATIENCE: Final = 10.0

#: From so many bytes on, what is kept of a Room is read in a thread.
_LONG: Final = 1 << 15

Reason = Literal["sleep", "restart", "crash"]


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
    #: Who waits for a Room that wakes, by its id.
    _waking: dict[str, list[Deferred[None]]] = field(factory=dict, init=False)
    #: Told of what the author's code raises as a Room goes on.
    _log: Logger = field(init=False)
    #: Lets those go on that were running.
    _restoration: Restoration = field(init=False)

    @_log.default
    def _make_log(self) -> Logger:
        return self._around.logger(self)

    @_restoration.default
    def _make_restoration(self) -> Restoration:
        return Restoration(
            self._archive,
            self._around.clock,
            self._log,
            lambda card: self._tried(card, _reason_of(card)),
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
        return await self._wake(lambda: self._find(name))

    async def wake_only(
        self, kind: Kind, options: Mapping[str, Any]
    ) -> RoomActor | None:
        """Return the only Room of a kind for some options, if it sleeps."""
        key = key_text(kind, options)
        assert key is not None
        return await self._wake(lambda: self._archive.find_key(kind.name, key))

    async def _find(self, name: str) -> Card | None:
        card = await self._archive.find(name)
        if card is None:
            try:
                card = await self._archive.find(read_code(name))
            except Refused:
                return None
        return card

    async def _looked_up(
        self, find: Callable[[], Awaitable[Card | None]]
    ) -> Card | None:
        """Return the card of a Room that may sleep, when it is not about to."""
        try:
            card = await find()
            for each in list(self._registry.closing):
                if card is not None and each.room_id == card.room_id:
                    # It goes to sleep, or ends: only then is its card the last one.
                    await each.ended()
                    card = await find()
            is_over = card is not None and self._keeper.has_ended(card.room_id)
            return None if is_over else card
        except StoreError as error:
            raise self._unread(error) from error

    def _unread(self, error: StoreError) -> Refused:
        """Log why the database was of no use, and return what the peer may know."""
        self._log.error(
            "rooms that sleep cannot be read: {why}", why=str(error), act="wake"
        )
        return Refused("rooms that sleep cannot be read now", Code.STOPPING)

    async def _wake(
        self, find: Callable[[], Awaitable[Card | None]]
    ) -> RoomActor | None:
        card = await self._looked_up(find)
        if card is None:
            return None
        if card.status is Status.QUARANTINED:
            raise Refused("the room is damaged and set aside", Code.NO_ROOM)
        room_id = card.room_id
        is_ours = card.owner in ("", self._owner) or room_id in self._restoration.left
        if card.status is Status.ACTIVE and not is_ours:
            raise Refused("another node runs this room", Code.NO_ROOM)
        if room_id in self._waking:
            waiting: Deferred[None] = Deferred()
            self._waking[room_id].append(waiting)
            await waiting
            return self._registry.running(room_id)
        running = self._registry.running(room_id)
        if running is not None:
            return running
        self._waking[room_id] = []
        try:
            asleep = card.status is Status.HIBERNATING
            return await self._tried(card, "sleep" if asleep else _reason_of(card))
        except StoreError as error:
            raise self._unread(error) from error
        finally:
            for waiter in self._waking.pop(room_id):
                waiter.callback(None)

    async def _tried(self, card: Card, reason: Reason) -> RoomActor | None:
        """Let one Room go on; what goes wrong costs no other."""
        try:
            return await self._revive(card, reason)
        except (Damaged, DamagedJournal) as error:
            self._log.failure(
                "{room_id} is damaged and set aside: {why}",
                room_id=card.room_id,
                why=str(error),
                act="restore",
            )
            await self._set_aside(card.room_id, str(error))
        except (StoreError, Refused):
            raise
        except CancelledError:
            self._log.warn(
                "{room_id} does not go on: that was cancelled",
                room_id=card.room_id,
                act="restore",
            )
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._log.failure(
                "{room_id} cannot go on; it stays in the archive",
                room_id=card.room_id,
                act="restore",
            )
        return None

    def damaged(self, room_id: str, error: Exception) -> None:
        """Set a Room aside whose journal cannot be read, while it lives still."""
        actor = self._registry.running(room_id)
        epoch = None
        if actor is not None and actor.journal is not None:
            # Who is its owner no more has no say in what becomes of it.
            epoch = actor.journal.epoch
            actor.journal.failed(error)
        work = self._set_aside(room_id, str(error), epoch)
        self._around.background.spawn(work, "quarantine")

    async def _set_aside(
        self, room_id: str, why: str, epoch: int | None = None
    ) -> None:
        card = await self._archive.find(room_id)
        if card is not None:
            await self._archive.quarantine(room_id, epoch or card.epoch, why)

    async def _revive(self, card: Card, reason: Reason) -> RoomActor | None:
        """Make a Room of what is kept of it."""
        kind = self._catalog.get(card.kind)
        if not await self._keeper.writer.finish(card.room_id, _PATIENCE):
            # It went to rest while the database was away; a claim would lose that.
            raise Refused("what the room did last is not saved yet", Code.STOPPING)
        claimed = await self._archive.claim(card.room_id, self._owner)
        found = None if claimed is None else await self._archive.read(card.room_id)
        if claimed is None or found is None:
            return None
        kept = await self._recovered(found)
        restored = _restored(kind, kept)
        if restored is not None and reason == "crash":
            # Owners that died before they wrote anything jumped as well.
            last = found.entries[-1].epoch if found.entries else 0
            restored.tree.jump(_JUMP * (claimed.epoch - last))
        elif restored is not None and kept.tables:
            # Nobody remembers which rows were seen by whom: all are told anew.
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
            claimed.epoch,
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
        self._compactor.holds(card.room_id, refilling.size)
        self._keeper.quota.wrote(card.room_id, size)
        self._compactor.wrote(card.room_id, claimed.epoch, size)
        return actor

    async def _recovered(self, found: Found) -> Kept:
        """Fold what was found; while that takes long, other Rooms go on.

        Raises:
            DamagedJournal: It is not what was written.
        """
        size = sum(len(each.payload) for each in found.entries)
        if size + len(found.stored.payload) < _LONG:
            return recover(found.stored, found.entries)
        return await self._in_thread(lambda: recover(found.stored, found.entries))

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


def _restored(kind: Kind, kept: Kept) -> Restored | None:
    """Make a tree of the State that was kept, if there was one."""
    if kept.replica is None:
        return None
    root = state_of(kind.room)
    if root is None:
        raise StateError(f"{kind.room.__name__} does not say which State it has")
    return kept.tree(root)


def _reason_of(card: Card) -> Reason:
    """Say why a Room goes on that did not sleep; who stops in good order says so."""
    return "crash" if card.owner else "restart"
