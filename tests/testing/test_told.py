"""Tests of `nexus.testing.told`."""

from __future__ import annotations

from typing import Annotated, Any

from twisted.trial.unittest import SynchronousTestCase

from nexus import List, Map, Room, Set, State, int32, quantized
from nexus.testing import REMOVED, Harness
from tests.testing.arena import Arena


class Item(State):
    """Something with things in it."""

    name: str
    tags: Set[str]


class Bag(State):
    """Every kind of container."""

    size: int32 = 0
    near: Annotated[float, quantized(0, 255, 8)] = 0.0
    items: Map[str, Item]
    row: List[Item]
    words: List[str]


class Bags(Room[Bag]):
    """Only a State."""

    def on_create(self, options: Any) -> None:
        """Have one."""
        self.state = Bag()


class PatchTests(SynchronousTestCase):
    def test_patches_are_read_by_path(self) -> None:
        """What came stands whole at its path, what changed alone, what went is gone."""
        with Harness(Bags) as house:
            ada = house.join_or_create()
            bag = ada.room.state

            bag.items["a"] = Item(name="ant")
            bag.row.append(Item(name="one"))
            bag.row.append(Item(name="two"))
            bag.words.append("x")
            house.tick()
            bag.items["a"].tags.add("red")
            bag.items["b"] = Item(name="bee", tags={"x"})
            bag.size = 3
            house.tick()
            del bag.items["a"], bag.items["b"]
            del bag.row[0]
            house.tick()

            self.assertEqual(
                ada.patches,
                [
                    {
                        "items.a": {"name": "ant", "tags": set()},
                        "row.0": {"name": "one", "tags": set()},
                        "row.1": {"name": "two", "tags": set()},
                        "words.0": "x",
                    },
                    {
                        "items.a.tags.red": "red",
                        "items.b": {"name": "bee", "tags": {"x"}},
                        "size": 3,
                    },
                    {"items.a": REMOVED, "items.b": REMOVED, "row.0": REMOVED},
                ],
            )

    def test_what_moves_up_in_a_list_is_told_of(self) -> None:
        """That something went from a position hides no news of what is there now."""
        with Harness(Bags) as house:
            ada = house.join_or_create()
            bag = ada.room.state
            bag.row += [Item(name="one"), Item(name="two")]
            house.tick()

            del bag.row[0]
            bag.row[0].tags.add("red")
            house.tick()

            self.assertEqual(
                ada.patches[-1], {"row.0": REMOVED, "row.0.tags.red": "red"}
            )

    def test_patches_are_kept_while_they_are_read(self) -> None:
        """Reading twice says the same, and more has come since."""
        with Harness(Bags) as house:
            ada = house.join_or_create()
            for size in (1, 2):
                ada.room.state.size = size
                house.tick()
                self.assertEqual(ada.patches, ada.patches)

            self.assertEqual(ada.patches, [{"size": 1}, {"size": 2}])


class SecretTests(SynchronousTestCase):
    def test_everything_that_was_sent_can_be_read(self) -> None:
        """Each frame has a name, a time, and what it says; none is left out."""
        with Harness(Arena) as house:
            ada = house.join_or_create(name="ada")
            ada.request("move", [1, 1])
            ada.send("boom")
            ada.send_bytes("raw", b"ab")
            house.tick()
            code, text = ada.errors[0]

            told = ada.wire()

            self.assertEqual(
                [(each.what, each.content) for each in told if each.what != "state"],
                [
                    ("join", ["Field", "Dot"]),
                    ("message", ("hello", "ada")),
                    ("answer", ("OK", "moved")),
                    ("error", (code, text)),
                    ("bytes", ("raw", b"ba")),
                    ("patch", {f"dots.{ada.session_id}.{at}": 1 for at in "xy"}),
                ],
            )
            self.assertEqual(sum(each.size for each in told), ada.bytes_received)
            self.assertEqual((told[0].at, told[-1].at), (0, 0.05))
            self.assertEqual(len(house.failures), 1)

    def test_what_is_hidden_was_not_told(self) -> None:
        """A guest can be proved not to know what only another one may see."""
        with Harness(Arena) as house:
            room = house.create()
            ada = house.join(room, card="queen of spades")
            bob = house.join(room, card="seven")
            house.tick()

            self.assertTrue(ada.was_told("queen of spades"))
            self.assertTrue(ada.was_told("queen"))
            self.assertFalse(bob.was_told("queen of spades"))
            self.assertFalse(bob.was_told("queen"))

    def test_numbers_are_found_as_they_are_meant(self) -> None:
        """In whatever way they are written, and told from others that are equal."""
        with Harness(Bags) as house:
            ada = house.join_or_create()
            ada.room.state.near = 7.0
            ada.room.state.size = 1
            house.tick()

            self.assertTrue(ada.was_told(7.0))
            self.assertFalse(ada.was_told(7))
            self.assertFalse(ada.was_told(True))

    def test_empty_text_is_everywhere(self) -> None:
        """So it is refused."""
        with Harness(Bags) as house:
            ada = house.join_or_create()

            for empty in ("", b""):
                with self.assertRaises(ValueError):
                    ada.was_told(empty)
