"""Tests of how a Replica keeps in step."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import OutlineError, PeerError
from nexus.wire.codec import pack
from nexus.wire.native import Replica, plain
from nexus.wire.native.op import Op
from tests.wire.native.kit import (
    CLASSES,
    FINGERPRINT,
    ITEM,
    ITEMS,
    MOOD,
    OTHER,
    OUTLINE,
    ROOT,
    SCORES,
    SNAPSHOT,
    create,
    patch,
    replica,
    snapshot,
    wire,
)

MOODS = [wire(ROOT, 1 << MOOD, 0, mood) for mood in range(9)]


class VersionTests(SynchronousTestCase):
    def test_a_patch_leads_one_further(self) -> None:
        """A patch whose check fits leads to the next version."""
        held = replica()

        held.apply_patch(patch(MOODS[1]))

        self.assertEqual((held.version, held.state.mood), (6, 1))

    def test_a_merged_patch_leads_several_further(self) -> None:
        """A check from 64 on is followed by how far the patch leads."""
        held = replica()

        held.apply_patch(wire(64 + 5, 100) + MOODS[2])

        self.assertEqual((held.version, held.state.mood), (105, 2))

    def test_the_check_is_modulo_64(self) -> None:
        """The check of a version is its rest by 64."""
        held = Replica(OUTLINE)
        held.apply_snapshot(snapshot(create(ROOT, 0, 0), version=64 * 9 + 63))

        held.apply_patch(patch(version=63))

        self.assertEqual(held.version, 640)

    def test_other_patches_are_refused(self) -> None:
        """A patch that does not follow, or whose head is none, is refused."""
        for head in (
            wire(4),
            wire(6),
            wire(5 + 64),
            wire(5 + 64, 0),
            wire(5 + 64, -1),
            wire(5 + 64, 1 << 53),
            wire(5 + 64, None),
            wire(128 + 5),
            wire(-59),
            wire(None),
            wire("5"),
            b"",
        ):
            held = replica()
            self.assertRaises(PeerError, held.apply_patch, head + MOODS[3])
            self.assertEqual((held.version, held.state.mood), (5, None))

    def test_out_of_step_takes_no_patch(self) -> None:
        """After a patch that was refused only a snapshot helps."""
        held = replica()
        self.assertRaises(PeerError, held.apply_patch, patch(version=9))

        self.assertRaises(PeerError, held.apply_patch, patch())
        held.apply_snapshot(SNAPSHOT)
        held.apply_patch(patch(MOODS[4]))

        self.assertEqual(held.state.mood, 4)

    def test_nothing_comes_before_a_snapshot(self) -> None:
        """A Replica without a snapshot has no State and takes no patch."""
        held = Replica(OUTLINE)

        self.assertRaises(PeerError, held.apply_patch, patch(version=0))
        self.assertRaises(PeerError, getattr, held, "state")
        self.assertEqual(held.count, 0)


class SnapshotTests(SynchronousTestCase):
    def refuse(self, *snapshots: bytes) -> None:
        """Check that each is refused and leaves the Replica what it was."""
        for data in snapshots:
            held = replica()
            root, before = held.state, plain(held.state)
            called: list[Any] = []
            held.on_add("items", called.append)

            self.assertRaises(PeerError, held.apply_snapshot, data)

            self.assertFalse(held.in_step)
            self.assertRaises(PeerError, held.apply_patch, patch())
            self.assertIs(held.state, root)
            self.assertEqual(plain(root), before)
            self.assertEqual((held.version, held.count, called), (5, 5, []))

    def test_a_refused_snapshot_changes_nothing(self) -> None:
        """A snapshot that goes wrong in any place leaves the Replica what it was."""
        self.refuse(
            *(SNAPSHOT[:end] + b"\xc1" * 20 for end in range(0, len(SNAPSHOT), 7))
        )

    def test_the_root_must_be_there(self) -> None:
        """A snapshot without a root, or with one of another class, is refused."""
        self.refuse(snapshot(), snapshot(create(OTHER, 0, 0)))
        self.refuse(snapshot(create(ITEM, 0, 1)))
        self.refuse(snapshot(create(ROOT, 0, 0), create(ROOT, 0, 0)))

    def test_heads_are_checked(self) -> None:
        """The version is an int that is not below zero."""
        for version in (-1, 1 << 53, None, "1", 1.0, True):
            self.refuse(wire(version, FINGERPRINT) + create(ROOT, 0, 0))
        self.refuse(wire(1, "12345678"), wire(1))


class OutlineTests(SynchronousTestCase):
    def test_another_outline_is_asked_for(self) -> None:
        """A snapshot of another outline is refused with an OutlineError."""
        held = replica()
        other = wire(9, b"differs!") + create(ROOT, 0, 0)

        self.assertRaises(OutlineError, held.apply_snapshot, other)
        self.assertRaises(OutlineError, Replica().apply_snapshot, SNAPSHOT)
        self.assertRaises(OutlineError, getattr, Replica(), "outline")

    def test_another_outline_needs_a_snapshot(self) -> None:
        """A Replica that got another outline waits for a snapshot."""
        held = replica()
        held.set_outline(pack([1, b"differs!", ROOT, CLASSES]))

        self.assertRaises(PeerError, held.apply_patch, patch())
        self.assertEqual((held.state.name, held.in_step), ("n", False))
        held.apply_snapshot(wire(9, b"differs!") + create(ROOT, 1, 0, "new"))

        self.assertEqual(plain(held.state), {"name": "new"})

    def test_of_another_outline_nothing_is_known(self) -> None:
        """All that was held is removed, and what the snapshot has is added."""
        held = replica()
        told: list[Any] = []
        held.on_add("scores", lambda value, path: told.append(("add", value, path)))
        held.on_remove("scores", lambda value, path: told.append(("del", value, path)))
        held.on_change("name", lambda *said: told.append(said))
        held.set_outline(pack([1, b"differs!", ROOT, CLASSES]))

        held.apply_snapshot(
            wire(9, b"differs!")
            + create(ROOT, 1 | 1 << SCORES, 0, "new")
            + wire(Op.SET, ROOT, SCORES, 0, "x", 1)
        )

        self.assertEqual(
            told,
            [
                ("del", 1, ("scores", "x")),
                ("del", 2, ("scores", "y")),
                ("add", 1, ("scores", "x")),
            ],
        )

    def test_the_same_outline_changes_nothing(self) -> None:
        """An outline with the same fingerprint leaves the Replica in step."""
        held = replica()
        held.set_outline(OUTLINE)

        held.apply_patch(patch(MOODS[5]))

        self.assertEqual(held.state.mood, 5)

    def test_a_false_fingerprint_breaks_nothing(self) -> None:
        """Other classes under a known fingerprint end in a PeerError at worst."""
        held = replica()
        more = [*CLASSES[0][2], ["more", 0, 0, ["int8"]]]
        held.set_outline(
            pack([1, FINGERPRINT, ROOT, [["Root", -1, more], *CLASSES[1:]]])
        )

        for data in (create(ROOT, 1 << 9, 0, 7), create(ROOT, 0, 0)):
            try:
                held.apply_snapshot(snapshot(data))
            except PeerError:
                pass
            else:
                plain(held.state)

    def test_a_refused_outline_changes_nothing(self) -> None:
        """Bytes that are no outline leave the one that is there."""
        held = replica()

        self.assertRaises(PeerError, held.set_outline, OUTLINE[:-1])
        held.apply_patch(patch(MOODS[6]))

        self.assertEqual(held.state.mood, 6)


class LimitTests(SynchronousTestCase):
    def test_long_payloads_are_refused(self) -> None:
        """A payload beyond the limit is refused before it is read."""
        held = Replica(OUTLINE, limit=len(SNAPSHOT))
        held.apply_snapshot(SNAPSHOT)

        self.assertRaises(PeerError, held.apply_patch, patch(b"\xc0" * 500))
        self.assertRaises(PeerError, held.apply_snapshot, SNAPSHOT + b"\xc0")

    def test_effort_is_counted(self) -> None:
        """A Replica says how many items the last payload held, and values in all."""
        held = replica()

        held.apply_patch(patch(wire(ITEM, 1, b"\0\x14\2", b"\1\2")))

        self.assertEqual((held.steps, held.values), (5, 9))

        self.assertRaises(PeerError, held.apply_patch, patch(b"\xc0\xc0", version=9))
        self.assertEqual((held.steps, held.values), (1, 1))
        self.assertRaises(PeerError, held.apply_snapshot, wire(1, FINGERPRINT, 99))
        self.assertEqual((held.steps, held.values), (3, 3))

    def test_versions_end(self) -> None:
        """No patch leads to a version that readers cannot count to."""
        held = Replica(OUTLINE)
        held.apply_snapshot(snapshot(create(ROOT, 0, 0), version=(1 << 53) - 2))
        held.apply_patch(wire(62))
        self.assertEqual(held.version, (1 << 53) - 1)

        self.assertRaises(PeerError, held.apply_patch, wire(63))


class OwnerTests(SynchronousTestCase):
    def test_owners_are_kept(self) -> None:
        """Owners of a snapshot replace those before, those of a patch come on top."""
        held = replica()
        held.apply_patch(patch(wire(Op.OWN, 10, "ada")))
        held.apply_patch(patch(wire(Op.OWN, 20, "bob"), version=6))
        self.assertEqual(held.owners, {10: "ada", 20: "bob"})

        held.apply_snapshot(SNAPSHOT)

        self.assertEqual(held.owners, {})

    def test_owners_are_forgotten_with_their_entities(self) -> None:
        """Who owned an entity that is gone is not kept."""
        held = replica()
        held.apply_patch(patch(wire(Op.OWN, 10, "ada")))

        held.apply_patch(patch(wire(Op.CLEAR, ROOT, ITEMS, 0), version=6))

        self.assertEqual(held.owners, {})
