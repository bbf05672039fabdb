"""Tests of `nexus.wire.colyseus.visit`."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import State, Tree
from nexus.state.change import Created, Group
from nexus.wire.colyseus import visit
from nexus.wire.colyseus.mapping import MAJORS, Major
from nexus.wire.colyseus.visit import Visits, mark
from tests import examples
from tests.strategies import WorldPlan, build, steps, value, worlds


def _fill(state: State, numbers: list[tuple[int, ...]]) -> None:
    """Give fields of values other values."""
    for (number, *_), each in zip(numbers, state.__layout__.fields, strict=False):
        if each.shape == "one" and each.kind is not None:
            kinds = {"quantized": "share", "enum": "enum"}
            name = kinds.get(each.kind.name, each.kind.name)
            if name not in ("enum", "share"):
                setattr(state, each.name, value(name, number))


def _written(plan: WorldPlan, numbers: list[tuple[int, ...]], major: Major) -> Any:
    """Return every sort of visit to some entities, for several masks."""
    found = []
    for cls in build(plan):
        state = cls()
        _fill(state, numbers)
        tree = Tree(state)
        for each in tree.states():
            mark(each)
        visits = Visits(tree.outline, major)
        sent = cls.__layout__.sent
        for mask in {sent, sent & 0b10101, sent & -sent} - {0}:
            found.append(visits.changed(Group(cls, mask, [state])))
            found.append([visits.new(Created(state, mask, []))])
            found.append([visits.again(Created(state, mask, []))])
    return found


class VisitTests(SynchronousTestCase):
    @given(worlds(), steps, st.sampled_from(MAJORS))
    @settings(max_examples=examples(test=60, soak=2_000))
    def test_generated_code_equals_the_plain_way(
        self, plan: WorldPlan, numbers: list[tuple[int, ...]], major: Major
    ) -> None:
        """A function of their own writes what the functions of the fields write."""
        with patch.object(visit, "parts", None):
            plain = _written(plan, numbers, major)
            with patch.object(visit, "_OFTEN", 0):
                generated = _written(plan, numbers, major)

        self.assertEqual(plain, generated)
        self.assertEqual(plain, _written(plan, numbers, major))
