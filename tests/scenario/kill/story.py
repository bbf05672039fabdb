"""One running story: clients that play, and a Node that is killed again and again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, Final

from attrs import define, field
from twisted.internet.task import deferLater

from tests.scenario.kill.checker import Checker
from tests.scenario.kill.event import Answered, Ended, Event, Failed, Refused, Sent
from tests.scenario.kill.node import Node
from tests.scenario.kill.player import Player
from tests.scenario.kill.tally import CONFIRMED

__all__ = ["ALLOWANCE", "ROOMS", "Story"]

#: What `saved` Rooms may forget when their Node is killed, in seconds.
ALLOWANCE: Final = 0.25

#: The Rooms, with the kind of each.
ROOMS: Final = {
    "bank-1": "confirmed",
    "bank-2": "confirmed",
    "till-1": "saved",
    "till-2": "saved",
}

#: How many clients are in each.
_PLAYERS: Final = 2

#: How long anything may take, in seconds.
_PATIENCE: Final = 30.0

#: How often something is looked for, in seconds.
_LOOK: Final = 0.005

#: What was so many seconds ago does not count any more.
_LATELY: Final = 1.0


@define(eq=False, kw_only=True)
class Story:
    """The clients of a Node, and what they saw.

    Args:
        node: The Node.
        reactor: What clients connect with.
        seed: What chance depends on.

    Attributes:
        confirmed: How many orders were confirmed.
        lag: How late this process itself was lately, at most, in seconds. Where the
            machine has no time for it, it has none for the Node.
        starved: How long the Node waited for a processor lately. What other processes
            take from it, it cannot write in.
        slow: How long a confirmed order took since all were in their Rooms, at most: as
            long as that may a saved one wait for the same writer and database.
    """

    node: Node
    _reactor: Any
    seed: int
    random: Random = field(init=False)
    checker: Checker = field(init=False)
    players: list[Player] = field(factory=list, init=False)
    confirmed: int = field(default=0, init=False)
    lag: float = field(default=0.0, init=False)
    starved: float = field(default=0.0, init=False)
    slow: float = field(default=0.0, init=False)
    #: When orders to be confirmed were given of which nothing was heard yet.
    _given: dict[str, float] = field(factory=dict, init=False)
    #: When it was asked how long it had waited, and how long that was.
    _waited: deque[tuple[float, float]] = field(factory=deque, init=False)
    _before: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.random = Random(self.seed)
        banks = [name for name, kind in ROOMS.items() if kind == "confirmed"]
        self.checker = Checker(frozenset(banks))

    # How it begins and ends.

    async def begin(self) -> None:
        """Start the Node, and let clients join and play."""
        self.node.start()
        await self.until(self.node.is_ready, "the node is ready")
        url = f"ws://127.0.0.1:{self.node.port}"
        for name, kind in ROOMS.items():
            room_id = None
            for number in range(_PLAYERS):
                player = Player(
                    name=f"{name}-{'ab'[number]}",
                    room_name=name,
                    record=self.record,
                    process=lambda: self.node.number,
                    reactor=self._reactor,
                    random=Random(self.random.random()),
                )
                await player.join(url, kind, room_id)
                self.players.append(player)
                room_id = player.room.room_id

    async def finish(self) -> list[str]:
        """Let the clients come to an end; returns what is wrong."""
        await self.together()
        for player in self.players:
            player.stop()
        await self.until(lambda: all(one.is_done for one in self.players), "all ends")
        for player in self.players:
            await player.look()
        for player in self.players:
            await player.leave()
        return self.checker.finish()

    async def close(self) -> None:
        """End the process and the clients, whatever happened."""
        self.node.end()
        for player in self.players:
            player.cancel()
            await player.leave()

    # What becomes of the Node.

    async def killed(self, allowance: float = ALLOWANCE) -> None:
        """Kill the Node now."""
        self.node.kill()
        now = self._reactor.seconds()
        await self.until(lambda: self.node.is_dead, "the node is dead")
        self.ended(now, allowance)

    async def hurried(self) -> None:
        """Ask the Node, which is to stop, once more."""
        self.node.terminate()
        now = self._reactor.seconds()
        await self.until(lambda: self.node.is_dead, "the node hurried")
        self.ended(now)

    def ended(self, at: float, allowance: float = ALLOWANCE) -> None:
        """Write down that the Node was killed."""
        waits = [self.slow, *(at - given for given in self._given.values())]
        allowance = max(allowance, *waits) + self.lag + self.starved
        self.record(Ended(self.node.number, at, allowance))

    async def stopped(self) -> None:
        """Stop the Node in good order."""
        self.node.terminate()
        await self.until(lambda: self.node.is_dead, "the node stopped")
        self.record(Ended(self.node.number, self._reactor.seconds(), 0.0))

    # Time, and what it brings.

    def answers(self, kind: str) -> int:
        """Say how many orders Rooms of a kind carried out and answered."""
        return sum(one.answers for one in self.players if ROOMS[one.room_name] == kind)

    def unanswered(self, at: float = float("inf")) -> int:
        """Say how many orders given before a moment are not answered."""
        return sum(one.unanswered(at) for one in self.players)

    @property
    def fresh(self) -> int:
        """How many orders were confirmed since they were counted anew."""
        return self.confirmed - self._before

    def count_anew(self) -> None:
        """Count what is confirmed from now on."""
        self.lag = self.starved = self.slow = 0.0
        self._waited.clear()
        self._given.clear()
        self._before = self.confirmed

    async def enough(self) -> None:
        """Wait until a kill would prove something."""
        await self.until(lambda: self.fresh >= CONFIRMED, "orders are confirmed")

    async def together(self) -> None:
        """Wait until all clients are in their Rooms."""
        await self.until(
            lambda: all(one.is_there for one in self.players), "all are back"
        )
        # What was given while nobody was there says nothing of commits.
        self.slow = 0.0
        self._given.clear()

    async def sleep(self, seconds: float) -> None:
        """Let some time pass."""
        await deferLater(self._reactor, seconds)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something.

        Raises:
            AssertionError: It does not come.
        """
        end = self._reactor.seconds() + _PATIENCE
        while not condition():
            if self.checker.complaints or self._reactor.seconds() > end:
                raise AssertionError(
                    "\n".join(
                        [
                            f"seed {self.seed}, process {self.node.number}: not {what}",
                            *self.checker.complaints[:10],
                            self.node.last_words(),
                        ]
                    )
                )
            before = self._reactor.seconds()
            await self.sleep(_LOOK)
            now = self._reactor.seconds()
            self.lag = max(self.lag, now - before - _LOOK)
            self._look(now)

    def _look(self, now: float) -> None:
        """Take note of how long the Node waited for a processor."""
        waited, known = self.node.waited(), self._waited
        if self.node.is_dead or (known and waited < known[-1][1]):
            return
        known.append((now, waited))
        while known[0][0] < now - _LATELY:
            known.popleft()
        self.starved = waited - known[0][1]

    def record(self, event: Event) -> None:
        """Let the checker know."""
        match event:
            case Sent(name, order, "command" | "request"):
                if ROOMS[name] == "confirmed":
                    self._given[order] = self._reactor.seconds()
            case Answered(name, order):
                if ROOMS[name] == "confirmed":
                    self.confirmed += 1
                    given = self._given.pop(order, event.at)
                    self.slow = max(self.slow, event.at - given)
            case Refused(_, order) | Failed(_, order):
                self._given.pop(order, None)
        self.checker.take(event)
