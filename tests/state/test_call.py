"""Tests of which calls a difference leads to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen
from twisted.trial.unittest import SynchronousTestCase

from nexus.state.call import GONE, Below, Calls, list_entries, same
from nexus.state.listen import Listeners


@frozen(eq=False)
class Thing:
    """An entity with entries in `bag` and perhaps one in `held`, before and now."""

    name: str
    before: list[Any] = field(factory=list)
    now: list[Any] = field(factory=list)
    held: Any = None


def below(thing: Thing, entries: list[Any]) -> Iterator[Below]:
    """Yield what stands below a Thing."""
    for at, value in enumerate(entries):
        yield "bag", at, value, isinstance(value, Thing)
    if thing.held is not None:
        yield "held", GONE, thing.held, True


class CallsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Listen to all down to some depth."""
        self.told: list[Any] = []
        listeners = Listeners()
        for pattern in ("*", "*.*", "*.*.*"):
            for event in ("add", "change", "remove"):

                def note(*said: Any, event: str = event) -> None:
                    self.told.append((event, *said))

                getattr(listeners, f"on_{event}")(pattern, note)
        self.calls = Calls(
            listeners,
            lambda thing: below(thing, thing.before),
            lambda thing: below(thing, thing.now),
            lambda value: getattr(value, "name", value),
        )

    def tell(self) -> list[Any]:
        """Make the calls, and return what was told."""
        Listeners.tell(self.calls.found())
        return self.told

    def differ(self, was: Any, now: Any, key: Any = GONE, *, entity: bool) -> list[Any]:
        """Return what is told of one difference at the path `old` or `new`."""
        self.calls.leave(("old",), [(key, was, now)], entity=entity)
        self.calls.arrive(("new",), [(key, was, now)], entity=entity)
        return self.tell()

    def test_a_value_changes(self) -> None:
        """Another value in a field is a change, at the path that it has now."""
        self.assertEqual(self.differ(1, 2, entity=False), [("change", 2, 1, ("new",))])

    def test_an_entry_of_values_changes(self) -> None:
        """Another value under a key is a change."""
        self.assertEqual(
            self.differ(1, 2, "k", entity=False), [("change", 2, 1, ("new", "k"))]
        )

    def test_an_entry_goes_and_comes(self) -> None:
        """An entry goes from the old path, and comes to the new one."""
        self.differ(1, GONE, "k", entity=False)
        self.told.clear()
        self.assertEqual(
            self.differ(GONE, 2, "n", entity=False),
            [("remove", 1, ("old", "k")), ("add", 2, ("new", "n"))],
        )

    def test_an_entity_is_replaced(self) -> None:
        """An entity under a key goes with what was below it, the other one comes."""
        one, other = Thing("one", [5], [6]), Thing("other", [7], [8])
        self.assertEqual(
            self.differ(one, other, "k", entity=True),
            [
                ("remove", "one", ("old", "k")),
                ("remove", 5, ("old", "k", "bag", 0)),
                ("add", "other", ("new", "k")),
                ("add", 8, ("new", "k", "bag", 0)),
            ],
        )

    def test_an_entity_in_a_field(self) -> None:
        """An entity in a field comes or goes, and the field changes."""
        one = Thing("one", held=Thing("inner"))
        self.assertEqual(
            self.differ(None, one, entity=True),
            [
                ("add", "one", ("new",)),
                ("add", "inner", ("new", "held")),
                ("change", "one", None, ("new",)),
            ],
        )

    def test_nobody_looks_deeper_than_somebody_listens(self) -> None:
        """What is below the longest pattern is not even looked at."""
        inner: Any = None
        for depth in range(10):
            inner = Thing(str(depth), held=inner)

        self.calls.all_left((), inner)
        self.calls.all_came((), inner)

        self.assertEqual(
            [value for _, value, _ in self.tell()], ["8", "7", "6", "8", "7", "6"]
        )


class EntryTests(SynchronousTestCase):
    def test_values_are_compared_by_position(self) -> None:
        """Values of a list change where they stand; its end comes or goes."""
        self.assertEqual(
            list_entries([1, 2, 3], [1, 3], entity=False), [(1, 2, 3), (2, 3, GONE)]
        )
        self.assertEqual(list_entries([], [4], entity=False), [(0, GONE, 4)])

    def test_entities_are_the_same_wherever_they_stand(self) -> None:
        """Entities of a list come or go; their order is no difference."""
        a, b, c = Thing("a"), Thing("b"), Thing("c")

        found = list_entries([a, b], [c, a], entity=True)

        self.assertEqual(found, [(1, b, GONE), (0, GONE, c)])

    def test_sameness(self) -> None:
        """NaN is itself, 0 is -0, and None is nothing else."""
        self.assertTrue(same(math.nan, float("nan")))
        self.assertTrue(same(0.0, -0.0))
        self.assertFalse(same(None, 0))
        self.assertFalse(same(GONE, None))
