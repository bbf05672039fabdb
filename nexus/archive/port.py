"""The port of archives: where Rooms are kept, for when nobody runs them any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum, unique
from typing import Any, Protocol

from attrs import field, frozen

from nexus.journal.chunk import Chunk, ChunkHead
from nexus.journal.entry import Entry, Stored
from nexus.store.port import Conflict

__all__ = [
    "Archive",
    "Card",
    "Event",
    "Found",
    "Gap",
    "Member",
    "Status",
]


class Gap(Conflict):
    """What was written before is not there: the database has lost it."""


@unique
class Status(Enum):
    """What is going on with a Room, as the archive has it."""

    #: Somebody runs it, or did so until the process died.
    ACTIVE = "active"
    #: It sleeps until somebody joins.
    HIBERNATING = "hibernating"
    #: Nobody came for long; it is deleted later.
    ABANDONED = "abandoned"
    #: It ended; it is deleted later.
    CLOSED = "closed"
    #: What is stored of it cannot be read; people have to look.
    QUARANTINED = "quarantined"


@frozen(kw_only=True)
class Card:
    """What is known of a stored Room without reading its journal.

    Attributes:
        room_id: Its id.
        kind: The name of its kind.
        code: What people type instead of the id, if it has one.
        key: What only one Room of its kind has, as text; None: there may be others.
        status: What is going on with it.
        epoch: How many owners it has had; 0: none yet.
        owner: The id of the Node that runs it, or did last.
        clients: How many members it has.
        attributes: What matchmaking knows: `locked`, `private`, `unlisted`,
            `metadata`, `filters`, `max_clients`, `options`; plain data.
        created_at: When it was made.
        active_at: When somebody last did something in it.
        reason: Why it is quarantined or closed; else empty.
    """

    room_id: str
    kind: str
    code: str | None = None
    key: str | None = None
    status: Status = Status.ACTIVE
    epoch: int = 0
    owner: str = ""
    clients: int = 0
    attributes: Mapping[str, Any] = field(factory=dict)
    created_at: datetime
    active_at: datetime
    reason: str = ""


@frozen(kw_only=True)
class Member:
    """Who belongs to a Room, for people who ask the database.

    Attributes:
        session_id: The client's session.
        user_id: The identity behind it, if it has one.
        role: Its roles, parted by commas.
        is_connected: Whether it was there when this was written.
    """

    session_id: str
    user_id: str | None = None
    role: str = ""
    is_connected: bool = True


@frozen(kw_only=True)
class Event:
    """Something that happened to a connection, for the log of events in the database.

    Attributes:
        room_id: Where.
        session_id: To whom.
        kind: `join`, `drop`, `reconnect` or `leave`.
        code: The close code, if there is one.
        detail: Words.
        at: When.
    """

    room_id: str
    session_id: str
    kind: str
    code: int | None = None
    detail: str = ""
    at: datetime


@frozen
class Found:
    """A stored Room as it was read.

    Attributes:
        card: Its card.
        stored: Its last snapshot.
        entries: The entries after it.
        is_whole: Whether these are all; if not, they are the first.
    """

    card: Card
    stored: Stored
    entries: Sequence[Entry]
    is_whole: bool = True


class Archive(Protocol):
    """Keeps Rooms. Every write names an epoch; one that is not the newest does nothing.

    All of it raises `StoreError`s of `nexus.store`.
    """

    async def create(self, card: Card, stored: Stored, owner: str) -> int:
        """Keep a new Room as its first owner; returns the epoch.

        Raises:
            Conflict: There is a Room with this id, code or key (of its kind) that
                has not ended.
        """
        ...

    async def append(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Append entries of many Rooms in one transaction.

        What was appended before, by a try whose end nobody learned, is left as it is.

        Returns:
            The Rooms that belong to somebody else meanwhile: nothing of them was
            written.

        Raises:
            Gap: The entry before one of these is not there, and no snapshot that covers
                it; nothing was written.
        """
        ...

    async def replace(
        self, epoch: int, stored: Stored, readable: str, active_at: datetime
    ) -> bool:
        """Put a snapshot in the place of the one before and of what it covers.

        Args:
            epoch: Whose it is.
            stored: The snapshot.
            readable: The State as JSON, for people.
            active_at: When it was made.

        Returns:
            False: the epoch is over, and nothing was written.
        """
        ...

    async def claim(
        self, room_id: str, owner: str, epoch: int | None = None
    ) -> Card | None:
        """Become the owner of a Room: everybody before writes nothing from now on.

        Its status becomes active. None: there is none, or it has ended or is
        quarantined, or somebody else has claimed it meanwhile.

        Args:
            room_id: The Room.
            owner: Who becomes its owner.
            epoch: The epoch that its card was seen with; None: whichever it has.
        """
        ...

    async def claim_many(
        self, epochs: Mapping[str, int], owner: str
    ) -> Mapping[str, Found]:
        """Become the owner of several Rooms and read them, in one transaction.

        A Room that is large, damaged or not to be had is left out: `claim` and `read`
        say what is the matter with it.

        Args:
            epochs: By Room, the epoch that its card was seen with.
            owner: Who becomes their owner.
        """
        ...

    async def put_back(
        self, room_id: str, epoch: int, owner: str, status: Status
    ) -> bool:
        """Let a Room be as it was that was claimed and does not go on: nobody's.

        Args:
            room_id: The Room.
            epoch: The epoch of whoever claimed it.
            owner: Who that was.
            status: `HIBERNATING`, or `ACTIVE` if its owner before had let it rest.

        Returns:
            False: it is not active, or somebody else's, and nothing was written.
        """
        ...

    async def read(self, room_id: str, most: int | None = None) -> Found | None:
        """Read a Room: the snapshot and the entries after it, in order.

        Nothing is checked but that rows have the right types.

        Args:
            room_id: The Room.
            most: So many bytes of entries are enough; None: all of them.
        """
        ...

    async def chunks(self, room_id: str) -> list[ChunkHead]:
        """Return which chunks of rows there are of a Room, by Table and ascending."""
        ...

    async def read_chunks(
        self, room_id: str, key: int, chunks: Sequence[int]
    ) -> list[Chunk]:
        """Read chunks of one Table of a Room; those that are not there are left out."""
        ...

    async def put_chunks(
        self,
        room_id: str,
        epoch: int,
        chunks: Sequence[Chunk],
        gone: Sequence[tuple[int, int, int]] = (),
    ) -> bool:
        """Put chunks in the place of those before, in one transaction.

        What is there and newer than a chunk, or than its end, is left as it is. Whoever
        puts, be it nothing, waits for what was put before, also by a try whose end
        nobody learned: no such thing is done later.

        Args:
            room_id: The Room.
            epoch: Whose they are.
            chunks: The chunks.
            gone: Tables and numbers of chunks that are deleted, each with the number of
                the last entry that was folded into it.

        Returns:
            False: the epoch is over, and nothing was written.
        """
        ...

    async def find(self, name: str) -> Card | None:
        """Return the card of a Room that has not ended, by its id or its code."""
        ...

    async def find_key(self, kind: str, key: str) -> Card | None:
        """Return the card of the Room of a kind that has a key and has not ended."""
        ...

    async def cards(self, *statuses: Status) -> list[Card]:
        """Return the cards of all Rooms with one of these statuses, oldest first."""
        ...

    async def update(self, card: Card, members: Sequence[Member]) -> bool:
        """Write what is known of a Room, and who belongs to it, under `card.epoch`.

        Returns:
            False: the epoch is over, and nothing was written.
        """
        ...

    async def refresh(self, rooms: Sequence[tuple[Card, Sequence[Member]]]) -> None:
        """Write the same of many Rooms that run, in one transaction.

        One that its owner does not run any more, or whose epoch is over, is left as it
        is: who let it rest has the last word, however late this comes.
        """
        ...

    async def quarantine(self, room_id: str, epoch: int, reason: str) -> bool:
        """Set a Room aside that cannot be read, for people to look at."""
        ...

    async def log(self, events: Sequence[Event]) -> None:
        """Append to the log of connection events."""
        ...

    async def clean_up(
        self, now: datetime, *, abandon: float, delete: float
    ) -> Mapping[str, int]:
        """Give up and delete what nobody came for, and old events.

        Hibernating Rooms that nobody touched for `abandon` seconds become abandoned;
        closed and abandoned ones are deleted, with all that belongs to them, when
        another `delete` seconds are over.

        Returns:
            How many were `abandoned` and `deleted`.
        """
        ...

    async def newest(self) -> datetime | None:
        """Return when somebody last did something in any Room; None: nobody knows."""
        ...

    async def statistics(self) -> Mapping[str, int]:
        """Return how many Rooms there are by status, and members in active ones."""
        ...
