"""MemoryNode: what a Harness runs, a Node without port and reactor."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from random import Random
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from nexus.app import App
from nexus.background import Background
from nexus.bucket import Buckets
from nexus.cluster.memory import MemoryPresence
from nexus.limit import Limits
from nexus.match import Entrance, Matchmaker
from nexus.metrics import Metrics
from nexus.net.admission import Admission, holder_of
from nexus.net.port import Arrival
from nexus.room import Client, ClientStatus, Room, RoomActor, Surroundings
from nexus.room.meter import Meters
from nexus.room.wait import settle
from nexus.service import Rooms
from nexus.testing.clock import VirtualClock
from nexus.testing.error import StillWaiting
from nexus.testing.failure import Failures
from nexus.testing.loop import Loop

__all__ = ["MemoryNode", "app_of"]

#: How long Rooms may take to end, as on a Node; hooks are cancelled by then.
_SHUTDOWN_SECONDS: Final = 30.0

_NODE: Final = "memory"


def app_of(room: type[Room[Any]]) -> App:
    """Return an App with one kind, which is called like the class."""
    name = room.__name__.strip("_").lower()
    app = App()
    app.define(name if re.fullmatch("[a-z0-9_]+", name) else "room", room)
    return app


class MemoryNode:
    """The objects of a Node, joined as on a real one, but for ports.

    Args:
        app: What it serves.
        seed: Where chance begins.
        limits: How much of everything there may be.
        patience: How many seconds of virtual time something may take.
    """

    def __init__(self, app: App, *, seed: int, limits: Limits, patience: float) -> None:
        self.app = app
        self.limits = limits
        self.clock = VirtualClock()
        self.loop = Loop(self.clock, patience)
        self.failures = Failures()
        self._background = Background()
        log = Logger("nexus.testing", observer=self.failures)
        around = Surroundings(
            clock=self.clock,
            random=Random(seed),
            limits=limits,
            presence=MemoryPresence(self.clock, log=log),
            background=self._background,
            meters=Meters(Metrics()),
            observer=self.failures,
        )
        self.matchmaker = Matchmaker(app.catalog, process_id=_NODE, around=around)
        self.entrance = Entrance(self.matchmaker)
        self.admission = Admission(limits.connections, limits.connections_per_address)
        self.rates = Buckets(limits.joins_per_second, limits.joins_burst)
        #: What served the app before, and is to serve it again.
        self._before = app.matchmaker
        app.serve(self.matchmaker)

    def kind(self, name: str | None) -> str:
        """Return the kind that is meant; None: the only one that there is.

        Raises:
            ValueError: There are several.
        """
        names: list[str] = [each.name for each in self.app.catalog]
        if name is not None:
            return name
        if len(names) == 1:
            return names[0]
        raise ValueError(f"say which kind is meant: {', '.join(names)}")

    # Ways in.

    def finish(self, asking: Awaitable[Any], name: str) -> Any:
        """Wait for what matchmaking does, and return or raise what comes of it.

        Raises:
            StillWaiting: It takes too long; it was called off, and its errors with it.
        """
        known = len(self.failures)
        work: list[Deferred[Any]] = []
        self.loop.act(lambda: work.append(Deferred.fromCoroutine(settle(asking))))
        try:
            return self.loop.finish(work[0], lambda: self._who_makes(name))
        except StillWaiting:
            self.failures.forget_since(known)
            raise

    def admit(
        self,
        address: str,
        headers: Mapping[str, str],
        room_id: str,
        query: dict[str, str],
    ) -> Arrival:
        """Let a socket in, as the port of a Node does.

        Raises:
            Refused: There are too many, or the app does not want this one.
        """
        arrival = Arrival(
            path=f"/{_NODE}/{room_id}",
            query=query,
            headers=headers,
            address=address,
            secure=False,
        )
        holder = holder_of(address)
        self.admission.enter(holder)
        try:
            if self.app.check is not None:
                self.finish(settle(self.app.check(arrival)), "the check of the app")
        except BaseException:
            self.admission.leave(holder)
            raise
        return arrival

    def left(self, address: str) -> None:
        """Take note that a socket is gone."""
        self.admission.leave(holder_of(address))

    # What is there.

    def actor(self, room_id: str) -> RoomActor | None:
        """Return a Room, also one that closes; None: it has ended."""
        registry = self.matchmaker.registry
        rooms: list[RoomActor] = [*registry, *registry.closing]
        return next((each for each in rooms if each.room_id == room_id), None)

    def client(self, room_id: str, session_id: str) -> Client | None:
        """Return a client that has joined, and may be away; None: there is none."""
        actor = self.actor(room_id)
        return None if actor is None else actor.members.get(session_id)

    def is_kept(self, room_id: str, session_id: str) -> bool:
        """Say whether a client that is away may come back."""
        client = self.client(room_id, session_id)
        return client is not None and client.status is ClientStatus.AWAY

    # Who waits.

    def name_of(self, room_id: str) -> str:
        """Return the name of a Room's class."""
        actor = self.actor(room_id)
        return room_id if actor is None else type(actor.room).__name__

    def who_joins(self, room_id: str, session_id: str) -> str:
        """Say which hook a client waits for that joins, or returns."""
        actor = self.actor(room_id)
        hook = "on_reconnect"
        if actor is not None and session_id in actor.entry.joining:
            hook = "on_join" if session_id in actor.members else "on_auth"
        return f"{hook} of {self.name_of(room_id)}"

    def _who_makes(self, name: str) -> str:
        for actor in self.matchmaker.registry:
            if actor.is_opening:
                return f"on_create of {type(actor.room).__name__}"
        kinds = {each.name: each for each in self.app.catalog}
        room = kinds.get(name)
        return name if room is None else f"on_auth_static of {room.room.__name__}"

    # The end.

    def stop(self) -> None:
        """End all Rooms in good order, as a Node does that is told to stop.

        Raises:
            StillWaiting: Something of the app's does not end.
        """
        rooms = Rooms(self.matchmaker, self.app, _SHUTDOWN_SECONDS, self.clock)
        ended: list[Any] = []
        self.loop.act(lambda: rooms.stopService().addBoth(ended.append))
        # The app's hooks have as long, before and after.
        self.loop.wait(lambda: bool(ended), lambda: "the end", 4 * _SHUTDOWN_SECONDS)

    def forget(self) -> None:
        """Let the app be served by what served it before."""
        self.app.matchmaker = self._before
