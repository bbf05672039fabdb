"""Laws of `nexus.wire.native.ragged` and `sheaf`: the quick way equals the slow one."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.codec import pack
from nexus.wire.native.ids import MAX_ID, binary, varint, write_ids
from nexus.wire.native.ragged import Ragged, ids, joined, narrow, padded
from nexus.wire.native.sheaf import Draft, lay
from nexus.wire.native.wide import abreast, bins, numbers, varints
from tests import examples

_EDGES = [
    edge + by
    for bits in (5, 7, 8, 15, 16, 31, 32, 53)
    for edge in (1 << bits,)
    for by in (-1, 0, 1)
]
_WHOLE = st.one_of(st.integers(0, 200), st.sampled_from(_EDGES), st.integers(0, MAX_ID))
_SIGNED = st.builds(lambda value, sign: value * sign, _WHOLE, st.sampled_from([1, -1]))
#: Ids of one body: a first one, and the gaps to the others.
_IDS = st.builds(
    lambda first, gaps: np.cumsum([first, *gaps]).tolist(),
    st.one_of(st.integers(0, 300), st.integers(0, 1 << 50)),
    st.lists(
        st.one_of(st.just(1), st.integers(1, 40), st.integers(1, 1 << 30)),
        min_size=1,
        max_size=40,
    ),
)


def _bodies(pieces: list[Ragged], count: int) -> list[bytes]:
    sheaf = lay([Draft(np.arange(count), joined(pieces, count))])
    return [body for _, body in sheaf.items()]


class RaggedLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=100, soak=2_000))
    @given(st.lists(_SIGNED, min_size=1, max_size=20), st.booleans())
    def test_numbers_are_packed(self, values: list[int], unsigned: bool) -> None:
        """Numbers written together are those that are packed one by one."""
        if unsigned:
            array: Any = np.abs(np.array(values)).astype(np.uint64)
        else:
            array = np.array(values, np.int64)

        self.assertEqual(
            _bodies([narrow(numbers(array), len(values))], len(values)),
            [pack(v) for v in array.tolist()],
        )

    @settings(max_examples=examples(test=100, soak=2_000))
    @given(st.lists(st.tuples(_WHOLE, _WHOLE), min_size=1, max_size=20))
    def test_numbers_of_several_bytes_are_written(
        self, pairs: list[tuple[int, int]]
    ) -> None:
        """LEB128 numbers written together are those that are written one by one."""
        wide = varints(np.array(pairs))

        wanted = [b"".join(map(varint, pair)) for pair in pairs]
        self.assertEqual(_bodies([narrow(wide, len(pairs))], len(pairs)), wanted)
        self.assertEqual(wide.sizes().tolist(), [len(each) for each in wanted])

    def test_a_row_may_be_long(self) -> None:
        """A Table of many fields makes bodies of more bytes than a byte can count."""
        values: Any = np.array([1, 300, 70_000])
        for width in (250, 255, 256, 600):
            with self.subTest(width=width):
                wide = abreast([b"\x05" * width, numbers(values)], len(values))

                self.assertEqual(
                    _bodies([narrow(wide, len(values))], len(values)),
                    [b"\x05" * width + pack(value) for value in values.tolist()],
                )

    @settings(max_examples=examples(test=100, soak=2_000))
    @given(st.lists(_IDS, min_size=1, max_size=12))
    def test_ids_are_written(self, lists: list[list[int]]) -> None:
        """Ids of many bodies are written as those of each body alone."""
        counts = np.array([len(each) for each in lists])
        values = np.array([id_ for each in lists for id_ in each], np.int64)

        pieces = ids(values, np.cumsum(counts) - counts, counts)

        self.assertEqual(
            _bodies(pieces, len(lists)), [write_ids(each) for each in lists]
        )

    @settings(max_examples=examples(test=50, soak=500))
    @given(
        st.lists(
            st.one_of(
                st.integers(1, 300),
                st.sampled_from([255, 256, 65_535, 65_536]),
            ),
            min_size=1,
            max_size=5,
        )
    )
    def test_bins_have_heads(self, sizes: list[int]) -> None:
        """A bin written together with others begins as one alone, and is paid for."""
        data = Ragged(np.zeros(sum(sizes), np.uint8), np.array(sizes))
        pieces = [narrow(bins(np.array(sizes)), len(sizes)), data]
        pieces.append(padded(pieces, np.full(len(sizes), 200)))

        self.assertEqual(
            _bodies(pieces, len(sizes)),
            [binary(bytes(size)).ljust(200, b"\xc0") for size in sizes],
        )

    @settings(max_examples=examples(test=100, soak=2_000))
    @given(
        st.lists(
            st.dictionaries(st.integers(0, 12), st.binary(max_size=2), max_size=8),
            max_size=3,
        ),
        st.lists(
            st.lists(st.tuples(st.integers(0, 14), st.integers(0, 4)), max_size=4),
            max_size=4,
        ),
        st.integers(0, 500),
    )
    def test_runs_are_the_bodies_of_their_cells(
        self,
        drafts: list[dict[int, bytes]],
        parts: list[list[tuple[int, int]]],
        far: int,
    ) -> None:
        """What is told of some runs of Cells is what there is of each Cell in them."""
        sheaf = lay([_draft(each, far) for each in drafts])
        bounds = [(far + a, far + a + count) for part in parts for a, count in part]

        found = sheaf.parts(
            np.array(bounds, np.int64).ravel(),
            np.cumsum([len(part) for part in parts]).astype(np.intp),
        )

        self.assertEqual(
            found,
            [
                b"".join(
                    each.get(cell, b"")
                    for start, count in part
                    for cell in range(start, start + count)
                    for each in drafts
                )
                for part in parts
            ],
        )
        self.assertEqual(
            sheaf.of(far + 7), b"".join(each.get(7, b"") for each in drafts)
        )


def _draft(bodies: dict[int, bytes], far: int) -> Draft:
    cells = sorted(bodies)
    data = b"".join([bodies[cell] for cell in cells])
    sizes = np.array([len(bodies[cell]) for cell in cells], np.intp)
    piece = Ragged(np.frombuffer(data, np.uint8), sizes)
    return Draft(np.array(cells, np.int64), piece).moved(far)
