"""What is noted of a list says the same as a copy of it would."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state.call import list_entries
from nexus.state.change import Insert, Move, Remove, Replace, Step
from nexus.state.window import window_of
from nexus.wire.native.noted import Noted
from tests import examples

#: What is done: which operation, where, with what.
_ACTS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 40), st.integers(0, 40)), max_size=12
)


class NotedLaws(SynchronousTestCase):
    @given(st.integers(0, 9), _ACTS, st.booleans())
    @settings(max_examples=examples(400, 20_000))
    def test_notes_say_what_a_copy_would(
        self, length: int, acts: list[tuple[int, int, int]], unique: bool
    ) -> None:
        """Entries, positions and the window, whatever was done in whichever order."""
        fresh = iter(range(100, 200))
        before = list(range(length))
        items, noted, steps = list(before), Noted(before), list[Step]()
        positions = {each: at for at, each in enumerate(before)}
        for act, first, second in acts:
            at, size = first % (len(items) + 1), len(items)
            value = next(fresh) if unique else second % 3
            if act < 3 and size:
                at = first % size
                noted.replace(items, [at])
                items[at] = value
                steps.append(Replace(at, value))
            elif act < 5 and size:
                at = first % size
                noted.splice(items, at, 1, 0)
                del items[at]
                steps.append(Remove(at))
            elif act < 6 and size:
                at, to = first % size, second % size
                noted.move(items, at, to)
                items.insert(to, items.pop(at))
                steps.append(Move(at, to))
            else:
                noted.splice(items, at, 0, 1)
                items.insert(at, value)
                steps.append(Insert(at, value))

        self.assertEqual(noted.was(items), before)
        key = repr
        self.assertEqual(
            sorted(noted.entries(items, entity=unique), key=key),
            sorted(list_entries(before, items, entity=unique), key=key),
        )
        window = window_of(steps, length, len(items))
        self.assertEqual(window.length, len(items))
        self.assertEqual(before[: window.was.start], items[: window.now.start])
        self.assertEqual(before[window.was.stop :], items[window.now.stop :])
        for at in set(range(length)).intersection(range(len(items))):
            inside = window.was.start <= at < window.was.stop
            if inside and window.places is not None and at not in window.places:
                self.assertEqual(before[at], items[at])
        if unique:
            here = {each: at for at, each in enumerate(items)}
            noted.follow(positions, items)
            self.assertEqual(positions, here)
            older = noted.positions()
            for at, each in enumerate(before):
                found = older.get(each)
                if found is None:
                    found = noted.position(here[each])
                self.assertEqual(found, at)
