"""What was confirmed is there exactly once, whatever dies, and whenever."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any, Final

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

from nexus import storage
from nexus.archive.compactor import Compactor
from nexus.archive.port import Status
from nexus.errors import Refused
from nexus.journal.kept import recover
from nexus.testing import Harness, NotJoined, node
from nexus.wire.native import plain
from tests import examples
from tests.room.book import SEAT, Book
from tests.room.player import MOMENTS, Moment, Player, is_done
from tests.room.unsteady import UnsteadyArchive

#: So long may a journal become, in bytes, that many are compacted.
_LONGEST: Final = 100

#: What has to happen in every fourth story, on average, or the law proves too little: a
#: command was done and is lost by a crash, or is not, and was not answered; it is given
#: once more, or a message sent, though it was done; and it is answered then; and the
#: Node dies when a commit has ended and the next, for which others wait, did not begin.
_WANTED: Final = (
    "unsafe",
    "untold",
    "ordered again",
    "sent again",
    "answered after a return",
    "crashed between",
)


class DurableMachine(RuleBasedStateMachine):
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

    @rule()
    def calm(self) -> None:
        """When all is quiet, all is as it should be."""
        if self.outage is not None:
            self.away()
        self.archive.script.clear()
        self.house.advance(4)
        self.all_back()
        self.house.advance(2)
        self.check_answers()
        self.check_replicas()

    def check_answers(self) -> None:
        """What was confirmed is there once; what was refused is not there."""
        if self.ledger is None:
            return
        done = self.done
        for player in self.players:
            unsent = player.unsent
            assert player.is_over or not unsent
            lost = set(player.notes) - unsent - set(done)
            assert not lost, f"{lost} was acknowledged, and is lost"
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
    def present(self) -> None:
        """Take note of who is there."""
        for player in self.players:
            if player.guest.is_in:
                player.seen_at = self.house.now

    @invariant()
    def whole(self) -> None:
        """Nothing is done in part."""
        done = self.done
        assert len(set(done)) == len(done), "something was done twice"
        assert not [each for each in done if each.endswith("!")]
        if self.ledger is not None:
            assert self.ledger.count == len(done)

    @invariant()
    def sound(self) -> None:
        """What is stored has no gap, and can be read; a snapshot forgets nothing."""
        for kept in self.archive.rooms.values():
            first = kept.stored.number + 1
            later = [each for each in kept.entries if each >= first]
            assert later == list(range(first, first + len(later)))
            assert kept.card.status is not Status.QUARANTINED, kept.card.reason
        assert not self.archive.forgot, "a snapshot says less than the journal"

    @invariant()
    def forward(self) -> None:
        """Nobody sees a State that is older than what it saw."""
        for player in self.players:
            version, player.version = player.version, player.guest.replica.version
            assert version <= player.version

    @override
    def teardown(self) -> None:
        """The Node dies once more, stops, and starts: nothing is lost."""
        if hasattr(self, "room_id"):
            self.calm()
            if self.ledger is not None and self.outage is None:
                # By chance alone few stories come to that.
                self.crash_between(number=0, is_ended=True)
                self.calm()
            if self.ledger is not None:
                self.restart(0.0)
                self.calm()
        self.seen["stories"] += 1
        for player in self.players:
            answered = [each.is_answered for each in player.again.values()]
            self.seen["answered after a return"] += sum(answered)
        dead: list[Any] = self.house._node._dead
        for life in dead:
            # A commit that it died in does not end when it is forgotten.
            life.storage.writer._ended = lambda _: None
        self.house.close()


class DurableTests(SynchronousTestCase):
    def test_nothing_confirmed_is_lost(self) -> None:
        """No order of commands, losses, crashes and outages loses what was promised."""
        self.patch(node, "MemoryArchive", UnsteadyArchive)
        self.patch(storage, "Compactor", partial(Compactor, most_bytes=_LONGEST))
        seen: Counter[str] = Counter()

        run_state_machine_as_test(
            lambda: DurableMachine(seen),
            settings=settings(
                max_examples=examples(test=40, soak=5_000), stateful_step_count=40
            ),
        )

        self.assertGreater(seen["stories"], 0)
        rare = {
            name: seen[name] for name in _WANTED if 4 * seen[name] < seen["stories"]
        }
        self.assertEqual(rare, {}, seen)
