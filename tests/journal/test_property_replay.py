"""Tests of `nexus.journal.replay`."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal import record
from nexus.journal.chain import DamagedJournal
from nexus.journal.replay import Replay
from nexus.wire.native.replica import plain
from nexus.wire.native.store import load, read_saved
from tests import examples
from tests.journal.test_property_kept import Lines, Recorder, fresh
from tests.strategies import WorldPlan, steps, worlds
from tests.support.world import Step, World


class ReplayTests(SynchronousTestCase):
    def lived(self, plan: WorldPlan, happened: list[Step]) -> tuple[Recorder, Replay]:
        """Let a World live, and replay it."""
        world = World(plan)
        recorder = Recorder(world, None)
        recorder.join()
        world.watchers = [recorder]
        first = load(recorder.lived[0], type(world.tree.root)).tree
        world.run(happened)
        stored = fresh(recorder.lived[0], first.version, first.next_id)
        return recorder, Replay(stored, recorder.lines.entries)

    @given(worlds(), steps)
    @settings(max_examples=examples(100, 2000))
    def test_any_version(self, plan: WorldPlan, happened: list[Step]) -> None:
        """At each version that was written the Room is what it was then."""
        recorder, replay = self.lived(plan, happened)
        versions = [replay.first, *(each.version for each in replay.steps())]

        self.assertEqual(replay.last, versions[-1])
        self.assertIsNone(replay.damage)
        for version, was in zip(versions, recorder.lived, strict=True):
            kept = replay.at(version)
            self.assertEqual(kept.version, version)
            assert kept.replica is not None
            then = read_saved(was).replica()
            self.assertEqual(plain(kept.replica.state), plain(then.state))

    @given(worlds(), steps, st.data())
    @settings(max_examples=examples(100, 2000))
    def test_damage(
        self, plan: WorldPlan, happened: list[Step], data: st.DataObject
    ) -> None:
        """What is before a damaged entry can be replayed, and no more."""
        _, replay = self.lived(plan, happened)
        if not replay.entries:
            return
        entries = list(replay.entries)
        at = data.draw(st.integers(0, len(entries) - 1))
        if at < len(entries) - 1 and data.draw(st.booleans()):
            del entries[at]
        else:
            entries[at] = evolve(entries[at], payload=entries[at].payload + b"\0")
        cut = Replay(replay.stored, entries)

        assert cut.damage is not None
        self.assertEqual(cut.damage.number, at + 1)
        self.assertEqual(list(cut.entries), list(replay.entries)[:at])

    def test_entry_that_says_nonsense(self) -> None:
        """An entry that was written as it is, and cannot be, is damage as well."""
        lines = Lines()
        lines.add(0, record.gone_record("s"))
        lines.add(0, b"\xc1")
        replay = Replay(fresh(), lines.entries)

        assert replay.damage is not None
        self.assertEqual((replay.damage.number, len(replay.entries)), (2, 1))

    def test_damaged_snapshot(self) -> None:
        """Without the snapshot there is nothing to begin with."""
        wrong = evolve(fresh(), payload=b"")

        self.assertRaises(DamagedJournal, Replay, wrong, [])

    def test_jump(self) -> None:
        """Between the versions before and behind a jump the Room is as before."""
        lines = Lines()
        lines.add(0, record.card_record({"locked": True}))
        lines.add(1000, record.jump_record(1000, 1000, "crash"))
        lines.add(1000, record.card_record({"locked": False}))
        replay = Replay(fresh(), lines.entries)

        self.assertEqual((replay.first, replay.last), (0, 1000))
        for version, locked in ((0, True), (999, True), (1000, False)):
            self.assertEqual(replay.at(version).card, {"locked": locked})
        for version in (-1, 1001):
            self.assertRaises(ValueError, replay.at, version)
