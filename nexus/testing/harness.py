"""Harness: Rooms in memory, with virtual time, for the tests of a game."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.limit import Limits
from nexus.match import Listing, Matchmaker
from nexus.room import Room
from nexus.testing.failure import Failed
from nexus.testing.guest import Guest
from nexus.testing.node import MemoryNode, app_of
from nexus.testing.opened import Opened
from nexus.testing.visitor import Visitor

__all__ = ["Harness"]

#: How long a tick is while no Room patches.
_TICK: Final = 0.05


class Harness:
    """Rooms in memory, guests who play in them, and time that obeys.

    Nothing happens between two calls: there is no reactor. What a test does is done
    when the call returns, as far as it needs no time. `with` ends all Rooms, and fails
    if the code of a Room failed without the test looking at `failures`.

    Args:
        rooms: A subclass of `Room`, whose kind is called like the class, in lower case;
            or an App with all its kinds, its checks, watchers and hooks.
        seed: Where chance begins: ids, codes and `room.random` are the same each time.
        limits: How much of everything there may be; None: what the App says.
        patience: How many seconds of virtual time a join, a request or a departure may
            take before it is said to wait for ever.
    """

    def __init__(
        self,
        rooms: type[Room[Any]] | App,
        *,
        seed: int = 0,
        limits: Limits | None = None,
        patience: float = 10.0,
    ) -> None:
        app = rooms if isinstance(rooms, App) else app_of(rooms)
        self._node = MemoryNode(
            app, seed=seed, limits=limits or app.limits, patience=patience
        )
        self._addresses = count(1)
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        # The test failed already: what the Rooms did wrong may be why.
        try:
            self._end()
        except AssertionError as another:
            error.add_note(str(another))
        self._node.failures.tell(error)

    def close(self) -> None:
        """End all Rooms in good order, as a Node does that is told to stop.

        Raises:
            UnseenFailures: The code of a Room failed, and nobody looked at `failures`.
            StillWaiting: It does not end.
        """
        self._end()
        self._node.failures.check()

    # Time.

    @property
    def now(self) -> float:
        """How many seconds of virtual time have passed."""
        return self._node.clock.passed

    def advance(self, seconds: float) -> None:
        """Let time pass: timers, steps and patches come when they are due.

        Raises:
            ValueError: A time that is none.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"{seconds!r} s cannot pass")
        self._node.loop.run(seconds)

    def tick(self, times: int = 1) -> None:
        """Let the time from one patch to the next pass, so that all see what is new.

        Where Rooms patch at different intervals, it is the longest one.
        """
        for _ in range(times):
            self._node.loop.run(self._interval())

    # What may happen to a Node.

    def restart(self, away: float = 0.0) -> None:
        """Stop the Node in good order, and start it again.

        Rooms that are kept go on where they were, and guests come back with `rejoin`;
        all others end.

        Args:
            away: How many seconds it is away.

        Raises:
            StillWaiting: The code of a Room waits for what never comes.
        """
        self._node.restart(away)

    def crash(self, away: float = 0.0) -> None:
        """Let the Node die from one moment to the next, and start it again.

        Rooms that are kept go on from what was committed, and guests come back with
        `rejoin`; all others are gone.

        Args:
            away: How many seconds it is away.

        Raises:
            StillWaiting: The code of a Room waits for what never comes.
        """
        self._node.crash(away)

    def outage(self) -> AbstractContextManager[None]:
        """Let the database be away: `with house.outage(): ...`."""
        return self._node.archive.outage()

    @property
    def archive(self) -> MemoryArchive:
        """Where Rooms are kept that are to outlive the Node."""
        return self._node.archive

    # Rooms.

    def create(self, kind: str | None = None, /, **options: Any) -> Opened:
        """Open a Room that nobody is in; it ends if nobody comes in `seat_seconds`.

        Args:
            kind: The kind; None: the only one.
            **options: What its `on_create` gets.

        Raises:
            Refused: What a client would be told; its cause is what the code raised.
            StillWaiting: `on_create` waits for what never comes.
        """
        node = self._node
        name = node.kind(kind)
        listing: Listing = node.finish(node.matchmaker.create_room(name, options), name)
        return self.opened(listing.room_id)

    def opened(self, room_id: str) -> Opened:
        """Return an open Room by its id or code.

        Raises:
            Refused: There is none.
        """
        return Opened(self._node.matchmaker.registry.get(room_id), self.matchmaker)

    @property
    def rooms(self) -> list[Opened]:
        """All open Rooms, the oldest first."""
        return [Opened(each, self.matchmaker) for each in self.matchmaker.registry]

    @property
    def matchmaker(self) -> Matchmaker:
        """What finds and makes Rooms."""
        return self._node.matchmaker

    # Guests.

    def visitor(
        self,
        token: str = "",
        address: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Visitor:
        """Return somebody who asks for Seats, for tests of who is asking.

        Args:
            token: What its SDK holds in `client.auth.token`.
            address: Its IP address; None: one that nobody else has.
            headers: The headers of its requests, by names in lower case.
        """
        if address is None:
            number = next(self._addresses)
            address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        return Visitor(self._node, token, address, headers or {})

    def join_or_create(self, kind: str | None = None, /, **options: Any) -> Guest:
        """Join a Room of a kind that fits, or a new one; every keyword is an option.

        Each guest has an address of its own; `visitor` lets several share one.

        Raises:
            Refused: What a client would be told.
            StillWaiting: The Room's code waits for what never comes.
        """
        return self.visitor().join_or_create(kind, **options)

    def join(self, where: Opened | str | None = None, /, **options: Any) -> Guest:
        """Join a Room that `create` returned, or some open Room of a kind.

        Raises:
            Refused: What a client would be told, such as that it is full.
            StillWaiting: The Room's code waits for what never comes.
        """
        return self.visitor().join(where, **options)

    def join_by_id(self, room_id: str, /, **options: Any) -> Guest:
        """Join a Room by its id or code; as `join` otherwise."""
        return self.visitor().join_by_id(room_id, **options)

    # What went wrong.

    @property
    def failures(self) -> list[Failed]:
        """What the code of Rooms raised; what was looked at fails no test."""
        return self._node.failures.look()

    def _interval(self) -> float:
        """Return how long a tick is."""
        intervals = [
            each.room.patch_interval
            for each in self.rooms
            if each.is_open and each.room.patch_interval
        ]
        return max(intervals, default=_TICK)

    def _end(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._node.stop()
        finally:
            self._node.forget()
