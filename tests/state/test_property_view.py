"""Views are alike when they see alike, however they came to it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from tests import examples
from tests.state.stage import Scene, Unit

#: Which of two views, which of six entities, under which tag, and what.
_ACTS = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 5), st.integers(0, 1), st.integers(0, 7)
    ),
    max_size=40,
)


class ViewLaws(SynchronousTestCase):
    @given(_ACTS)
    @settings(max_examples=examples(200, 10_000))
    def test_equal_keys_are_of_equal_views(
        self, acts: list[tuple[int, int, int, int]]
    ) -> None:
        """Keys are equal if and only if roles and what was shown are."""
        scene = Scene(hidden={str(i): Unit() for i in range(6)})
        tree = Tree(scene)
        views = [tree.view("s0"), tree.view("s1")]
        for view in views:
            tree.full(view)
        for which, number, tag, act in acts:
            view, entity = views[which], scene.hidden.get(str(number))
            if entity is None:
                continue
            if act < 3:
                view.add(entity, tag)
            elif act < 5:
                view.remove(entity, tag)
            elif act < 6:
                view.roles = [] if view.roles else ["gm"]
            elif act < 7:
                del scene.hidden[str(number)]
            else:
                tree.flush()
            one, other = views
            if act == 7:
                equal = (one.roles, one.shown) == (other.roles, other.shown)
                self.assertEqual(one.key() == other.key(), equal)
            fresh = tree.view("s2", view.roles)
            for state in scene.hidden.values():
                for mark in (0, 1):
                    if view.has(state, mark):
                        fresh.add(state, mark)
            if fresh.shown == view.shown:
                self.assertEqual(fresh.key(), view.key())
            else:
                self.assertNotEqual(fresh.key(), view.key())
