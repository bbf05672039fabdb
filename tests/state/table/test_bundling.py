"""Tests of `nexus.state.table.bundling`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.state.table import bundling as bundling_module
from nexus.state.table.bundling import Bundles

#: Two fields of two bytes, two of one byte, and one that no client gets.
BUNDLES = Bundles({1: 2, 2: 2, 4: 1, 8: 1})
SECRET = 16


class BundlesTests(SynchronousTestCase):
    def test_few_are_told_with_many(self) -> None:
        """Rows that are few are told of in a group in which a field more is told."""
        chosen = BUNDLES.chosen({3: 50_000, 7: 90_000, 1: 20, 4: 7})

        self.assertEqual(chosen, {7: 7, 3: 3, 1: 3, 4: 7})

    def test_one_row_costs_others_nothing(self) -> None:
        """What was written of one row only is not told of thousands."""
        self.assertEqual(BUNDLES.chosen({3: 5000, 8: 1}), {3: 3, 8: 8})

    def test_what_nobody_is_told_is_apart(self) -> None:
        """Rows of which clients are told nothing are in no group of theirs."""
        self.assertEqual(BUNDLES.chosen({SECRET: 9, 3: 9}), {SECRET: SECRET, 3: 3})

    def test_fields_that_nobody_is_told_part_no_group(self) -> None:
        """Whether they were written as well makes no other group."""
        self.assertEqual(
            BUNDLES.chosen({3 | SECRET: 9, 3: 8}), {3: 3 | SECRET, 3 | SECRET: 19}
        )

    def test_ever_so_many_masks_are_few_groups(self) -> None:
        """Those beyond the most frequent ones are told together, whatever they are."""
        bundles = Bundles({1 << bit: 4 for bit in range(31)})
        masks = np.arange(1, 3000, dtype=np.uint32) * 715_827
        masks[-1] = 1 << 31

        told, several = bundles.of(np.append(masks, masks[:100]))

        self.assertLess(len(several), 300)
        self.assertEqual(several, np.unique(told).tolist())
        self.assertEqual(told[len(masks) - 1], 1 << 31)
        self.assertTrue(((told[: len(masks)] & masks) == masks).all())
        self.assertEqual(told[:100].tolist(), masks[:100].tolist())

    def test_no_rows_are_no_group(self) -> None:
        """Where nothing was written, nothing is told."""
        for kind in (np.uint8, np.uint16):
            told, several = BUNDLES.of(np.zeros(0, kind))
            self.assertEqual((len(told), several), (0, []))

    def test_few_widths_are_remembered(self) -> None:
        """However many masks there ever are, those that are known stay few."""
        self.patch(bundling_module, "_KNOWN", 16)
        bundles = Bundles({1 << bit: 4 for bit in range(12)})
        for first in range(1, 4096, 64):
            bundles.chosen(dict.fromkeys(range(first, first + 64), 9))
            self.assertLessEqual(len(bundles._widths), 16)

        self.assertEqual(bundles._width(0b101), 8)

    def test_masks_of_any_width_are_bundled(self) -> None:
        """Wide masks are counted in another way, with the same outcome."""
        few = np.array([3] * 40 + [7] * 90 + [1, 4, 16], np.uint8)

        told, several = BUNDLES.of(few)

        self.assertEqual(told.dtype, np.uint8)
        self.assertEqual(several, np.unique(told).tolist())
        wide, others = BUNDLES.of(few.astype(np.uint64))
        self.assertEqual((wide.tolist(), others), (told.tolist(), several))
        self.assertEqual(told[-1], 16)
        self.assertTrue(((told & few) == few).all())
