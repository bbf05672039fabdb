"""Tests of what is kept of a Room: a folded journal is the Room that lived."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal import kept, record
from nexus.journal.chain import START, DamagedJournal, check, link
from nexus.journal.entry import Entry, Stored
from nexus.journal.kept import Kept, TooLarge, recover, whole
from nexus.journal.member import KeptMember, KeptVerdict
from nexus.journal.readable import readable
from nexus.journal.record import Timer
from nexus.state import Flush, Map, State, Tree, View, int8
from nexus.wire.native import Encoder
from nexus.wire.native.replica import plain
from nexus.wire.native.store import Restored, load, restore, save
from tests import examples
from tests.strategies import WorldPlan, steps, worlds
from tests.support.world import Step, World


class Item(State):
    """A thing."""

    hp: int8


class Shop(State):
    """A root."""

    items: Map[str, Item]


def fresh(saved: bytes | None = None, version: int = 0, next_id: int = 1) -> Stored:
    """Return a Room without a past."""
    return whole(
        "r",
        0,
        version,
        START,
        next_id=next_id,
        saved=saved,
        members=(),
        timers=(),
        card={},
    )


def restored_of(kept: Kept, root: type[State]) -> Restored:
    """Make a tree of what was kept."""
    assert kept.replica is not None
    return restore(kept.replica, root, next_id=kept.next_id)


class Lines:
    """Writes the journal of a Room."""

    def __init__(self) -> None:
        self.chain = START
        self.entries: list[Entry] = []

    def add(self, version: int, *records: bytes) -> Entry:
        """Append an entry of these records."""
        number, payload = len(self.entries) + 1, b"".join(records)
        self.chain = link(self.chain, "r", number, version, payload)
        entry = Entry("r", 1, number, version, self.chain, payload)
        self.entries.append(entry)
        return entry


class Recorder:
    """Journals a World, and remembers what it was after each entry."""

    def __init__(self, world: World, view: View | None) -> None:
        self.view = view
        self._world = world
        self.lines = Lines()
        self.lived: list[bytes] = []

    def join(self) -> None:
        """Take all that there is."""
        self._world.tree.flush()
        self._encoder = Encoder(self._world.tree, stored=True)
        self.lived.append(save(self._world.tree))

    def follow(self, flush: Flush) -> None:
        """Take down a patch."""
        data = self._encoder.patch(flush)
        if data:
            tree = self._world.tree
            self.lines.add(tree.version, record.patch_record(data))
            self.lived.append(save(tree))

    def rejoin(self) -> None:
        """Nothing: a journal never comes back."""

    def look(self) -> None:
        """Nothing: it is at hand."""

    def check(self) -> None:
        """Compared at the end."""

    def leave(self) -> None:
        """Nothing: a journal stays."""


class FoldTests(SynchronousTestCase):
    @given(worlds(), steps, st.integers(0, 99), st.integers(0, 99))
    @settings(max_examples=examples(300, 5000))
    def test_snapshot_and_journal_are_what_lived(
        self, plan: WorldPlan, happened: list[Step], first: int, second: int
    ) -> None:
        """Folded at any cut, and gone on from there, it is the tree that lived."""
        world = World(plan)
        recorder = Recorder(world, None)
        recorder.join()
        world.watchers = [recorder]
        world.run(happened)
        entries, root = recorder.lines.entries, world.classes[-1]
        begun = fresh(recorder.lived[0], load(recorder.lived[0], root).tree.version)
        fold = first % (len(entries) + 1)
        end = fold + second % (len(entries) + 1 - fold)

        folded = recover(begun, entries[:fold]).stored()
        kept = recover(folded, entries[fold:end])

        lived = load(recorder.lived[end], root).tree
        restored = restored_of(kept, root).tree
        self.assertEqual(
            [(each._id, each._owner) for each in restored.states()],
            [(each._id, each._owner) for each in lived.states()],
        )
        self.assertEqual(restored.version, lived.version)
        straight = recover(begun, entries[:end])
        assert kept.replica is not None and straight.replica is not None
        self.assertEqual(repr_of(kept), repr_of(straight))
        wanted = Kept.of(fresh(recorder.lived[end], lived.version))
        self.assertEqual(repr_of(kept), repr_of(wanted))


def repr_of(kept: Kept) -> str:
    """Return a State in words: NaN equals itself in them, and sets are sorted."""
    return readable(kept)


class KeptTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Begin a journal."""
        self.lines = Lines()
        self.tree = Tree(Shop())
        self.tree.flush()

    def same(self, kept: Kept) -> Kept:
        """Check that folding changes nothing, and return what is kept."""
        stored = kept.stored()
        check(stored, [])
        again = Kept.of(stored)

        self.assertEqual(again.stored(), stored)
        return again

    def test_members_are_kept(self) -> None:
        """Members come, change, and go; they keep their order."""
        self.lines.add(
            0,
            record.member_record(
                "a", {"auth": {"id": 5}, "secret": b"x", "away": False}
            ),
            record.member_record("b", {}),
            record.member_record("c", {}),
            record.outbox_record("c", 9),
            record.outbox_record("nobody", 9),
        )
        self.lines.add(0, record.member_record("a", {"away": True}))
        self.lines.add(0, record.gone_record("b"), record.gone_record("nobody"))

        kept = self.same(recover(fresh(), self.lines.entries))

        self.assertEqual(list(kept.members), ["a", "c"])
        ada = kept.members["a"]
        self.assertEqual((ada.auth, ada.secret, ada.away), ({"id": 5}, b"x", True))
        self.assertEqual(kept.members["c"].outbox, 9)

    def test_timers_and_card_are_kept(self) -> None:
        """Timers are replaced, the card is merged."""
        self.lines.add(
            0, record.timers_record([Timer("a", b"", 1)]), record.card_record({"x": 1})
        )
        self.lines.add(
            0,
            record.timers_record([Timer("b", b"q", 2, 3)]),
            record.card_record({"y": [2]}),
            record.input_record("a", "move", b"", 0),
        )

        kept = self.same(recover(fresh(), self.lines.entries))

        self.assertEqual(kept.timers, (Timer("b", b"q", 2.0, 3.0),))
        self.assertEqual(kept.card, {"x": 1, "y": [2]})

    def test_verdicts_are_bounded(self) -> None:
        """The oldest verdicts are forgotten, by their number and by their bytes."""
        member = KeptMember("a")
        for command in range(1, 301):
            member.remember(command, KeptVerdict(0, b"v"))
        self.assertEqual((len(member.verdicts), min(member.verdicts)), (256, 45))

        member.remember(301, KeptVerdict(1, b"x" * 65_536))
        self.assertEqual((list(member.verdicts), member.last), ([301], 301))
        member.remember(301, KeptVerdict(1, b""))
        member.remember(302, KeptVerdict(1, b"x" * 65_536))
        self.assertEqual(list(member.verdicts), [301, 302])

    def test_a_state_may_come_late(self) -> None:
        """A Room lives without a State, is given one, and goes on with its patches."""
        encoder = Encoder(self.tree, stored=True)
        self.lines.add(0, record.card_record({}))
        self.lines.add(self.tree.version, record.state_record(save(self.tree)))
        self.tree.root.items["a"] = Item(hp=3)
        flush = self.tree.flush()
        self.lines.add(self.tree.version, record.patch_record(encoder.patch(flush)))

        kept = self.same(recover(fresh(), self.lines.entries))

        assert kept.replica is not None
        self.assertEqual(plain(kept.replica.state)["items"], {"a": {"hp": 3}})
        self.assertGreaterEqual(kept.next_id, self.tree.next_id)

    def test_a_jump_leads_far_ahead(self) -> None:
        """Patches of a new owner follow the version that it jumped to, with its ids."""
        stored = fresh(save(self.tree), self.tree.version)
        self.lines.add(1000, record.jump_record(1000, 5000, "crash"))
        kept = recover(stored, self.lines.entries)
        restored = restored_of(self.same(kept), Shop)
        tree = restored.tree
        self.assertEqual((tree.version, tree.next_id), (1000, 5000))
        encoder = Encoder(tree, stored=True)
        tree.root.items["a"] = Item(hp=3)  # type: ignore[attr-defined]  # a Shop
        patch = record.patch_record(encoder.patch(tree.flush()))

        kept.apply(self.lines.add(1001, patch))

        self.assertEqual(kept.version, 1001)
        self.assertGreaterEqual(kept.next_id, tree.next_id)
        self.assertRaises(
            DamagedJournal, kept.apply, self.lines.add(5, record.jump_record(5, 1, ""))
        )

    def test_what_cannot_be_is_named(self) -> None:
        """Wrong records, versions and places name the Room and the entry."""
        stored = fresh(save(self.tree), self.tree.version)
        at = self.tree.version
        for version, payload in (
            (at + 1, b""),
            (at, b"\xc1"),
            (at, record.patch_record(b"\x3f")),
            (at, record.state_record(b"")),
        ):
            entry = Lines().add(version, payload)

            error = self.assertRaises(DamagedJournal, recover, stored, [entry])

            self.assertEqual((error.room_id, error.number), ("r", 1))
        lone = Lines().add(0, record.patch_record(b"\0"))
        self.assertRaises(DamagedJournal, recover, fresh(), [lone])
        self.assertRaises(
            DamagedJournal, Kept.of(stored).apply, Entry("q", 1, 1, at, START, b"")
        )

    @given(st.binary(max_size=100))
    def test_any_payload_is_taken_or_refused(self, payload: bytes) -> None:
        """No payload does worse than be damaged."""
        entry = Lines().add(0, record.card_record({}), payload)
        with contextlib.suppress(DamagedJournal):
            recover(fresh(), [entry])

    def test_room_that_nobody_could_read(self) -> None:
        """No snapshot is made that is too long to be read back."""
        self.patch(kept, "MAX_PAYLOAD", 40)
        fresh()
        with self.assertRaisesRegex(TooLarge, "of it are no rows of Tables, and 40"):
            whole(
                "r",
                0,
                0,
                START,
                next_id=1,
                saved=None,
                members=[KeptMember("s", options="x" * 40)],
                timers=(),
                card={},
            )
