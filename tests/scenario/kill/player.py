"""A client that gives orders without end, and writes down all that it sees."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from nexus.client import Client, Reconnection, RequestError, Room, Setting
from tests.scenario.kill.event import (
    Answered,
    Channel,
    Event,
    Failed,
    Looked,
    Lost,
    Refused,
    Saved,
    Seen,
    Sent,
    Told,
)
from tests.scenario.kill.order import think

__all__ = ["Player"]

#: It tries to come back often, and never gives up.
_SETTING: Final = Setting(
    reconnection=Reconnection(delay=0.02, max_delay=0.2, max_retries=100_000)
)

#: So many commands are under way at a time.
_COMMANDS: Final = 4

#: The longest pauses behind an answer, and behind a message, in seconds.
_PAUSE: Final = 0.08
_MESSAGE_PAUSE: Final = 0.3


@define(eq=False, kw_only=True)
class Player:
    """One client.

    Args:
        name: Its name.
        room_name: What its Room is called in the story.
        record: Told all that happens.
        process: Says which process of the Node there is now.
        reactor: What it connects and waits with.
        random: What it makes orders of.

    Attributes:
        pending: The orders without an answer, and when they were given.
        answers: How many were carried out.
        returns: How often it came back.
    """

    name: str
    room_name: str
    _record: Callable[[Event], None]
    _process: Callable[[], int]
    _reactor: Any
    _random: Random
    room: Room = field(init=False)
    pending: dict[str, float] = field(factory=dict, init=False)
    answers: int = field(default=0, init=False)
    returns: int = field(default=0, init=False)
    _numbers: dict[str, int] = field(factory=dict, init=False)
    #: The process that it hears of now; None: it is away.
    _now: int | None = field(default=None, init=False)
    _length: int = field(default=0, init=False)
    _known: set[str] = field(factory=set, init=False)
    _is_confirmed: bool = field(default=False, init=False)
    _is_stopping: bool = field(default=False, init=False)
    _is_leaving: bool = field(default=False, init=False)
    _loops: list[Deferred[None]] = field(factory=list, init=False)

    async def join(self, url: str, kind: str, room_id: str | None) -> None:
        """Join a Room, or make one, and begin to give orders."""
        self._is_confirmed = kind == "confirmed"
        client = Client(url, reactor=self._reactor, setting=_SETTING)
        if room_id is None:
            self.room = await client.create(kind)
        else:
            self.room = await client.join_by_id(room_id)
        room = self.room
        room.on("state", self._changed)
        room.on("saved", self._saved)
        room.on("drop", self._dropped)
        room.on("reconnected", self._returned)
        room.on("undelivered", lambda left: self._lost(f"{left} undelivered"))
        room.on("leave", lambda left: self._lost(f"{left.code} {left.reason}"))
        room.on_add("players", self._came)
        await room.ready()
        loops = [self._command() for _ in range(_COMMANDS)]
        loops += [self._request(), self._message()]
        self._loops = [Deferred.fromCoroutine(each) for each in loops]

    @property
    def is_there(self) -> bool:
        """Whether it is in its Room now, and saw the State there."""
        return self.room.is_joined and self._now == self._process()

    def unanswered(self, at: float) -> int:
        """Say how many orders were given before a moment and not answered."""
        return sum(given <= at for given in self.pending.values())

    def stop(self) -> None:
        """Give no more orders."""
        self._is_stopping = True

    @property
    def is_done(self) -> bool:
        """Whether all orders are answered, after `stop`."""
        return not (self.pending or self.room.outbox.size) and all(
            loop.called for loop in self._loops
        )

    def cancel(self) -> None:
        """Give no more orders, and wait for nothing."""
        for loop in self._loops:
            _ = loop.addErrback(lambda _: None)
            loop.cancel()

    async def look(self) -> None:
        """Ask the Room how it is, and write that down when this client sees it too."""
        orders, total, accounts, _ = await self.room.request("look")
        for _ in range(100):
            if self.room.state.orders == orders:
                break
            await deferLater(self._reactor, 0.05)
        self._record(Looked(self.room_name, self.name, orders, total, tuple(accounts)))

    async def leave(self) -> None:
        """Leave for good."""
        self._now = None
        self._known.clear()
        self._is_leaving = True
        await self.room.leave()

    # What it does.

    async def _command(self) -> None:
        while not self._is_stopping:
            order = self._order("command")
            await self._learn(order, self.room.command("do", order, timeout=None))
            # Answers come many at a time; not all who got one are to be idle then.
            if not self._is_confirmed or self._random.random() < 1 / 3:
                await self._pause(_PAUSE)

    async def _request(self) -> None:
        while not self._is_stopping:
            if self.room.is_joined:
                order = self._order("request")
                await self._learn(order, self.room.request("do", order, timeout=60))
            await self._pause(4 * _PAUSE)

    async def _message(self) -> None:
        while not self._is_stopping:
            self.room.send("do", self._order("message"))
            await self._pause(_MESSAGE_PAUSE)

    async def _learn(self, order: str, answer: Any) -> None:
        """Write down what becomes of an order."""
        self.pending[order] = self._reactor.seconds()
        try:
            turn = await answer
        except RequestError as error:
            if error.name == "rejected":
                self._record(Refused(self.room_name, order))
            else:
                self._record(Failed(self.room_name, order, error.name))
        else:
            self.answers += 1
            now = self._reactor.seconds()
            told = -1 if self._now is None else self._now
            self._record(Answered(self.room_name, order, turn, told, now))
        finally:
            del self.pending[order]

    async def _pause(self, seconds: float) -> None:
        await deferLater(self._reactor, self._random.uniform(0, seconds))

    def _order(self, channel: Channel) -> str:
        """Think of the next order, and write down that it is given."""
        number = self._numbers[channel] = self._numbers.get(channel, 0) + 1
        order = think(self._random, f"{self.name}.{channel[0]}{number}", channel)
        self._record(Sent(self.room_name, order, channel))
        return order

    # What it sees.

    def _changed(self, state: Any) -> None:
        if self._now is None:
            self._now, self._length = self._process(), 0
        log = state.log
        start = min(self._length, len(log))
        tail = tuple(log[index] for index in range(start, len(log)))
        self._length = len(log)
        self._record(
            Seen(
                room=self.room_name,
                player=self.name,
                process=self._now,
                version=self.room.applied_version,
                orders=state.orders,
                total=state.total,
                accounts=tuple(state.accounts),
                given=sum(each.orders for each in state.players.values()),
                start=start,
                tail=tail,
            )
        )

    def _saved(self, saved: Any) -> None:
        if self._now is not None:
            self._record(Saved(self.room_name, self.name, self._now, saved.saved))

    def _came(self, _: Any, path: Any) -> None:
        session_id = path[1]
        if session_id in self._known:
            self._record(Told(self.room_name, self.name, f"player {session_id}"))
        self._known.add(session_id)

    def _dropped(self, _: Any) -> None:
        self._now = None

    def _returned(self, _: Any) -> None:
        self.returns += 1
        if self._now is None:
            # Nothing happened meanwhile: what it has is what there is.
            self._changed(self.room.state)

    def _lost(self, why: str) -> None:
        if not self._is_leaving:
            self._record(Lost(self.room_name, self.name, why))
