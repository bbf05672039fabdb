"""What was confirmed is there exactly once, whatever dies, and whenever."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any, Final

from hypothesis import settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus import storage
from nexus.archive.compactor import Compactor
from nexus.archive.port import Status
from nexus.journal.kept import recover
from nexus.testing import node
from nexus.wire.native import plain
from tests import examples
from tests.room.keeping.player import is_done
from tests.room.keeping.unsteady import UnsteadyArchive
from tests.room.keeping.writing import WritingMachine

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


class DurableMachine(WritingMachine):
    """What was promised to the guests is kept, and nobody sees anything else."""

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
