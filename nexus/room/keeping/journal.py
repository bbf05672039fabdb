"""Journal: what a kept Room tells its archive, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred
from typing_extensions import override

from nexus.archive.source import Source
from nexus.errors import Code, Refused
from nexus.journal.chain import START, link
from nexus.journal.entry import Entry, Stored
from nexus.journal.record import (
    MAX_PAYLOAD,
    card_record,
    gone_record,
    input_record,
    jump_record,
    member_record,
    outbox_record,
    patch_record,
    state_record,
    verdict_record,
)
from nexus.room.keeping.rowlog import RowLog
from nexus.room.keeping.stored import card_of, member_fields
from nexus.room.message.verdict import Ident, Verdict
from nexus.wire.native.store import save
from nexus.wire.ours import saved_frame
from nexus.wire.phase import Phase

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.client import Client
    from nexus.room.keeping.keeping import Keeping
    from nexus.state.tree import Tree

__all__ = ["Journal"]

#: Clients are told at most so often what is saved, in seconds.
_INTERVAL: Final = 0.25


@define(eq=False)
class Journal(Source):
    """Collects what happens in one Room, and knows how much of it is safe.

    An entry ends with what was written up to its making: the State is published first,
    so that the effect of a message and the fact that it was heard are never parted.

    Attributes:
        room_id: The Room.
        epoch: Which of its owners we are.
        number: The number of the last entry that was made.
        version: The version of the State behind it.
        chain: Its chain.
        saved: The version that is safe.
        key: What only this Room of its kind has, as text; None: there may be others.
        rows: What tells it of rows of Tables.
    """

    _actor: RoomActor
    _keeping: Keeping
    room_id: str
    epoch: int
    number: int = 0
    version: int = 0
    chain: bytes = START
    saved: int = field(default=0, init=False)
    key: str | None = field(default=None, kw_only=True)
    rows: RowLog = field(init=False)
    _records: list[bytes] = field(factory=list, init=False)
    #: How far the outboxes have come that something was heard of, by session.
    _outboxes: dict[str, int] = field(factory=dict, init=False)
    _card_changed: bool = field(default=False, init=False)
    #: The sessions that were told of as members.
    _members: set[str] = field(factory=set, init=False)
    #: The entries that are not safe: number and version.
    _open: deque[tuple[int, int]] = field(factory=deque, init=False)
    #: What is called when an entry is safe, in order of the entries.
    _waiting: deque[tuple[int, Callable[[], None]]] = field(factory=deque, init=False)
    _cancel: Callable[[], None] | None = field(default=None, init=False)
    _ended: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.saved = self.version
        self.rows = RowLog(
            self._actor.later,
            self._actor.around.clock.seconds,
            self._note,
            lambda: self._keeping.writer.backlog_bytes,
        )
        # The snapshot has those that there are.
        _ = self._actor.deadlines.changed()
        self._members.update(self._actor.members)

    # What the Room calls.

    @property
    def refuses(self) -> str | None:
        """Why nothing can be promised to be safe now; None: it can."""
        return self._keeping.writer.behind

    def patched(self, patch: bytes) -> None:
        """Take down a patch of the State, as it is stored."""
        self._note(patch_record(patch))

    def begin_again(
        self,
        tree: Tree | None,
        next_id: int,
        why: str,
        members: Iterable[str],
        *,
        is_recast: bool = False,
    ) -> None:
        """Take down that another owner goes on, from a version that is far away.

        Args:
            tree: The State, at that version.
            next_id: The id that the next State gets.
            why: The reason.
            members: The sessions of those who are members already.
            is_recast: Whether its classes are others than those that were stored.
        """
        self._members.update(members)
        self._actor.deadlines.begin_again()
        version = self.version if tree is None else tree.version
        self._note(jump_record(version, next_id, why))
        if tree is not None and is_recast:
            # Patches number the fields as the classes of today do.
            self._note(state_record(save(tree)))
        self.saved = version
        self.card_changed()

    def finish_rows(self) -> None:
        """Begin to take down all rows that differ from what was taken down."""
        self._actor.rhythm.publish()
        self._look()
        self.rows.rewind()

    def _look(self) -> None:
        """Take down which Tables there are, if these are others than before."""
        tree = self._actor.tree
        if tree is not None:
            for each in self.rows.look(tree):
                self._note(each)

    def rest(self) -> None:
        """Take down the ids that are given, as the last of all.

        Patches do not tell of those below fields that are not stored.
        """
        self._actor.rhythm.publish()
        tree = self._actor.tree
        if tree is not None:
            self._note(jump_record(tree.version, tree.next_id, "rest"))

    def stated(self, tree: Tree) -> None:
        """Take down that the Room has a State now."""
        tree.flush()
        self._note(state_record(save(tree)))

    def joined(self, client: Client) -> None:
        """Take down all that there is to know of a member."""
        self._members.add(client.session_id)
        self._note(member_record(client.session_id, member_fields(client)))

    def changed(self, client: Client, **fields: Any) -> None:
        """Take down what changed of a member; of others nothing is kept."""
        if client.session_id in self._members:
            self._note(member_record(client.session_id, fields))

    def gone(self, client: Client) -> None:
        """Take down that somebody is a member no more."""
        self._outboxes.pop(client.session_id, None)
        if client.session_id in self._members:
            self._members.discard(client.session_id)
            self._note(gone_record(client.session_id))

    def heard(self, client: Client, ident: int) -> None:
        """Take down how far an outbox has come."""
        if client.session_id not in self._members:
            return
        self._outboxes[client.session_id] = ident
        self._keeping.writer.mark(self)

    def command(
        self,
        client: Client,
        type_: str,
        payload: bytes,
        number: int | None,
        verdict: Verdict,
    ) -> None:
        """Take down a command, and what became of it."""
        session_id, status = client.session_id, verdict.status
        self._note(input_record(session_id, type_, payload, status))
        if isinstance(number, Ident):
            self._note(verdict_record(session_id, int(number), status, verdict.payload))

    def card_changed(self) -> None:
        """Take note that matchmaking knows something else of the Room."""
        self._card_changed = True
        self._keeping.writer.mark(self)

    def when_saved(self, call: Callable[[], None]) -> None:
        """Call a function when all that happened up to now is safe."""
        self._waiting.append((self.number + 1, call))
        self._keeping.writer.mark(self)

    async def safe(self) -> None:
        """Wait until all that happened up to now is safe.

        Raises:
            Refused: Nobody can say when.
        """
        if self.refuses is not None:
            raise Refused(self.refuses, Code.STOPPING)
        waiting: Deferred[None] = Deferred()

        def tell() -> None:
            if not waiting.called:
                waiting.callback(None)

        self.when_saved(tell)
        await waiting

    def end(self) -> None:
        """Take nothing down any more: the Room has ended, or goes to sleep."""
        self._ended = True
        self.rows.stop()
        self._waiting.clear()
        cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()

    def _note(self, made: bytes) -> None:
        if not self._ended:
            self._records.append(made)
            self._keeping.writer.mark(self)

    # What the Writer calls.

    @override
    def take(self) -> Entry | None:
        if self._ended:
            return None
        actor = self._actor
        actor.rhythm.publish()
        self._look()
        records, self._records = self._records, []
        self.rows.taken()
        outboxes, self._outboxes = self._outboxes, {}
        records += [outbox_record(*each) for each in outboxes.items()]
        if self._card_changed:
            self._card_changed = False
            records.append(card_record(card_of(actor)))
        records += actor.deadlines.changed()
        if not records:
            self._nothing_new()
            return None
        payload = b"".join(records)
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"{len(payload)} bytes at once, and {MAX_PAYLOAD} can be")
        self.number += 1
        self.version = 0 if actor.tree is None else actor.tree.version
        self.chain = link(self.chain, self.room_id, self.number, self.version, payload)
        self._open.append((self.number, self.version))
        return Entry(
            self.room_id, self.epoch, self.number, self.version, self.chain, payload
        )

    @override
    def whole(self) -> Stored | None:
        if self._ended:
            return None
        self.rows.begin_again()
        return self._keeping.stored(self._actor, self)

    @override
    def committed(self, number: int) -> None:
        before = self.saved
        while self._open and self._open[0][0] <= number:
            _, self.saved = self._open.popleft()
        self._call(number)
        if self.saved != before and self._cancel is None and not self._ended:
            self._cancel = self._actor.later(_INTERVAL, self._tell)

    def _nothing_new(self) -> None:
        """Let those wait for the last entry who expected another one."""
        if self._open:
            waiting = [(min(at, self.number), call) for at, call in self._waiting]
            self._waiting = deque(waiting)
        else:
            self._call(self.number + 1)

    def _call(self, number: int) -> None:
        """Call whoever waits for an entry, or an earlier one."""
        while self._waiting and self._waiting[0][0] <= number:
            self._waiting.popleft()[1]()

    @override
    def superseded(self) -> None:
        self._lose("another node owns this room")

    @override
    def failed(self, error: Exception) -> None:
        self._lose(f"it cannot be kept: {error}")

    def _lose(self, why: str) -> None:
        """End the Room at once: what it does is not kept any more."""
        if not self._ended:
            self.end()
            self._actor.cut_off(why)

    # What clients are told.

    def _tell(self) -> None:
        self._cancel = None
        frame = self.saved_frame()
        for client in self._actor.clients.values():
            connection = client.connection
            if (
                client.receipt is not None
                and connection is not None
                and connection.phase is Phase.JOINED
            ):
                connection.deliver(frame)

    def saved_frame(self) -> bytes:
        """Return the message that says what is safe."""
        tree = self._actor.tree
        return saved_frame(self.saved, 0 if tree is None else tree.version)
