"""Tests of what the server's own listeners are told of each shape of field."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.state import List, Map, Set, State, Tree, int8


class Thing(State):
    """A thing."""

    hp: int8
    tags: Set[str]
    below: Map[str, int8]


class Room(State):
    """All shapes of fields."""

    mood: int8 | None
    ref: Thing | None
    items: Map[str, Thing]
    row: List[Thing]
    scores: Map[str, int8]
    path: List[int8]


ADDS = ("ref", "items", "row", "scores", "path", "items.*.tags", "items.*.below")
CHANGES = ("mood", "ref", "items.*.hp", "row.*.hp", "scores.*", "path.*")


class NoticeTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Listen to everything in a tree that has one entry of each sort."""
        self.root = Room(
            items={"a": Thing(hp=1)}, row=[Thing(hp=2), Thing(hp=3)], path=[1, 2]
        )
        self.root.scores["x"] = 1
        self.tree = Tree(self.root)
        self.told: list[Any] = []
        for event, names in (("add", ADDS), ("change", CHANGES), ("remove", ADDS)):
            for pattern in names:

                def note(*said: Any, event: str = event) -> None:
                    self.told.append((event, *said))

                getattr(self.tree, f"on_{event}")(pattern, note)

    def flush(self) -> list[Any]:
        """Flush and return what was told."""
        self.told.clear()
        self.tree.flush().tell()
        return list(self.told)

    def test_a_value_changes_once(self) -> None:
        """A value that was written often changed once, from what it was before."""
        self.root.mood = 1
        self.root.mood = 2
        self.root.items["a"].hp = 9

        self.assertEqual(
            self.flush(),
            [("change", 2, None, ("mood",)), ("change", 9, 1, ("items", "a", "hp"))],
        )

    def test_a_value_that_came_back_did_not_change(self) -> None:
        """Nothing is told of a value that is what it was."""
        self.root.mood = 1
        self.root.mood = None
        self.root.scores["x"] = 2
        self.root.scores["x"] = 1

        self.assertEqual(self.flush(), [])

    def test_entries_come_with_what_is_below(self) -> None:
        """An entity that comes is told with the entries of its containers."""
        item = self.root.items["b"] = Thing(hp=5, tags=["t"], below={"k": 1})

        self.assertEqual(
            self.flush(),
            [
                ("add", item, ("items", "b")),
                ("add", "t", ("items", "b", "tags", "t")),
                ("add", 1, ("items", "b", "below", "k")),
            ],
        )

    def test_entries_go_with_what_was_below(self) -> None:
        """An entity that goes is told with its entries as clients knew them."""
        item = self.root.items["a"]
        item.tags.add("t")
        self.flush()
        item.tags.add("never")
        item.tags.discard("t")
        del self.root.items["a"]

        self.assertEqual(
            self.flush(),
            [
                ("remove", item, ("items", "a")),
                ("remove", "t", ("items", "a", "tags", "t")),
            ],
        )

    def test_who_comes_back_is_another_entity(self) -> None:
        """A State that left and came back within a flush was removed and added."""
        item, right = self.root.items["a"], self.root.row[1]
        del self.root.items["a"]
        self.root.items["a"] = item
        self.root.row.remove(right)
        self.root.row.append(right)
        self.assertEqual(
            self.flush(),
            [
                ("remove", item, ("items", "a")),
                ("remove", right, ("row", 1)),
                ("add", item, ("items", "a")),
                ("add", right, ("row", 1)),
            ],
        )

        self.root.ref = other = Thing()
        self.flush()
        self.root.ref = None
        self.root.ref = other
        self.assertEqual(
            self.flush(),
            [
                ("remove", other, ("ref",)),
                ("add", other, ("ref",)),
                ("change", other, other, ("ref",)),
            ],
        )

    def test_what_went_stood_at_its_old_position(self) -> None:
        """What went from an entity that moved is told where it was, the rest after."""
        self.tree.on_remove("row.*.tags", lambda *said: self.told.append(said))
        self.tree.on_add("row.*.tags", lambda *said: self.told.append(said))
        self.root.row[0].tags.add("old")
        self.flush()
        self.root.row[0].tags = {"new"}
        self.root.row.reverse()

        self.assertEqual(
            self.flush(),
            [("old", ("row", 0, "tags", "old")), ("new", ("row", 1, "tags", "new"))],
        )

    def test_maps_of_values(self) -> None:
        """Keys come, change and go; one that came back is a change at most."""
        self.root.scores["y"] = 2
        self.root.scores["x"] = 3
        self.assertEqual(
            self.flush(),
            [("add", 2, ("scores", "y")), ("change", 3, 1, ("scores", "x"))],
        )

        del self.root.scores["x"]
        self.root.scores["x"] = 4
        del self.root.scores["y"]
        self.assertEqual(
            self.flush(),
            [("remove", 2, ("scores", "y")), ("change", 4, 3, ("scores", "x"))],
        )

    def test_lists_of_values_by_position(self) -> None:
        """In a List of values positions change, and its end comes or goes."""
        self.root.path[0] = 9
        self.root.path.append(3)
        self.assertEqual(
            self.flush(), [("add", 3, ("path", 2)), ("change", 9, 1, ("path", 0))]
        )

        self.root.path.pop(0)
        self.assertEqual(
            self.flush(),
            [
                ("remove", 3, ("path", 2)),
                ("change", 2, 9, ("path", 0)),
                ("change", 3, 2, ("path", 1)),
            ],
        )

    def test_lists_of_entities_by_identity(self) -> None:
        """In a List of entities those that stay are told nothing of."""
        left, right = self.root.row
        self.root.row.reverse()
        self.assertEqual(self.flush(), [])

        new = Thing(hp=7)
        self.root.row.insert(0, new)
        self.root.row.remove(left)
        self.assertEqual(
            self.flush(), [("remove", left, ("row", 1)), ("add", new, ("row", 0))]
        )
        right.hp = 8
        self.assertEqual(self.flush(), [("change", 8, 3, ("row", 1, "hp"))])

    def test_references(self) -> None:
        """Another entity in a field is a change; one came there and one went."""
        first, second = Thing(hp=1), Thing(hp=2)
        self.root.ref = first
        self.assertEqual(
            self.flush(),
            [("add", first, ("ref",)), ("change", first, None, ("ref",))],
        )

        self.root.ref = second
        self.assertEqual(
            self.flush(),
            [
                ("remove", first, ("ref",)),
                ("add", second, ("ref",)),
                ("change", second, first, ("ref",)),
            ],
        )

    def test_new_entities_do_not_change(self) -> None:
        """No change is told of the fields of an entity that just came."""
        item = self.root.items["b"] = Thing(hp=5)
        item.hp = 6
        self.assertEqual(self.flush(), [("add", item, ("items", "b"))])

        item.hp = 7
        self.assertEqual(self.flush(), [("change", 7, 6, ("items", "b", "hp"))])

    def test_what_was_undone_is_not_told(self) -> None:
        """Nothing is told of an atomic stretch that failed."""
        try:
            with self.tree.atomic():
                self.root.mood = 5
                self.root.items["b"] = Thing()
                raise KeyError
        except KeyError:
            pass

        self.assertEqual(self.flush(), [])

    def test_listeners_may_write(self) -> None:
        """What a listener writes goes into the next flush."""
        self.tree.on_change("mood", lambda *_: self.root.scores.clear())
        self.root.mood = 1
        self.assertEqual(len(self.flush()), 1)

        self.assertEqual(self.flush(), [("remove", 1, ("scores", "x"))])

    def test_listening_begins_at_a_version(self) -> None:
        """Between two flushes nobody can begin to listen."""
        self.root.mood = 1

        self.assertRaises(StateError, self.tree.on_change, "mood", print)
