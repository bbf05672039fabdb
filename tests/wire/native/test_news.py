"""Tests of what listeners are told of one payload."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import unpack
from nexus.wire.native import Replica
from nexus.wire.native.ids import write_ids
from nexus.wire.native.op import Op
from tests.state.stage import lines_run
from tests.wire.native.kit import (
    BAG,
    BELOW,
    HP,
    ITEM,
    ITEMS,
    MOOD,
    PATH,
    REF,
    ROOT,
    ROW,
    SCORES,
    SNAPSHOT,
    TAGS,
    create,
    patch,
    replica,
    wire,
)

BOTH = ("items", "row", "ref", "scores", "path", "tags", "items.*.below")
CHANGES = ("mood", "ref", "items.*.hp", "items.*.below.hp", "scores.*", "path.*")


def edit(op: Op, field: int, *items: Any) -> bytes:
    """Return an operation on a container of the root."""
    return wire(op, ROOT, field, 0, *items)


def listen(held: Replica) -> list[Any]:
    """Return what will be told: the event, then what is said, entities by ids."""
    told: list[Any] = []
    for event, names in (("add", BOTH), ("change", CHANGES), ("remove", BOTH)):
        for pattern in names:

            def note(*said: Any, event: str = event) -> None:
                told.append((event, *(getattr(one, "_id", one) for one in said)))

            getattr(held, f"on_{event}")(pattern, note)
    return told


class NewsTests(SynchronousTestCase):
    def told(self, *operations: bytes) -> list[Any]:
        """Return what is told of a patch of these operations."""
        held = replica()
        told = listen(held)
        held.apply_patch(patch(*operations))
        return told

    def test_a_value_is_told_once(self) -> None:
        """A value that changes twice is told once, one that is the same not at all."""
        moods = [wire(ROOT, 1 << MOOD, 0, mood) for mood in (1, 2)]
        self.assertEqual(self.told(*moods), [("change", 2, None, ("mood",))])

        self.assertEqual(self.told(moods[0], wire(ROOT, 1 << MOOD, 0, None)), [])

    def test_entries_that_come_and_go_are_not_told(self) -> None:
        """What came and went in one payload is told to nobody."""
        self.assertEqual(
            self.told(
                edit(Op.SET, SCORES, "n", 1),
                edit(Op.REMOVE, SCORES, "n"),
                edit(Op.ADD, TAGS, "u"),
                edit(Op.DISCARD, TAGS, "u"),
                create(ITEM, 7, 30, 1),
                edit(Op.SET, ITEMS, "n", 30),
                edit(Op.REMOVE, ITEMS, "n"),
            ),
            [],
        )

    def test_what_goes_is_told_first(self) -> None:
        """Removals are told before additions, and these before changes."""
        self.assertEqual(
            self.told(
                edit(Op.SET, SCORES, ["x", "z"], b"\5\6"),
                edit(Op.REMOVE, SCORES, "y"),
            ),
            [
                ("remove", 2, ("scores", "y")),
                ("add", 6, ("scores", "z")),
                ("change", 5, 1, ("scores", "x")),
            ],
        )

    def test_what_is_below_goes_along(self) -> None:
        """An entity that goes takes along what stood below it before the payload."""
        self.assertEqual(
            self.told(
                wire(ITEM, 1 << HP, 10, 50),
                wire(ITEM, 1 << BELOW, 10, None),
                edit(Op.REMOVE, ITEMS, "a"),
            ),
            [("remove", 10, ("items", "a")), ("remove", 11, ("items", "a", "below"))],
        )

    def test_what_is_below_comes_along(self) -> None:
        """An entity that comes brings along what stands below it."""
        self.assertEqual(
            self.told(
                create(ITEM, 7, b"\0\x1e\2", b"\1\1", count=2),
                wire(ITEM, 1 << BELOW, 30, 31),
                edit(Op.SET, ITEMS, "n", 30),
            ),
            [("add", 30, ("items", "n")), ("add", 31, ("items", "n", "below"))],
        )

    def test_references(self) -> None:
        """An entity in a field comes, is another one, and goes."""
        come = create(ITEM, 7, 30, 1) + wire(ROOT, 1 << REF, 0, 30)

        self.assertEqual(
            self.told(come), [("add", 30, ("ref",)), ("change", 30, None, ("ref",))]
        )

    def test_positions_are_those_before_and_after(self) -> None:
        """What went has the position before the payload, what came the one after."""
        self.assertEqual(
            self.told(
                edit(Op.ERASE, ROW, 1, 1),
                create(ITEM, 7, 30, 1),
                edit(Op.INSERT, ROW, 0, 30),
            ),
            [("remove", 21, ("row", 1)), ("add", 30, ("row", 0))],
        )
        self.assertEqual(self.told(edit(Op.MOVE, ROW, 0, 1)), [])

    def test_lists_of_values(self) -> None:
        """In a List of values positions change, and its end comes or goes."""
        self.assertEqual(
            self.told(edit(Op.ERASE, PATH, 0, 1)),
            [
                ("remove", 3, ("path", 2)),
                ("change", 2, 1, ("path", 0)),
                ("change", 3, 2, ("path", 1)),
            ],
        )

    def test_hidden_fields_go(self) -> None:
        """What is hidden goes: its entries are removed, its value becomes nothing."""
        self.assertEqual(
            self.told(wire(Op.HIDE, ROOT, 1 << SCORES | 1 << TAGS, 0)),
            [
                ("remove", 1, ("scores", "x")),
                ("remove", 2, ("scores", "y")),
                ("remove", "t", ("tags", "t")),
            ],
        )

    def test_refused_payloads_are_not_told(self) -> None:
        """Nobody is told of a payload that goes wrong at its end."""
        held = replica()
        told = listen(held)

        self.assertRaises(
            PeerError,
            held.apply_patch,
            patch(wire(ROOT, 1 << MOOD, 0, 3), b"\xc1"),
        )

        self.assertEqual(told, [])

    def test_a_snapshot_tells_what_a_refused_patch_did(self) -> None:
        """What a patch did before it went wrong is told with the snapshot after it."""
        held = replica()
        told = listen(held)
        bad = patch(wire(ROOT, 1 << MOOD, 0, 3), edit(Op.REMOVE, SCORES, "x"), b"\xc1")
        self.assertRaises(PeerError, held.apply_patch, bad)
        snapshot = SNAPSHOT.replace(wire("n", None), wire("n", 3), 1)

        held.apply_snapshot(snapshot)

        self.assertEqual(told, [("change", 3, None, ("mood",))])

    def test_a_refused_patch_forgets_nobody(self) -> None:
        """Entities that a refused patch took away, or whose ids it gave away, stay."""
        for bad in (
            edit(Op.REMOVE, ITEMS, "a") + b"\xc1",
            create(ITEM, 7, 10, 1) + edit(Op.SET, ITEMS, "b", 10),
            create(ITEM, 7, 20, 1) + create(ITEM, 7, 20, 1) + edit(Op.CLEAR, ROW),
        ):
            held = replica()
            told = listen(held)
            item = held.state.items["a"]
            self.assertRaises(PeerError, held.apply_patch, patch(bad, b"\xc1"))

            held.apply_snapshot(SNAPSHOT)

            self.assertIs(held.state.items["a"], item)
            self.assertEqual(told, [])

    def test_an_entity_that_moves_goes_and_comes(self) -> None:
        """No change is told of the fields of an entity that stands elsewhere now."""
        self.assertEqual(
            self.told(
                wire(ITEM, 1 << HP, 10, 50),
                edit(Op.REMOVE, ITEMS, "a"),
                edit(Op.SET, ITEMS, "b", 10),
            ),
            [
                ("remove", 10, ("items", "a")),
                ("remove", 11, ("items", "a", "below")),
                ("add", 10, ("items", "b")),
                ("add", 11, ("items", "b", "below")),
            ],
        )

    def test_paths_are_those_before_and_after(self) -> None:
        """What went from an entity that moved in its list is told where that was."""
        held = replica()
        told: list[Any] = []
        held.on_remove("row.*.bag", lambda entity, path: told.append(path))
        held.on_change("row.*.hp", lambda now, old, path: told.append(path))
        held.apply_patch(
            patch(create(ITEM, 7, 30, 1), wire(Op.INSERT, ITEM, BAG, 20, 0, 30))
        )

        held.apply_patch(
            patch(
                wire(Op.CLEAR, ITEM, BAG, 20),
                edit(Op.MOVE, ROW, 0, 1),
                wire(ITEM, 1 << HP, 21, 9),
                version=6,
            )
        )

        self.assertEqual(told, [("row", 0, "bag", 0), ("row", 0, "hp")])

    def test_work_is_that_of_the_changes(self) -> None:
        """A change in a long list costs as much as one in a short list."""
        lines = []
        for length in (20, 2000):
            ids = list(range(100, 100 + length))
            held = replica()
            held.apply_patch(
                patch(
                    create(ITEM, 6, unpack(write_ids(ids)), count=length),
                    edit(Op.INSERT, ROW, 0, ids),
                )
            )
            told: list[Any] = []
            held.on_change("row.*.hp", lambda *what: told.append(what))  # noqa: B023  # used up in this turn
            held.apply_patch(patch(wire(ITEM, 1 << HP, 107, 5), version=6))
            data = patch(wire(ITEM, 1 << HP, b"\1\x6b\1", b"\7\x08"), version=7)
            lines.append(lines_run(partial(held.apply_patch, data)))
            self.assertEqual(
                [path for *_, path in told][1:], [("row", 7, "hp"), ("row", 9, "hp")]
            )

        self.assertEqual(lines[0], lines[1])
