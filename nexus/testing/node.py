"""MemoryNode: what a Harness runs, a Node without port and reactor."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from twisted.internet.defer import Deferred

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.bucket import Buckets
from nexus.errors import Code, Refused
from nexus.limit import Limits
from nexus.match import Matchmaker
from nexus.net.admission import holder_of
from nexus.net.port import Arrival
from nexus.room import Client, ClientStatus, Room, RoomActor
from nexus.room.wait import settle
from nexus.testing.clock import VirtualClock
from nexus.testing.error import StillWaiting
from nexus.testing.failure import Failures
from nexus.testing.life import NODE, Life
from nexus.testing.line import Line
from nexus.testing.loop import Loop

__all__ = ["MemoryNode", "app_of"]


def app_of(room: type[Room[Any]]) -> App:
    """Return an App with one kind, which is called like the class."""
    name = room.__name__.strip("_").lower()
    app = App()
    app.define(name if re.fullmatch("[a-z0-9_]+", name) else "room", room)
    return app


class MemoryNode:
    """A Node of a Harness, through all its lives.

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
        #: Where Rooms are kept from one life to the next.
        self.archive = MemoryArchive(
            lambda: datetime.fromtimestamp(self.clock.seconds(), UTC)
        )
        self._random = Random(seed)
        #: What served the app before, and is to serve it again.
        self._before = app.matchmaker
        #: Nothing of them runs on, not even what is done when they are forgotten.
        self._dead: list[Life] = []
        self._life = self._born()
        self._life.start()

    def _born(self) -> Life:
        return Life(
            app=self.app,
            limits=self.limits,
            clock=self.clock,
            loop=self.loop,
            random=self._random,
            failures=self.failures,
            archive=self.archive,
        )

    @property
    def matchmaker(self) -> Matchmaker:
        """What finds and makes Rooms."""
        return self._life.matchmaker

    @property
    def rates(self) -> Buckets:
        """How often somebody may ask for a Seat."""
        return self._life.rates

    def restart(self, away: float) -> None:
        """Stop in good order, and start again after some seconds.

        Raises:
            StillWaiting: Something of the app's does not end.
        """
        self._life.stop()
        self._start_anew(away)

    def crash(self, away: float) -> None:
        """Die without a word, and start again after some seconds."""
        self._start_anew(away)

    def _start_anew(self, away: float) -> None:
        self._life.die()
        self._dead.append(self._life)
        self.loop.run(away)
        self._life = self._born()
        self._life.start()

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
            Refused: There are too many, the app does not want this one, or the Rooms
                do not go on yet.
        """
        if self._life.starting is not None:
            raise Refused(self._life.starting, Code.STOPPING)
        arrival = Arrival(
            path=f"/{NODE}/{room_id}",
            query=query,
            headers=headers,
            address=address,
            secure=False,
        )
        holder = holder_of(address)
        admission = self._life.admission
        admission.enter(holder)
        try:
            if self.app.check is not None:
                self.finish(settle(self.app.check(arrival)), "the check of the app")
        except BaseException:
            admission.leave(holder)
            raise
        return arrival

    def connect(self, arrival: Arrival, line: Line) -> None:
        """Let a socket come in."""
        self._life.lines[line] = None
        line.connect(self._life.entrance.accept(arrival, line))

    def left(self, line: Line, address: str) -> None:
        """Take note that a socket is gone."""
        life = self._life
        if line in life.lines:
            del life.lines[line]
            life.admission.leave(holder_of(address))

    # What is there.

    def actor(self, room_id: str) -> RoomActor | None:
        """Return a Room, also one that closes; None: it has ended."""
        rooms = self._life.actors
        return next((each for each in rooms if each.room_id == room_id), None)

    def client(self, room_id: str, session_id: str) -> Client | None:
        """Return a client that has joined, and may be away; None: there is none."""
        actor = self.actor(room_id)
        return None if actor is None else actor.members.get(session_id)

    def is_kept(self, room_id: str, session_id: str) -> bool:
        """Say whether a client that is away may come back, as far as anybody knows."""
        if self._life.starting is not None:
            return True
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
        self._life.stop()

    def forget(self) -> None:
        """Let the app be served by what served it before."""
        self.app.matchmaker = self._before
