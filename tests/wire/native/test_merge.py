"""Tests of what merging refuses, and of what it leaves out."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.native import Replica, merge, plain, read_outline
from nexus.wire.native.op import Op
from tests.wire.native.kit import (
    BELOW,
    GEM,
    HP,
    ITEM,
    ITEMS,
    MOOD,
    NAME,
    OUTLINE,
    PATH,
    REF,
    ROOT,
    ROW,
    SCORES,
    TAGS,
    create,
    patch,
    replica,
    wire,
)

KNOWN = read_outline(OUTLINE)


def edit(op: Op, field: int, *items: Any) -> bytes:
    """Return an operation on a container of the root."""
    return wire(op, ROOT, field, 0, *items)


def joined(*bodies: bytes) -> bytes:
    """Merge patches of these operations that follow each other."""
    return merge(KNOWN, [patch(each, version=5 + i) for i, each in enumerate(bodies)])


def same(case: SynchronousTestCase, *bodies: bytes) -> Replica:
    """Check that one merged patch does what the patches do one by one."""
    one, all_ = replica(), replica()
    for i, each in enumerate(bodies):
        one.apply_patch(patch(each, version=5 + i))

    all_.apply_patch(joined(*bodies))

    case.assertEqual(plain(all_.state), plain(one.state))
    case.assertEqual(list(all_.state.scores), list(one.state.scores))
    case.assertEqual((all_.version, all_.count), (one.version, one.count))
    return all_


class HeadTests(SynchronousTestCase):
    def test_gaps_are_refused(self) -> None:
        """Patches that do not follow each other, or none, are refused."""
        for versions in ([5, 7], [5, 5], [6, 5]):
            patches = [patch(version=version) for version in versions]
            self.assertRaises(ValueError, merge, KNOWN, patches)
        self.assertRaises(ValueError, merge, KNOWN, [])

    def test_heads_count_versions(self) -> None:
        """The one patch leads as far as all of them, merged ones included."""
        body = wire(ROOT, 1 << MOOD, 0, 1)
        first = joined(body, body, body)

        self.assertEqual(first, wire(64 + 5, 3) + body)
        both = merge(KNOWN, [first, patch(body, version=8)])
        self.assertEqual(both, wire(64 + 5, 4) + body)
        self.assertEqual(joined(body), patch(body))

    def test_what_is_no_patch_is_refused(self) -> None:
        """Bytes that are no patch of the outline are refused with a PeerError."""
        for body in (
            b"\xc1",
            wire(9, 1, 0),
            wire(ROOT, 1 << 8, 0),
            wire(-20),
            wire("x"),
            wire(Op.CLEAR, ROOT, NAME, 0),
            wire(ROOT, 1 << NAME, 0),
        ):
            self.assertRaises(PeerError, joined, body)

    def test_owners_must_fit(self) -> None:
        """As many owners as entities, each a text or nil."""
        for items in ((10, ["a", "b"]), (b"\0\x14\2", ["a"]), (10, 5), (10, [])):
            self.assertRaises(PeerError, joined, wire(Op.OWN, *items))

    def test_entities_keep_their_class(self) -> None:
        """An entity that two patches say to be of two classes is refused."""
        self.assertRaises(
            PeerError, joined, create(GEM, 0, 9), wire(ROOT, 1 << ITEMS, 9)
        )

    def test_floats_beyond_their_bits_are_refused(self) -> None:
        """A number that a float32 cannot hold is refused, not left to fail later."""
        fields = [["f", 0, 0, ["float32"]]]
        known = read_outline(wire([1, b"12345678", 0, [["A", -1, fields]]]))

        self.assertRaises(PeerError, merge, known, [patch(wire(0, 1, 0, 1e300))])


class FieldTests(SynchronousTestCase):
    def test_the_last_value_stays(self) -> None:
        """Of several values of a field only the last is written."""
        merged = joined(*(wire(ROOT, 1 << MOOD, 0, mood) for mood in (1, 2, 3)))

        self.assertEqual(merged, wire(64 + 5, 3, ROOT, 1 << MOOD, 0, 3))

    def test_hidden_and_shown_again(self) -> None:
        """The last word on whether a field is hidden stays."""
        hide = wire(Op.HIDE, ROOT, 1 << NAME | 1 << SCORES, 0)
        show = wire(ROOT, 1 << NAME | 1 << SCORES, 0, "again")

        same(self, hide, show, edit(Op.SET, SCORES, "z", 1))
        same(self, edit(Op.SET, SCORES, "z", 1), hide, show)
        gone = joined_state(hide, show, hide)
        self.assertNotIn("name", gone)
        self.assertNotIn("scores", gone)

    def test_references_follow(self) -> None:
        """A reference that came, went and came again ends where it ends."""
        same(
            self,
            create(ITEM, 7, 30, 1) + wire(ROOT, 1 << REF, 0, 30),
            wire(ROOT, 1 << REF, 0, None),
            create(ITEM, 7, 31, 2) + wire(ROOT, 1 << REF, 0, 31),
            wire(ITEM, 1 << HP, 31, 3),
        )


class EntityTests(SynchronousTestCase):
    def test_values_go_into_the_create(self) -> None:
        """What a new entity was told later stands in its create."""
        held = same(
            self,
            create(ITEM, 7, 30, 1) + edit(Op.SET, ITEMS, "n", 30),
            wire(ITEM, 1 << HP, 30, 9) + create(ITEM, 1, 31, 5),
            wire(ITEM, 1 << HP, 10, 4),
        )

        self.assertEqual(held.state.items["n"].hp, 9)

    def test_come_and_go(self) -> None:
        """An entity that came in one patch and went in a later one is not there."""
        held = same(
            self,
            create(ITEM, 7, 30, 1) + edit(Op.INSERT, ROW, 0, 30),
            create(ITEM, 7, 31, 1) + wire(ITEM, 1 << BELOW, 30, 31),
            edit(Op.ERASE, ROW, 0, 1),
        )

        self.assertEqual(held.count, 5)

    def test_a_create_replaces_what_was_said(self) -> None:
        """What was said of an older entity with an id is left out."""
        same(
            self,
            wire(ITEM, 1 << HP, 20, 50) + wire(Op.HIDE, ITEM, 1 << BELOW, 20),
            create(ITEM, 1, 20, 9) + edit(Op.REPLACE, ROW, 0, 20),
        )

    def test_weight_is_paid(self) -> None:
        """The one patch pays for what all of them create."""
        bodies = [
            create(ITEM, 1, 30 + i, 1) + edit(Op.SET, ITEMS, str(i), 30 + i)
            for i in range(20)
        ]

        self.assertEqual(same(self, *bodies).count, 25)


class ContainerTests(SynchronousTestCase):
    def test_keys_come_back_at_the_end(self) -> None:
        """A key that was removed and set again stands at the end."""
        same(self, edit(Op.REMOVE, SCORES, "x"), edit(Op.SET, SCORES, "x", 5))
        same(
            self,
            edit(Op.SET, SCORES, "n", 5),
            edit(Op.REMOVE, SCORES, ["n", "x"]),
            edit(Op.SET, SCORES, ["y", "n"], b"\1\2"),
        )

    def test_a_clear_says_all(self) -> None:
        """A clear makes what was before it unneeded."""
        merged = joined(
            edit(Op.SET, SCORES, "a", 1), edit(Op.REMOVE, SCORES, "x"),
            edit(Op.CLEAR, SCORES), edit(Op.REMOVE, SCORES, "y"),
        )  # fmt: skip

        self.assertEqual(merged, wire(64 + 5, 4) + edit(Op.CLEAR, SCORES))

    def test_sets_forget_what_came_and_went(self) -> None:
        """A value that came and went, or went and came, ends as it ends."""
        held = same(
            self,
            edit(Op.ADD, TAGS, ["u", "v"]),
            edit(Op.DISCARD, TAGS, ["t", "u"]),
            edit(Op.ADD, TAGS, "t"),
            edit(Op.DISCARD, TAGS, "v"),
        )

        self.assertEqual(held.state.tags, {"t"})

    def test_lists_keep_their_order_of_steps(self) -> None:
        """Steps in a List stay in order; an assign makes those before unneeded."""
        steps = [
            edit(Op.INSERT, PATH, 1, b"\7\x08"),
            edit(Op.MOVE, PATH, 0, 2),
            edit(Op.REPLACE, PATH, b"\1\0\1", b"\x14\x15"),
            edit(Op.ERASE, PATH, 0, 1),
        ]
        same(self, *steps)

        end = edit(Op.ASSIGN, PATH, b"\4\5")
        self.assertEqual(joined(*steps, end), wire(64 + 5, 5) + end)

    def test_owners_are_merged(self) -> None:
        """The last owner of each entity stays."""
        merged = joined(
            wire(Op.OWN, 20, "a"), wire(Op.OWN, 10, "b"), wire(Op.OWN, 20, None)
        )

        self.assertEqual(merged, wire(64 + 5, 3, Op.OWN, b"\1\x0a\x09", ["b", None]))


def joined_state(*bodies: bytes) -> Any:
    """Return what is held after the merged patch of these operations."""
    held = replica()
    held.apply_patch(joined(*bodies))
    return plain(held.state)
