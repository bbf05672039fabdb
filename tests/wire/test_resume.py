"""Tests of `nexus.wire.resume`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.resume import Ring


def patch(version: int) -> bytes:
    """Make the patch that leads to a version."""
    return b"%d" % version


class RingTests(SynchronousTestCase):
    def filled(self, count: int, **bounds: int) -> Ring:
        """Make a ring that went from version 5 so many versions on."""
        ring = Ring(5, **bounds)
        for version in range(6, 6 + count):
            ring.push(version, patch(version))
        return ring

    def test_missed_patches_in_order(self) -> None:
        """Who lacks some patches gets just those, oldest first."""
        ring = self.filled(4)

        self.assertEqual(ring.since(9), [])
        self.assertEqual(ring.since(7), [b"8", b"9"])
        self.assertEqual(ring.since(5), [b"6", b"7", b"8", b"9"])

    def test_versions_that_never_were(self) -> None:
        """From beyond the newest, or before the first, nothing leads on."""
        ring = self.filled(4)

        for version in (4, 10, -1, 10**9, -(10**9)):
            self.assertIsNone(ring.since(version))

    def test_count_is_bounded(self) -> None:
        """The oldest patches go when there are too many."""
        ring = self.filled(10, patches=3)

        self.assertEqual(ring.since(12), [b"13", b"14", b"15"])
        self.assertIsNone(ring.since(11))

    def test_bytes_are_bounded(self) -> None:
        """They go as well when they are too long together."""
        ring = Ring(0, size=10)
        for version in (1, 2, 3):
            ring.push(version, b"xxxx")

        self.assertEqual(ring.since(1), [b"xxxx"] * 2)
        self.assertIsNone(ring.since(0))

    def test_patch_longer_than_all(self) -> None:
        """A patch that is too long alone is not kept, and breaks nothing."""
        ring = Ring(0, size=10)
        ring.push(1, b"x" * 11)
        ring.push(2, b"y")

        self.assertIsNone(ring.since(0))
        self.assertEqual((ring.since(1), ring.since(2)), ([b"y"], []))

    def test_gap_forgets(self) -> None:
        """A patch that does not follow the last one leads from nowhere older."""
        ring = self.filled(3)

        ring.push(20, b"20")

        self.assertEqual((ring.since(19), ring.since(20)), ([b"20"], []))
        self.assertIsNone(ring.since(8))

    def test_cleared(self) -> None:
        """A ring that was cleared leads on from its newest version only."""
        ring = self.filled(3)

        ring.clear()

        self.assertEqual((ring.since(8), ring.since(7)), ([], None))

    @given(
        st.lists(st.binary(max_size=30), max_size=40),
        st.integers(-2, 45),
        st.integers(1, 9),
        st.integers(1, 90),
    )
    def test_patches_lead_to_the_newest(
        self, patches: list[bytes], version: int, count: int, size: int
    ) -> None:
        """What is given leads from the version to the newest, or nothing is."""
        ring = Ring(0, count, size)
        for number, each in enumerate(patches, 1):
            ring.push(number, each)

        missed = ring.since(version)

        if missed is not None:
            self.assertEqual(missed, patches[version:])
        self.assertLessEqual(len(ring._kept), count)
        self.assertLessEqual(sum(map(len, ring._kept)), size)
