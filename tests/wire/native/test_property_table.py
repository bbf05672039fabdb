"""Laws of rows on the wire: what a reader holds is what the Table holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Annotated, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import (
    State,
    Table,
    Tree,
    field,
    float32,
    float64,
    int8,
    int16,
    int64,
    quantized,
    uint8,
    uint16,
    uint32,
    uint64,
)
from nexus.wire.native import Encoder, Replica, encode_outline
from nexus.wire.native.ids import write_ids
from nexus.wire.native.rows import pack_ids
from tests import examples


class Mood(Enum):
    CALM = 0
    CROSS = 1
    GLAD = 2


class Npc(State):
    """A row with a column of each kind."""

    flag: bool
    a: int8
    b: int16
    c: int64
    d: uint8
    e: uint16
    f: uint32
    g: uint64
    h: float32 = field(default=0.0, special=True)
    i: float64 = field(default=0.0, special=True)
    j: Annotated[float, quantized(-5, 5, 8)]
    k: Annotated[float, quantized(0, 1000, 16, beyond="wrap")]
    m: Annotated[float, quantized(-1, 7, 32, beyond="clamp")]
    mood: Mood
    born: datetime
    secret: uint8 = field(default=1, server_only=True)


class World(State):
    npcs: Table[Npc]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _whole(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low = -(1 << (bits - 1)) if signed else 0
    return st.integers(low, (1 << (bits - signed)) - 1)


_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "a": _whole(8, signed=True),
    "b": _whole(16, signed=True),
    "c": _whole(64, signed=True),
    "d": _whole(8, signed=False),
    "e": _whole(16, signed=False),
    "f": _whole(32, signed=False),
    "g": _whole(64, signed=False),
    "h": st.floats(width=32),
    "i": st.floats(),
    "j": st.floats(-5, 5),
    "k": st.floats(-3000, 3000),
    "m": st.floats(-9, 9),
    "mood": st.sampled_from(Mood),
    "born": st.integers(-(10**12), 10**12).map(
        lambda ms: _EPOCH + timedelta(milliseconds=ms)
    ),
    "secret": st.integers(0, 255),
}
_SOME = st.fixed_dictionaries({}, optional=_VALUES)
_STEP = st.one_of(
    st.just(("flush",)),
    st.tuples(st.just("add"), st.integers(1, 70), _SOME),
    st.tuples(st.just("put"), st.integers(0, 2**16), _SOME),
    st.tuples(st.just("remove"), st.integers(0, 2**16)),
)


def _same(one: Any, other: Any) -> bool:
    """Compare two values; NaN is itself."""
    return bool(one == other or (one != one and other != other))


class RowLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=150, soak=4_000))
    @given(st.lists(_STEP, max_size=14))
    def test_reader_follows(self, steps: list[tuple[Any, ...]]) -> None:
        """After each patch, and after a snapshot, all values are there as they went."""
        world = World()
        tree = Tree(world)
        encoder = Encoder(tree)
        outline = encode_outline(tree.outline)
        replica = Replica(outline)
        replica.apply_snapshot(encoder.snapshot())
        for step in [*steps, ("flush",)]:
            kind, *said = step
            chance = np.random.default_rng(said[0] if said else 0)
            rows = world.npcs.rows
            some = rows[chance.random(len(rows)) < 0.4]
            if kind == "add":
                world.npcs.add(said[0], **said[1])
            elif kind == "put":
                world.npcs.put(some, **said[1])
            elif kind == "remove":
                world.npcs.remove(world.npcs.ids_of(some))
            else:
                patch = encoder.patch(tree.flush())
                if patch:
                    replica.apply_patch(patch)
                self.check(world, replica)
        newcomer = Replica(outline)
        newcomer.apply_snapshot(encoder.snapshot())
        self.check(world, newcomer)

    def check(self, world: World, replica: Replica) -> None:
        """Compare what a reader holds with the Table."""
        held = replica.state.npcs
        self.assertEqual(sorted(held), world.npcs.ids.tolist())
        for each in Npc.__layout__.fields:
            if each.said.server_only:
                continue
            kind = each.kind
            assert kind is not None
            for row, id_ in zip(world.npcs.rows.tolist(), world.npcs, strict=True):
                raw = world.npcs.raw(each.name, row)
                value = kind.value(raw)
                told = getattr(held[id_], each.name)
                shown = told if each.name != "mood" else Mood[told].value
                wanted = value if each.name != "mood" else value.value
                self.assertTrue(_same(shown, wanted), (each.name, told, value))

    @settings(max_examples=examples(test=300, soak=10_000))
    @given(st.sets(st.integers(0, 2**40), min_size=1, max_size=200), st.booleans())
    def test_ids_are_written_as_elsewhere(self, ids: set[int], near: bool) -> None:
        """However many ids an array has, its bytes are those of a list."""
        some = sorted({each % 400 for each in ids} if near else ids)

        self.assertEqual(pack_ids(np.array(some, np.int64)), write_ids(some))
