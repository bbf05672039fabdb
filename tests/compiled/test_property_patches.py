"""The law that patches are the same bytes with and without the compiled parts."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Map, State, Tree
from nexus.state import collect as collecting
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.colyseus import visit as visiting
from nexus.wire.native import Encoder
from nexus.wire.native import plan as planning
from tests import examples
from tests.strategies import KINDS, FieldPlan, WorldPlan, build, value
from tests.support.compiled import MISSING

_PLANS = tuple(
    FieldPlan("one", kind, "everyone", optional, "")
    for kind in KINDS
    for optional in (False, True)
)
_NAMES = [f"f0_{at}" for at in range(len(_PLANS))]
[Entity] = build(WorldPlan((_PLANS,), inherits=False))
#: What nearly all games write: few fields of fixed width.
_COMMON = [
    f"f0_{at}"
    for at, each in enumerate(_PLANS)
    if each.held in ("uint8", "float32", "share", "bool", "uint64")
    and not each.optional
]

Hall: Any = type(State)(
    "Hall",
    (State,),
    {"__module__": __name__, "__annotations__": {"all": Map[str, Entity]}},
)

[_SWEPT] = [name for name in _COMMON if _PLANS[int(name[3:])].held == "float32"]

#: An act: write some field of one, come or go, leave ids out, or flush.
acts = st.lists(
    st.one_of(
        st.tuples(
            st.integers(0, 30),
            st.sampled_from(_COMMON) | st.sampled_from(_NAMES),
            st.integers(0, 60),
        ),
        st.tuples(st.integers(0, 30), st.sampled_from(["come", "go"]), st.just(0)),
        st.tuples(
            st.just(0), st.just("jump"), st.sampled_from([5, 300, 20_000, 1 << 40])
        ),
        st.tuples(st.just(0), st.just("sweep"), st.integers(0, 60)),
        st.tuples(st.just(0), st.just("flush"), st.just(0)),
    ),
    max_size=60,
)


def _plainly() -> ExitStack:
    """Do without the compiled parts, but for writing fields."""
    stack = ExitStack()
    for module in (collecting, planning, visiting):
        stack.enter_context(patch.object(module, "parts", None))
    stack.enter_context(patch.object(collecting, "_TAKES", WeakKeyDictionary()))
    return stack


def _told(acts: list[tuple[int, str, int]]) -> list[Any]:
    """Return the bytes of all patches of one story, for each sort of reader."""
    hall = Hall(all={str(at): Entity() for at in range(8)})
    tree = Tree(hall)
    encoders: list[Any] = [
        Encoder(tree),
        Encoder(tree, stored=True),
        *(SchemaEncoder(tree, major) for major in (3, 4, 5)),
    ]
    told: list[Any] = []
    for at, act, number in [*acts, (0, "flush", 0)]:
        entity = hall.all.get(str(at))
        if act == "come":
            hall.all.setdefault(str(at), Entity())
        elif act == "go":
            hall.all.pop(str(at), None)
        elif act == "jump":
            tree.jump(number)
        elif act == "flush":
            flush = tree.flush()
            for each in flush.groups:
                ids = [state._id for state in each.states]
                told.append((each.mask, ids, each.ids in (None, ids)))
            told.append([encoder.patch(flush) for encoder in encoders])
        elif act == "sweep":
            for turn, each in enumerate(hall.all.values()):
                setattr(each, _SWEPT, value("float32", number + turn))
        elif entity is not None:
            kind = _PLANS[int(act[3:])].held
            setattr(entity, act, value(kind, number))
    return told


class PatchLawTests(SynchronousTestCase):
    skip = MISSING or None

    @given(acts)
    @settings(max_examples=examples(test=300, soak=8_000))
    def test_patches_are_the_same_bytes(self, acts: list[tuple[int, str, int]]) -> None:
        """C and Python find the same groups, and write the same bytes of them."""
        with _plainly():
            plain = _told(acts)

        self.assertEqual(_told(acts), plain)

    def test_long_columns_have_long_heads(self) -> None:
        """Beyond 255 and 65,535 bytes the head of a column is another one."""
        for count in (63, 64, 127, 128, 255, 256, 8191, 8192, 16384, 20000):
            found = []
            for plainly in (False, True):
                with _plainly() if plainly else ExitStack():
                    hall = Hall(all={str(at): Entity() for at in range(count)})
                    tree = Tree(hall)
                    encoder = Encoder(tree)
                    for turn, each in enumerate(hall.all.values()):
                        for name in _COMMON:
                            kind = _PLANS[int(name[3:])].held
                            setattr(each, name, value(kind, 1 + turn % 50))
                    found.append(encoder.patch(tree.flush()))
            self.assertEqual(*found)
