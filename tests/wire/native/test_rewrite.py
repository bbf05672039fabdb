"""Tests of writing what a Replica holds as a snapshot."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.native import Replica, plain
from nexus.wire.native.op import Op
from nexus.wire.native.rewrite import rewrite
from tests.wire.native.kit import NAME, OUTLINE, ROOT, patch, replica, wire


class RewriteTests(SynchronousTestCase):
    def test_the_same_is_read_again(self) -> None:
        """All shapes, references, subclasses, owners and hidden fields come back."""
        held, again = replica(), Replica(OUTLINE)
        held.apply_patch(
            patch(wire(Op.OWN, 10, "ada"), wire(Op.HIDE, ROOT, 1 << NAME, 0))
        )

        again.apply_snapshot(rewrite(held))

        self.assertEqual(plain(again.state), plain(held.state))
        self.assertEqual((again.version, again.owners), (6, {10: "ada"}))
        self.assertEqual(rewrite(again), rewrite(held))

    def test_nothing_cannot_be_written(self) -> None:
        """A Replica without a snapshot has nothing to write."""
        self.assertRaises(PeerError, rewrite, Replica(OUTLINE))
