"""Guests who write in a Book, and all that may happen to it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from nexus.errors import Refused
from nexus.testing import Harness, NotJoined
from tests.room.keeping.book import SEAT, Book
from tests.room.keeping.player import MOMENTS, Moment, Player
from tests.room.keeping.unsteady import UnsteadyArchive

__all__ = ["WritingMachine"]


class WritingMachine(RuleBasedStateMachine):
    """Guests write in a Book whose Node and database come and go.

    Args:
        seen: Counts what happened that something could have been lost by.
    """

    def __init__(self, seen: Counter[str]) -> None:
        super().__init__()
        self.seen = seen
        self.house = Harness(Book)
        assert isinstance(self.house.archive, UnsteadyArchive)
        self.archive = self.house.archive
        self.archive.clock = self.house._node.clock
        self.players: list[Player] = []
        self.serial = 0
        #: What was done before a crash, and may be lost by it.
        self.lost: set[str] = set()
        self.outage: Any = None

    @initialize()
    def begin(self) -> None:
        """Somebody opens the Room."""
        self.players.append(Player(self.house.join_or_create()))
        self.room_id = self.players[0].guest.room_id

    @property
    def ledger(self) -> Any:
        """The State; None: nobody runs the Room."""
        rooms = self.house.rooms
        return rooms[0].state if rooms else None

    @property
    def done(self) -> list[str]:
        """What is written down, as far as anybody runs the Room."""
        return [] if self.ledger is None else list(self.ledger.done)

    @property
    def living(self) -> list[Player]:
        """Those who can still play."""
        return [each for each in self.players if not each.is_over]

    def live(self, number: int) -> Player | None:
        """Choose a player that can still play."""
        players = self.living
        return players[number % len(players)] if players else None

    @precondition(lambda self: self.outage is None and len(self.living) < 4)
    @rule()
    def join(self) -> None:
        """Somebody joins, which wakes the Room if it sleeps."""
        self.archive.script.clear()
        self.house.advance(3)
        self.players.append(Player(self.house.join_by_id(self.room_id)))

    @rule(moments=st.lists(MOMENTS, min_size=1, max_size=3))
    def play(self, moments: list[Moment]) -> None:
        """Some give commands, also those who are lost, to a database that falters."""
        for meets, is_back, orders, seconds in moments:
            if is_back:
                self.all_back()
            self.archive.script[:] = meets
            for number, type_, fails in orders:
                player = self.live(number)
                if player is not None:
                    self.order(player, type_, "!" if fails else "")
            self.house.advance(seconds)

    def order(self, player: Player, type_: str, end: str) -> None:
        """Let somebody give a command, or send a message."""
        self.serial += 1
        what = f"{self.serial}{end}"
        try:
            if type_ == "note":
                player.guest.send(type_, str(self.serial))
                player.notes.append(str(self.serial))
            else:
                order = player.guest.order(type_, what)
                player.orders.append((what, type_ == "confirmed", order))
        except NotJoined:
            player.is_over = True

    @rule(step=st.integers(1, 9))
    def write(self, step: int) -> None:
        """The Room does something by itself."""
        if self.ledger is not None:
            self.ledger.idle += step

    @rule(seconds=st.sampled_from((0.01, 0.03, 0.05, 0.3, 1.0, 6.0)))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.house.advance(seconds)

    @rule(number=st.integers(0, 5))
    def drop(self, number: int) -> None:
        """Somebody is lost."""
        player = self.live(number)
        if player is not None and player.guest.is_in:
            player.guest.drop()

    @rule()
    def all_back(self) -> None:
        """All who are lost return."""
        for player in self.living:
            if not player.guest.is_in:
                self.let_back(player)

    def let_back(self, player: Player) -> None:
        """Let somebody return, if its seat is there still."""
        done = self.done
        again = player.open(done)
        unsent = player.unsent
        try:
            player.guest.rejoin()
        except Refused:
            is_waiting = self.house._node._life.starting is not None
            is_late = self.house.now - player.seen_at >= SEAT
            assert is_waiting or is_late, "a seat is lost"
            player.is_over = not is_waiting
            return
        player.again |= again
        self.seen["ordered again"] += len(again)
        self.seen["sent again"] += len(unsent.intersection(done))

    @precondition(lambda self: len(self.living) > 2)
    @rule(number=st.integers(0, 5))
    def leave(self, number: int) -> None:
        """Somebody leaves."""
        player = self.live(number)
        if player is not None and player.guest.is_in:
            player.guest.leave()
            player.is_over = True

    @rule()
    def away(self) -> None:
        """The database goes, or comes back."""
        outage, self.outage = self.outage, None
        if outage is None:
            self.outage = self.house.outage()
            self.outage.__enter__()
        else:
            outage.__exit__(None, None, None)

    @rule(
        moments=st.lists(MOMENTS, min_size=1, max_size=3),
        away=st.sampled_from((0.0, 0.0, 3.0)),
    )
    def crash(self, moments: list[Moment], away: float) -> None:
        """The Node dies: what it did last may be lost, but nothing in between."""
        self.play(moments)
        before, was_there = self.done, self.ledger is not None
        open_ = [what for each in self.living for what in each.open(before)]
        self.house.crash(away)
        self.archive.is_writing = False
        after = self.done
        if was_there:
            assert before[: len(after)] == after
            self.lost |= set(before[len(after) :])
        untold = len(set(open_).intersection(after))
        self.seen["untold"] += untold
        self.seen["unsafe"] += len(open_) - untold

    @precondition(lambda self: self.ledger is not None and self.outage is None)
    @rule(number=st.integers(0, 5), seconds=st.sampled_from((0.06, 0.03)))
    def crash_untold(self, number: int, seconds: float) -> None:
        """The Node dies as it learns of a commit, or is not told; all come back."""
        orders = [(number + each, "confirmed", False) for each in range(3)]
        self.crash([(["lost", "away", "away"], True, orders, seconds)], 0.0)
        self.archive.script.clear()
        self.all_back()

    @precondition(lambda self: self.ledger is not None and self.outage is None)
    @rule(number=st.integers(0, 5), is_ended=st.booleans())
    def crash_between(self, number: int, is_ended: bool) -> None:
        """The Node dies in a commit, or as it ends, and more waits for the next one."""
        orders = [(number + each, "confirmed", False) for each in range(3)]
        self.play([([], True, [], 0.3), (["slow"], False, orders, 0.0)])
        self.until(writes=True)
        self.play([(["away", "away"], False, orders, 0.0)])
        if is_ended:
            self.until(writes=False)
        self.crash([], 0.0)
        self.archive.script.clear()
        self.all_back()

    def until(self, *, writes: bool) -> None:
        """Let time pass until a commit begins, or ends."""
        for _ in range(100):
            if self.archive.is_writing is writes:
                self.seen["crashed between"] += not writes
                return
            self.house.advance(0.001)

    @rule()
    def narrow(self) -> None:
        """This Node has little memory: what waits is thrown away, and written whole."""
        keeper: Any = self.house.matchmaker.around.keeping
        keeper.writer._intake._most_bytes = 400

    @precondition(lambda self: self.outage is None)
    @rule(seconds=st.sampled_from((0.0, 3.0)))
    def restart(self, seconds: float) -> None:
        """The Node stops in good order: nothing is lost."""
        self.archive.script.clear()
        before = None if self.ledger is None else self.done
        self.house.restart(seconds)
        # A Node that still waited for its database had no Rooms.
        if before is not None:
            assert self.ledger is not None
            assert self.done == before
