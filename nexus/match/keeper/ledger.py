"""Ledger: tells the database what people ask it for: who is where, what happened."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from nexus.archive.port import Archive, Card, Event
from nexus.background import Background
from nexus.match.keeper.keeper import members_of
from nexus.match.registry import Registry
from nexus.room import Client, RoomActor
from nexus.store.port import DatabaseAway, StoreError

__all__ = ["Ledger"]

#: What happens to connections.
_LOGGED: Final = frozenset({"join", "drop", "reconnect", "leave"})
#: What came with a code.
_CODED: Final = frozenset({"drop", "leave"})
#: What a card, or the list of members, does not tell of.
_MUTE: Final = frozenset({"dispose"})

#: So many events are written in one transaction, and so many rooms.
_EVENTS: Final = 500
_ROOMS: Final = 50
#: So many transactions with events there are at once; whoever waits for a commit of
#: what Rooms did does not wait behind more.
_BATCHES: Final = 4


@define(eq=False, kw_only=True)
class Ledger:
    """Writes cards and members of kept Rooms that changed, and the log of connections.

    Nothing is restored from any of it, so it stands back: it writes at most once in an
    `interval`, not at all while the database is away, and of many events it forgets the
    oldest. An event is there twice if the database was lost as it was written.

    Args:
        archive: Where to.
        registry: What tells of Rooms.
        clock: The time of the world.
        background: Where it runs.
        card_of: Returns what the archive is told of a Room.
        is_away: Says whether the database takes nothing now.
        on_dropped: Told how many events were forgotten.
        interval: Seconds between two times that something is written.
        most_events: How many events may wait.
    """

    _archive: Archive = field(alias="archive")
    _registry: Registry = field(alias="registry")
    _clock: IReactorTime = field(alias="clock")
    _background: Background = field(alias="background")
    _card_of: Callable[[RoomActor], Card] = field(alias="card_of")
    _is_away: Callable[[], bool] = field(alias="is_away")
    _on_dropped: Callable[[int], Any] = field(alias="on_dropped")
    _interval: float = field(default=1.0, alias="interval")
    _most_events: int = field(default=20_000, alias="most_events")
    _events: deque[Event] = field(factory=deque, init=False)
    #: Rooms that changed, in the order in which they did.
    _changed: dict[RoomActor, None] = field(factory=dict, init=False)
    _call: IDelayedCall | None = field(default=None, init=False)
    _is_writing: bool = field(default=False, init=False)
    _is_stopped: bool = field(default=False, init=False)
    _unwatch: Callable[[], None] | None = field(default=None, init=False)

    _log = Logger()

    def __len__(self) -> int:
        """Count the events and the Rooms that wait."""
        return len(self._events) + len(self._changed)

    def start(self) -> None:
        """Take down from now on what happens."""
        self._unwatch = self._registry.watch(self._watch)

    async def stop(self) -> None:
        """Write what waits, unless the database is away; take nothing down any more."""
        self._is_stopped = True
        if self._unwatch is not None:
            self._unwatch()
        call, self._call = self._call, None
        if call is not None:
            call.cancel()
        # What is being written is tried again by this.
        while self and not self._is_away():
            before = len(self)
            await self._write()
            if len(self) >= before:
                return

    def _watch(self, event: str, actor: RoomActor, client: Client | None) -> None:
        """Take down what happened; it costs next to nothing."""
        # Whoever failed to come in has not left.
        if (
            event in _LOGGED
            and client is not None
            and (event != "leave" or client.left)
        ):
            self._events.append(self._event(event, actor, client))
            if len(self._events) > self._most_events:
                self._events.popleft()
                self._on_dropped(1)
        if actor.journal is not None and event not in _MUTE:
            self._changed[actor] = None
        if self:
            self._later()

    def _event(self, event: str, actor: RoomActor, client: Client) -> Event:
        return Event(
            room_id=actor.room_id,
            session_id=client.session_id,
            kind=event,
            code=int(client.hold_code) if event in _CODED else None,
            at=datetime.fromtimestamp(self._clock.seconds(), UTC),
        )

    def _later(self) -> None:
        if self._call is None and not self._is_writing and not self._is_stopped:
            self._call = self._clock.callLater(self._interval, self._begin)

    def _begin(self) -> None:
        self._call = None
        if self._is_away():
            self._later()
        else:
            self._is_writing = True
            self._background.spawn(self._work(), "the ledger")

    async def _work(self) -> None:
        try:
            await self._write()
        finally:
            self._is_writing = False
            if self:
                self._later()

    async def _write(self) -> None:
        """Write some of what waits; what the database did not take waits on."""
        try:
            for _ in range(_BATCHES):
                if self._events:
                    await self._write_events()
            if self._changed:
                await self._write_rooms()
        except DatabaseAway:
            # The writer says so for all of us.
            pass

    async def _write_events(self) -> None:
        count = min(_EVENTS, len(self._events))
        batch = [self._events.popleft() for _ in range(count)]
        try:
            await self._archive.log(batch)
        except DatabaseAway:
            room = self._most_events - len(self._events)
            self._on_dropped(max(0, len(batch) - room))
            self._events.extendleft(reversed(batch[max(0, len(batch) - room) :]))
            raise
        except (StoreError, ValueError):
            # One of them cannot be stored; nobody is to wait behind it for ever.
            self._on_dropped(len(batch))
            self._log.failure("{count} events are not logged", count=len(batch))

    async def _write_rooms(self) -> None:
        batch = list(self._changed)[:_ROOMS]
        for actor in batch:
            del self._changed[actor]
        # Who let a Room rest, or end, wrote the rest of it.
        rooms = [
            (self._card_of(actor), members_of(actor))
            for actor in batch
            if actor.is_running and actor.journal is not None
        ]
        try:
            await self._archive.refresh(rooms)
        except DatabaseAway:
            self._changed = dict.fromkeys(batch) | self._changed
            raise
        except (StoreError, ValueError):
            self._log.failure("{count} rooms are not listed", count=len(rooms))
