"""The steps from one list of States to another lead there."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state.change import Insert, Remove
from nexus.state.window import steps_of
from tests import examples
from tests.state.stage import Item

_IDS = st.lists(st.integers(0, 30), unique=True, max_size=16)


class StepsLaws(SynchronousTestCase):
    @given(_IDS, _IDS, st.integers(0, 16), st.integers(0, 16), st.booleans())
    @settings(max_examples=examples(400, 20_000))
    def test_steps_lead_there(
        self, one: list[int], fresh: list[int], at: int, gone: int, alike: bool
    ) -> None:
        """Whatever is put in place of whatever; nothing taken out is put in again."""
        other = fresh
        if alike:
            come = [40 + id_ for id_ in fresh[:3]]
            other = [*one[:at], *come, *one[at + gone :]]
        seen = []
        for id_ in other:
            seen.append(Item())
            seen[-1]._id = id_
        steps = steps_of(one, other, seen)  # type: ignore[arg-type]  # States all of them
        if steps is None:
            return
        held, removed = list(one), set()
        for step in steps:
            if isinstance(step, Remove):
                removed.add(held.pop(step.at))
            else:
                assert isinstance(step, Insert)
                held.insert(step.at, step.value._id)
                self.assertNotIn(step.value._id, removed)
        self.assertEqual(held, other)
