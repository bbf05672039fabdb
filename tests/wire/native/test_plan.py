"""Tests of `nexus.wire.native.plan`."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import State
from nexus.wire.codec import pack
from nexus.wire.native import plan as module
from nexus.wire.native.column import column_of
from nexus.wire.native.ids import write_ids
from nexus.wire.native.plan import Plan
from tests import examples
from tests.strategies import KINDS, FieldPlan, WorldPlan, build, value

HEAD = b"\1\3"


def class_of(*kinds: str, optional: bool = False) -> type[State]:
    """Return a State class with a field of each kind."""
    plans = tuple(FieldPlan("one", kind, "everyone", optional, "") for kind in kinds)
    return build(WorldPlan((plans,), inherits=False))[0]


FIXED = class_of("uint8", "float32")
#: A class for every kind, and one with all of them.
ALONE = {kind: class_of(kind) for kind in KINDS}
ALL = class_of(*KINDS)


def made(cls: type[State], count: int, kind: str = "", seed: int = 0) -> list[Any]:
    """Return States with ids, and with values if they are all of one kind."""
    states: list[Any] = [cls() for _ in range(count)]
    for at, state in enumerate(states):
        state._id = 3 * at + 1
        if kind:
            state.f0_0 = value(kind, seed + at)
    return states


def column_by_column(cls: type[State], states: list[Any]) -> bytes:
    """Return what a plan has to write of several States."""
    columns = [column_of(field).many(states) for field in cls.__layout__.fields]
    return b"".join([HEAD, write_ids([each._id for each in states]), *columns])


class PlanTests(SynchronousTestCase):
    def plan(self, cls: type[State]) -> Plan:
        """Return the plan of all fields of a class, as Python carries it out."""
        with patch.object(module, "parts", None):
            return Plan(HEAD, cls, cls.__layout__.fields)

    @given(
        st.sampled_from(sorted(KINDS)),
        st.lists(st.integers(2, 70), min_size=1, max_size=4),
        st.integers(0, 60),
    )
    @settings(max_examples=examples(test=150, soak=3_000), deadline=None)
    def test_function_of_its_own_writes_the_same(
        self, kind: str, counts: list[int], seed: int
    ) -> None:
        """However often a plan was used, it writes its columns one after the other."""
        cls = ALONE[kind]
        plan = self.plan(cls)
        for count in counts:
            states = made(cls, count, kind, seed)

            self.assertEqual(plan.write(states), column_by_column(cls, states))

    def test_several_columns_are_packed_at_once(self) -> None:
        """Columns of fixed width follow each other, each with a head of its own."""
        plan = self.plan(FIXED)
        for count in (64, 2, 3, 255, 256, 300):
            states = made(FIXED, count)
            self.assertEqual(plan.write(states), column_by_column(FIXED, states))

    def test_columns_without_a_width(self) -> None:
        """A plan with columns that have no fixed width goes on column by column."""
        plan = self.plan(ALL)
        for count in (70, 5):
            states = made(ALL, count)
            self.assertEqual(plan.write(states), column_by_column(ALL, states))

    def test_seldom_used_plans_are_not_compiled(self) -> None:
        """Code is generated for what comes up often, once for all encoders."""
        cls = class_of("uint8", "float32")
        with patch.object(module, "_generate", wraps=module._generate) as generate:
            for _ in range(2):
                plan = self.plan(cls)
                plan.write(made(cls, 63))
                self.assertEqual(generate.call_count, 0)
            plan.write(made(cls, 2))
            plan.write(made(cls, 64))
            self.plan(cls).write(made(cls, 64))
        self.assertEqual(generate.call_count, 1)

    def test_a_single_state_is_written_by_its_values(self) -> None:
        """One State has a plain id and plain values."""
        [state] = made(FIXED, 1)
        state.f0_0 = 7

        self.assertEqual(
            self.plan(FIXED).write([state]),
            HEAD + pack(1) + pack(7) + b"\xca\0\0\0\0",
        )

    def test_same_ids_are_spelled_once(self) -> None:
        """Who moves again in the next tick is not counted anew."""
        states = made(FIXED, 5)
        ids = [each._id for each in states]
        plan = self.plan(FIXED)
        with patch.object(module, "write_ids", wraps=write_ids) as spelled:
            first = plan.write(states, ids)
            states[0].f0_0 = 9
            second = plan.write(states, [*ids])
            third = plan.write(states[1:], ids[1:])
            fourth = plan.write(states[:-1], ids[:-1])

        self.assertEqual(spelled.call_count, 3)
        self.assertNotEqual(first, second)
        self.assertEqual(second, column_by_column(FIXED, states))
        self.assertEqual(third, column_by_column(FIXED, states[1:]))
        self.assertEqual(fourth, column_by_column(FIXED, states[:-1]))

    def test_masks_do_not_pile_up(self) -> None:
        """Of a class with ever other fields written little is remembered."""
        cls = class_of(*["uint8"] * 6)
        fields = cls.__layout__.fields
        states = made(cls, 64)
        ids = write_ids([each._id for each in states])
        self.patch(module, "parts", None)
        with patch.object(module, "_MAX_WRITES", 4):
            for mask in range(1, 64):
                some = [each for each in fields if each.bit & mask]
                plan = Plan(HEAD, cls, some)
                columns = [column_of(each).many(states) for each in some]
                for _ in range(2):
                    self.assertEqual(
                        plan.write(states), b"".join([HEAD, ids, *columns])
                    )
        self.assertLessEqual(len(module._WRITES[cls]), 4)

    def test_many_ids_are_not_remembered(self) -> None:
        """A crowd is counted anew each time, so that nobody keeps its ids."""
        states = made(FIXED, 6)
        plan = self.plan(FIXED)
        with patch.object(module, "_MAX_IDS", 5):
            for some in (states, states[:5], states):
                self.assertEqual(plan.write(some), column_by_column(FIXED, some))
        self.assertEqual(plan._ids, [each._id for each in states[:5]])

    def test_packers_do_not_pile_up(self) -> None:
        """Ever other counts of States leave no more behind than a few do."""
        states = made(FIXED, 80)
        plan = self.plan(FIXED)
        with patch.object(module, "_MAX_PACKERS", 4):
            for count in range(80, 60, -1):
                some = states[:count]
                self.assertEqual(plan.write(some), column_by_column(FIXED, some))

    def test_plan_without_a_column_is_silent(self) -> None:
        """A plan of no fields names entities and says nothing of them."""
        plan = Plan(HEAD, FIXED, ())
        states = made(FIXED, 70)
        ids = [each._id for each in states]

        self.assertTrue(plan.is_silent)
        self.assertFalse(self.plan(FIXED).is_silent)
        for _ in range(2):
            self.assertEqual(plan.write(states), HEAD + write_ids(ids))
