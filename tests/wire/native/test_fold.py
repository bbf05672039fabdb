"""Tests of what is left to say of one container."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.number import Integer
from nexus.wire.native.fold import ListFold, MapFold, SetFold
from nexus.wire.native.op import Op
from nexus.wire.native.outline import RemoteField
from tests.wire.native.kit import wire

INT8 = RemoteField(
    name="f",
    index=5,
    shape="map",
    optional=False,
    kind=Integer(8, signed=True),
    cls=-1,
    type="",
)
NAME = wire(0, 5, 0)


def written(fold: Any) -> bytes:
    """Return what a fold writes."""
    return bytes(fold.written(NAME))


def said(op: Op, *items: Any) -> bytes:
    """Return an operation on the container."""
    return wire(op) + NAME + wire(*items)


class MapFoldTests(SynchronousTestCase):
    def test_the_last_value_of_a_key_stays(self) -> None:
        """A key that was set twice is written once, in its first place."""
        fold = MapFold(INT8)
        fold.set(["a", "b"], [1, 2])
        fold.set(["a"], [3])

        self.assertEqual(written(fold), said(Op.SET, ["a", "b"], b"\3\2"))

    def test_removals_come_first(self) -> None:
        """A key that went and came is in a remove and in a set after it."""
        fold = MapFold(INT8)
        fold.remove(["a", "b"])
        fold.set(["a"], [1])

        self.assertEqual(
            written(fold), said(Op.REMOVE, ["a", "b"]) + said(Op.SET, "a", 1)
        )

    def test_a_clear_stands_for_removals(self) -> None:
        """After a clear no removal is written."""
        fold = MapFold(INT8)
        fold.remove(["a"])
        fold.clear()
        fold.set(["b", "c"], [1, 2])
        fold.remove(["b"])

        self.assertEqual(written(fold), said(Op.CLEAR) + said(Op.SET, "c", 2))


class SetFoldTests(SynchronousTestCase):
    def test_the_last_word_on_a_value_stays(self) -> None:
        """A value is discarded or added, never both."""
        fold = SetFold(INT8)
        fold.add([1, 2])
        fold.discard([2, 3])
        fold.add([3])

        self.assertEqual(written(fold), said(Op.DISCARD, 2) + said(Op.ADD, b"\1\3"))

    def test_a_clear_stands_for_removals(self) -> None:
        """After a clear only what came after it is written."""
        fold = SetFold(INT8)
        fold.add([1])
        fold.clear()
        fold.discard([2])
        fold.add([3])

        self.assertEqual(written(fold), said(Op.CLEAR) + said(Op.ADD, 3))


class ListFoldTests(SynchronousTestCase):
    def test_steps_keep_their_order(self) -> None:
        """Every step is written, in order."""
        fold = ListFold(INT8)
        fold.insert(0, [1, 2])
        fold.step(Op.MOVE, 0, 1)
        fold.replace([0, 1], [3, 4])
        fold.step(Op.ERASE, 0, 1)

        self.assertEqual(
            written(fold),
            said(Op.INSERT, 0, b"\1\2")
            + said(Op.MOVE, 0, 1)
            + said(Op.REPLACE, b"\0\0\2", b"\3\4")
            + said(Op.ERASE, 0, 1),
        )

    def test_the_whole_content_makes_steps_unneeded(self) -> None:
        """A clear or an assign is the first step that is left."""
        fold = ListFold(INT8)
        fold.insert(0, [1])
        fold.assign([2, 3])
        self.assertEqual(written(fold), said(Op.ASSIGN, b"\2\3"))

        fold.clear()
        fold.insert(0, [4])
        self.assertEqual(written(fold), said(Op.CLEAR) + said(Op.INSERT, 0, 4))
