"""What was confirmed is there exactly once, whatever dies, and whenever."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import Refused, Rejected
from nexus.journal.kept import recover
from nexus.room import Client, Room, on_message
from nexus.state import List, Map, State, int32
from nexus.testing import Guest, Harness, NotJoined, Order, RequestError
from nexus.wire.native import plain
from tests import examples


class Ledger(State):
    """What was done, in order, and what follows from that."""

    done: List[str]
    count: int32
    here: Map[str, int32]
    idle: int32


class Book(Room[Ledger]):
    """Writes each command down; those that are refused write first."""

    durability = "confirmed"
    hibernate_seconds = 5.0
    return_seconds = 30.0

    @override
    def on_create(self, options: Any) -> None:
        """Begin empty."""
        self.state = Ledger()

    @override
    def on_join(self, client: Client, options: Any) -> None:
        """Count what a client does."""
        self.state.here[client.session_id] = 0

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Keep the seat."""
        self.allow_reconnection(client, 30)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Count no more."""
        self.state.here.pop(client.session_id, None)

    def write(self, client: Client, what: str) -> None:
        """Write something down, in all places."""
        self.state.done.append(what)
        self.state.count += 1
        self.state.here[client.session_id] += 1
        if what.endswith("!"):
            raise Rejected("no")

    @on_message("confirmed")
    def confirmed(self, client: Client, what: str) -> None:
        """Write it, to be safe when it is answered."""
        self.write(client, what)

    @on_message("saved", durability="saved")
    def saved(self, client: Client, what: str) -> None:
        """Write it, to be safe soon."""
        self.write(client, what)


@define(eq=False)
class Player:
    """A guest, and what it ordered."""

    guest: Guest
    orders: list[tuple[str, bool, Order]] = field(factory=list)
    is_over: bool = False


class DurableMachine(RuleBasedStateMachine):
    """Guests write in a Book whose Node and database come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.house = Harness(Book)
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

    def live(self, number: int) -> Player | None:
        """Choose a player that can still play."""
        players = [each for each in self.players if not each.is_over]
        return players[number % len(players)] if players else None

    @precondition(lambda self: self.outage is None)
    @rule()
    def join(self) -> None:
        """Somebody joins, which wakes the Room if it sleeps."""
        if len(self.players) < 6:
            self.house.advance(3)
            self.players.append(Player(self.house.join_by_id(self.room_id)))

    @rule(number=st.integers(0, 5), safe=st.booleans(), fails=st.booleans())
    def order(self, number: int, safe: bool, fails: bool) -> None:
        """Somebody gives a command."""
        player = self.live(number)
        if player is None:
            return
        self.serial += 1
        what = f"{self.serial}{'!' if fails else ''}"
        try:
            order = player.guest.order("confirmed" if safe else "saved", what)
        except NotJoined:
            player.is_over = True
            return
        player.orders.append((what, safe, order))

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

    @rule(number=st.integers(0, 5))
    def back(self, number: int) -> None:
        """Somebody returns."""
        player = self.live(number)
        if player is not None and not player.guest.is_in:
            self.let_back(player)

    def let_back(self, player: Player) -> None:
        """Let somebody return, if its seat is there still."""
        try:
            player.guest.rejoin()
        except Refused:
            player.is_over = self.outage is None

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

    @rule(seconds=st.sampled_from((0.0, 0.0, 3.0)))
    def crash(self, seconds: float) -> None:
        """The Node dies: what it did last may be lost, but nothing in between."""
        before = None if self.ledger is None else list(self.ledger.done)
        self.house.crash(seconds)
        if self.ledger is not None and before is not None:
            after = list(self.ledger.done)
            assert before[: len(after)] == after
            self.lost |= set(before[len(after) :])
        elif before is not None:
            self.lost |= set(before)

    @rule()
    def narrow(self) -> None:
        """This Node has little memory: what waits is thrown away, and written whole."""
        keeper: Any = self.house.matchmaker.around.keeping
        keeper.writer._intake._most_bytes = 400

    @precondition(lambda self: self.outage is None)
    @rule(seconds=st.sampled_from((0.0, 3.0)))
    def restart(self, seconds: float) -> None:
        """The Node stops in good order: nothing is lost."""
        before = None if self.ledger is None else list(self.ledger.done)
        self.house.restart(seconds)
        # A Node that still waited for its database had no Rooms.
        if before is not None:
            assert self.ledger is not None
            assert list(self.ledger.done) == before

    @rule()
    def calm(self) -> None:
        """When all is quiet, all is as it should be."""
        if self.outage is not None:
            self.away()
        self.house.advance(4)
        for player in self.players:
            if not player.is_over and not player.guest.is_in:
                self.let_back(player)
        self.house.advance(2)
        self.check_answers()
        self.check_replicas()

    def check_answers(self) -> None:
        """What was confirmed is there once; what was refused is not there."""
        if self.ledger is None:
            return
        done = list(self.ledger.done)
        assert len(set(done)) == len(done), "something was done twice"
        for player in self.players:
            for what, safe, order in player.orders:
                if not order.is_answered:
                    assert player.is_over, f"{what} is not answered"
                elif is_done(order):
                    kept = what in done
                    assert kept or (what in self.lost and not safe), f"{what} is lost"
                else:
                    assert what not in done, f"{what} was refused, and is there"

    def check_replicas(self) -> None:
        """What is stored is the State, and so is what each guest knows."""
        if self.ledger is None:
            return
        kept = self.house.archive.rooms[self.room_id]
        entries = [kept.entries[each] for each in sorted(kept.entries)]
        later = [each for each in entries if each.number > kept.stored.number]
        stored = recover(kept.stored, later)
        assert stored.replica is not None
        [room] = self.house.rooms
        expected = {
            "done": list(room.state.done),
            "count": room.state.count,
            "here": dict(room.state.here),
            "idle": room.state.idle,
        }
        assert plain(stored.replica.state) == expected
        assert set(stored.members) == set(expected["here"])
        for player in self.players:
            if not player.is_over:
                assert plain(player.guest.state) == expected

    @invariant()
    def whole(self) -> None:
        """Nothing is done in part."""
        if self.ledger is not None:
            assert self.ledger.count == len(self.ledger.done)
            assert not [each for each in self.ledger.done if each.endswith("!")]

    @override
    def teardown(self) -> None:
        """The Node stops, and starts: nothing is lost."""
        if hasattr(self, "room_id"):
            self.calm()
            if self.ledger is not None:
                self.restart(0.0)
                self.calm()
        self.house.close()


def is_done(order: Order) -> bool:
    """Say whether a command was done, and not refused."""
    try:
        _ = order.answer
    except RequestError:
        return False
    return True


class DurableTests(SynchronousTestCase):
    def test_nothing_confirmed_is_lost(self) -> None:
        """No order of commands, losses, crashes and outages loses what was promised."""
        run_state_machine_as_test(
            DurableMachine,
            settings=settings(
                max_examples=examples(test=60, soak=5_000), stateful_step_count=40
            ),
        )
