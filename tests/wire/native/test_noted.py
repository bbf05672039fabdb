"""Tests of `nexus.wire.native.noted`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.call import GONE
from nexus.wire.native.noted import Noted


class NotedTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have a list."""
        self.items = list("abcdef")
        self.noted = Noted(self.items)

    def replace(self, at: int, value: str) -> None:
        """Replace a value."""
        self.noted.replace(self.items, [at])
        self.items[at] = value

    def splice(self, at: int, gone: int, come: str = "") -> None:
        """Put values in place of others."""
        self.noted.splice(self.items, at, gone, len(come))
        self.items[at : at + gone] = come

    def test_replaced_values_are_told_one_by_one(self) -> None:
        """The first value counts, and one that came back did not change."""
        self.replace(4, "x")
        self.replace(1, "y")
        self.replace(4, "z")
        self.replace(1, "b")

        self.assertEqual(self.noted.entries(self.items, entity=False), [(4, "e", "z")])
        self.assertEqual(self.noted.was(self.items), list("abcdef"))

    def test_what_moved_is_compared_by_position(self) -> None:
        """Values behind the window too, if they stand elsewhere now."""
        self.splice(3, 1)

        self.assertEqual(
            self.noted.entries(self.items, entity=False),
            [(3, "d", "e"), (4, "e", "f"), (5, "f", GONE)],
        )

    def test_entities_are_looked_for_in_the_window(self) -> None:
        """Those behind it stay what they are."""
        self.splice(3, 1)
        self.splice(1, 0, "x")

        self.assertEqual(
            self.noted.entries(self.items, entity=True),
            [(3, "d", GONE), (1, GONE, "x")],
        )

    def test_moving_ends_what_was_noted_by_place(self) -> None:
        """Old values are kept, wherever the window grows afterwards."""
        self.replace(2, "x")
        self.noted.move(self.items, 4, 3)
        self.items.insert(3, self.items.pop(4))
        self.splice(0, 1)
        self.replace(0, "y")

        self.assertEqual(self.noted.was(self.items), list("abcdef"))
        self.assertEqual(
            self.noted.entries(self.items, entity=True),
            [(0, "a", GONE), (1, "b", GONE), (2, "c", GONE), (0, GONE, "y"),
             (1, GONE, "x")],
        )  # fmt: skip

    def test_an_empty_list_begins_anywhere(self) -> None:
        """What comes to it is all there is."""
        items: list[str] = []
        noted = Noted(items)
        noted.splice(items, 0, 0, 2)
        items += "ab"

        self.assertEqual(
            noted.entries(items, entity=False), [(0, GONE, "a"), (1, GONE, "b")]
        )
