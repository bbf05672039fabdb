"""Tests of a snapshot on top of what a Replica holds."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native import Replica, plain
from nexus.wire.native.op import Op
from tests.wire.native.kit import (
    BELOW,
    GEM,
    ITEM,
    ITEMS,
    OUTLINE,
    PATH,
    REF,
    ROOT,
    ROW,
    SCORES,
    SNAPSHOT,
    TAGS,
    create,
    replica,
    snapshot,
    wire,
)

#: The same entities with other values, at other places; 30 is new, 20 is gone.
LATER = snapshot(
    create(ROOT, 0b11111111, 0, "later", 1),
    create(ITEM, 0b111, 10, 1),
    create(GEM, 0b1111, 11, 5, 300),
    create(ITEM, 0b111, b"\1\x15\x08", b"\4\7", count=2),
    wire(ROOT, 1 << REF, 0, 11),
    wire(Op.SET, ROOT, ITEMS, 0, ["b", "a"], [30, 10]),
    wire(Op.INSERT, ROOT, ROW, 0, 0, 21),
    wire(Op.SET, ROOT, SCORES, 0, ["y", "x"], b"\2\x09"),
    wire(Op.ASSIGN, ROOT, PATH, 0, b"\1\x09"),
    wire(Op.ADD, ROOT, TAGS, 0, "u"),
    version=70,
)

PATTERNS = {
    "on_add": ["items", "row", "ref", "scores", "path", "tags", "items.*.below"],
    "on_remove": ["items", "row", "ref", "scores", "path", "tags", "items.*.below"],
    "on_change": ["name", "mood", "ref", "scores.*", "path.*", "items.*.hp"],
}


def listen(held: Replica, also: tuple[str, ...] = ()) -> list[Any]:
    """Note all that a Replica calls back, with entities by their ids."""
    told: list[Any] = []
    for event, patterns in PATTERNS.items():
        for pattern in (*patterns, *also):

            def note(*said: Any, event: str = event) -> None:
                named = [getattr(value, "_id", value) for value in said]
                told.append((event[3:], *named))

            getattr(held, event)(pattern, note)
    return told


class TakeOverTests(SynchronousTestCase):
    def test_known_entities_stay_the_same(self) -> None:
        """An entity with the same id and class stays the same object."""
        held = replica()
        root, item, right = held.state, held.state.items["a"], held.state.row[1]
        gem, row = item.below, held.state.row

        held.apply_snapshot(LATER)

        self.assertIs(held.state, root)
        self.assertIs(held.state.items["a"], item)
        self.assertIs(held.state.ref, gem)
        self.assertIs(held.state.row[0], right)
        self.assertIs(held.state.row, row)

    def test_the_result_is_the_snapshot(self) -> None:
        """What is held afterwards is what the snapshot says, order included."""
        held, fresh = replica(), Replica(OUTLINE)
        fresh.apply_snapshot(LATER)

        held.apply_snapshot(LATER)

        self.assertEqual(plain(held.state), plain(fresh.state))
        self.assertEqual(list(held.state.items), ["b", "a"])
        self.assertEqual(list(held.state.scores), ["y", "x"])
        self.assertEqual((held.version, held.count), (70, fresh.count))

    def test_another_class_is_another_entity(self) -> None:
        """An id that now is of another class is a new entity."""
        held = replica()
        old = held.state.row[0]

        held.apply_snapshot(
            snapshot(
                create(ROOT, 0b11111111, 0, "n", None),
                create(GEM, 0b1001, 20, 1, 2),
                wire(Op.INSERT, ROOT, ROW, 0, 0, 20),
            )
        )

        self.assertIsNot(held.state.row[0], old)
        self.assertEqual(plain(held.state.row[0]), {"hp": 1, "size": 2})

    def test_absent_fields_follow(self) -> None:
        """What the snapshot leaves out is absent, what it has is there again."""
        held = replica()

        held.apply_snapshot(snapshot(create(ROOT, 0, 0)))
        self.assertEqual(plain(held.state), {})

        held.apply_snapshot(SNAPSHOT)
        self.assertEqual(held.state.scores, {"x": 1, "y": 2})

    def test_patches_go_on(self) -> None:
        """Entities that stay know their new places: patches apply to them."""
        held = replica()
        held.apply_snapshot(LATER)

        held.apply_patch(
            wire(70 & 63)
            + wire(ROOT, 1 << REF, 0, None)
            + wire(ITEM, 1 << BELOW, 30, 11)
            + wire(Op.REMOVE, ROOT, ITEMS, 0, "a")
        )

        self.assertEqual(held.state.items["b"].below.size, 300)
        self.assertEqual(held.count, 4)


class CallbackTests(SynchronousTestCase):
    def test_only_what_differs_is_told(self) -> None:
        """Callbacks fire for what the snapshot changes, and for nothing else."""
        held = replica()
        told = listen(held)

        held.apply_snapshot(LATER)

        self.assertEqual(
            sorted(told, key=repr),
            sorted(
                [
                    ("change", "later", "n", ("name",)),
                    ("change", 1, None, ("mood",)),
                    ("change", 11, None, ("ref",)),
                    ("add", 11, ("ref",)),
                    ("remove", 11, ("items", "a", "below")),
                    ("add", 30, ("items", "b")),
                    ("remove", 20, ("row", 0)),
                    ("change", 9, 1, ("scores", "x")),
                    ("change", 9, 2, ("path", 1)),
                    ("remove", 3, ("path", 2)),
                    ("remove", "t", ("tags", "t")),
                    ("add", "u", ("tags", "u")),
                ],
                key=repr,
            ),
        )

    def test_the_same_snapshot_tells_nothing(self) -> None:
        """A snapshot that says what is held already calls nobody."""
        held = replica()
        told = listen(held)

        held.apply_snapshot(SNAPSHOT)

        self.assertEqual(told, [])

    def test_the_first_snapshot_adds_everything(self) -> None:
        """The first snapshot calls for all entries, and tells no change."""
        held = Replica(OUTLINE)
        told = listen(held)

        held.apply_snapshot(SNAPSHOT)

        self.assertEqual({each[0] for each in told}, {"add"})
        self.assertEqual(len(told), 1 + 2 + 2 + 3 + 1 + 1)
