"""Whoever mirrors a tree holds what it holds: the law that everything stands on."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase

from tests import examples
from tests.strategies import WorldPlan, steps, worlds
from tests.support.world import Native, Step, World

#: In at least so many of all sequences everything has to occur.
SHARE = 0.02


class ConvergenceTests(SynchronousTestCase):
    """Every sequence of operations, every flush, every view."""

    def test_python_replica_equals_its_state(self) -> None:
        """A Python Replica, prompt or merging its patches, equals the State."""
        seen: Counter[str] = Counter()

        @given(worlds(), steps)
        @settings(max_examples=examples(2000, 20000))
        def law(plan: WorldPlan, happened: list[Step]) -> None:
            world = World(
                plan,
                makers=[
                    lambda world, view: Native(world, view, lazy=False),
                    lambda world, view: Native(world, view, lazy=True),
                ],
            )
            try:
                world.run(happened)
            finally:
                seen.update(world.labels)
                seen["sequences"] += 1

        law()
        rare = {
            label: count
            for label, count in seen.items()
            if count < SHARE * seen["sequences"]
        }
        self.assertEqual(rare, {})
