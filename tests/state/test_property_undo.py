"""A Map after a stretch that failed is what it was, in its order, here and there."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from tests import examples
from tests.state.stage import Mirror, Player, Refused, World

#: Which operation, and on which of seven keys.
_ACTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=12)
#: What is done outside, what is done in vain, and whether all is flushed between.
_STRETCHES = st.lists(st.tuples(_ACTS, _ACTS, st.booleans()), max_size=6)


class UndoLaws(SynchronousTestCase):
    def act(self, held: Any, act: int, number: int, *, states: bool) -> None:
        """Change a Map in one of the ways that there are."""
        key = f"k{number}"
        if act < 4:
            held[key] = Player() if states else act
        elif act < 7:
            held.pop(key, None)
        elif act < 8 and held:
            held.popitem()
        elif act < 9 and states and key in held:
            state = held.pop(key)
            held[key] = state
        elif number == 0:
            held.clear()

    def hold(self, stretches: list[Any], *, states: bool) -> None:
        """Check the law for one sort of Map."""
        world = World()
        mirror = Mirror(tree := Tree(world))
        held: Any = world.players if states else world.counts
        for done, in_vain, flushes in stretches:
            for act in done:
                self.act(held, *act, states=states)
            if flushes:
                mirror.follow()
            before = list(held.items()), [state._id for state in tree.states()]
            try:
                with tree.atomic():
                    for act in in_vain:
                        self.act(held, *act, states=states)
                    raise Refused
            except Refused:
                pass
            after = list(held.items()), [state._id for state in tree.states()]
            self.assertEqual(before, after)
        mirror.follow()
        self.assertEqual(
            list(getattr(mirror.replica.state, "players" if states else "counts")),
            list(held),
        )

    @given(_STRETCHES)
    @settings(max_examples=examples(200, 10_000))
    def test_values_come_back(self, stretches: list[Any]) -> None:
        """Whatever was removed, added and put at the end."""
        self.hold(stretches, states=False)

    @given(_STRETCHES)
    @settings(max_examples=examples(200, 10_000))
    def test_states_come_back(self, stretches: list[Any]) -> None:
        """With the ids that they had."""
        self.hold(stretches, states=True)
