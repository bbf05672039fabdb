"""Tests of `nexus.wire.native.maker`: States come back some at a time."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import List, Map, State, Tree, field, int8
from nexus.wire.native import maker
from nexus.wire.native.store import load, read_saved, restoring, save
from tests.wire.native.test_store import Box, Item, World, made


class MakerTests(SynchronousTestCase):
    def steps(self, data: bytes, root: type[State], many: int) -> list[Any]:
        """Restore what was saved in steps of so many States."""
        self.patch(maker, "_MANY", many)
        saved = read_saved(data)
        return list(restoring(saved.replica(), root, next_id=saved.next_id))

    def test_others_have_a_turn(self) -> None:
        """A large State comes back in steps of so many States, however they nest."""
        boxes = [Box(content=[Item(hp=n) for n in range(9)]) for _ in range(10)]
        items = {f"i{n}": Item(hp=n) for n in range(50)}
        data = save(Tree(World(items=items, row=boxes)))

        *turns, restored = self.steps(data, World, 7)

        # 150 States below the root, and two turns before they have their ids.
        self.assertEqual(turns, [None] * (150 // 7 + 2))
        self.assertEqual(save(restored.tree), data)
        self.assertEqual(self.steps(data, World, 150)[:-1], [None, None, None])
        self.assertEqual(self.steps(data, World, 151)[:-1], [])
        self.assertFalse(restored.tree.flush().changed)

    def test_nothing_comes_of_a_factory(self) -> None:
        """What a factory puts into a container is not what was stored there."""
        shop: Any = made(
            "Shop",
            items=(Map[str, Item], field(factory=lambda: {"new": Item(), "a": Item()})),
            row=(List[Item], field(factory=lambda: [Item(hp=9), Item()])),
        )
        later: Any = made(
            "Shop",
            formerly=("Shop",),
            more=Map[str, Item],
            items=(Map[str, Item], field(factory=lambda: {"new": Item(), "a": Item()})),
            row=(List[Item], field(factory=lambda: [Item(hp=9), Item()])),
        )
        root = shop(row=[Item(hp=5)])
        tree = Tree(root)
        root.items["b"] = Item(hp=2)
        del root.items["new"]
        tree.flush()
        data = save(tree)

        for cls in (shop, later):
            again: Any = load(data, cls).tree.root
            items = [(key, each.hp) for key, each in again.items.items()]
            self.assertEqual(items, [("a", 0), ("b", 2)])
            self.assertEqual([each.hp for each in again.row], [5])
        self.assertEqual(save(load(data, shop).tree), data)

    def test_what_happens_after_init_finds_all(self) -> None:
        """A class whose `__attrs_post_init__` looks at what it holds finds it there."""
        namespace: dict[str, Any] = {
            "__module__": __name__,
            "__annotations__": {"items": Map[str, Item], "sum": int8},
            "__attrs_post_init__": lambda self: setattr(
                self, "sum", sum(each.hp for each in self.items.values())
            ),
        }
        root: Any = type(State)("Summing", (State,), namespace)
        data = save(Tree(root(items={"a": Item(hp=2), "b": Item(hp=3)})))

        *turns, restored = self.steps(data, root, 1)

        self.assertEqual(turns, [None, None])
        self.assertEqual(restored.tree.root.sum, 5)
        self.assertEqual(save(restored.tree), data)

    def test_states_that_were_not_stored(self) -> None:
        """What is transient, or new, has its default, and an id that nobody knows."""
        shop: Any = made(
            "Shop",
            row=(List[Item], field(factory=lambda: [Item()])),
            one=(Item, field(factory=Item, transient=True)),
            some=(Map[str, Item], field(factory=lambda: {"q": Item()}, transient=True)),
        )
        later: Any = made(
            "Shop",
            row=(List[Item], field(factory=lambda: [Item()])),
            one=(Item, field(factory=Item, transient=True)),
            some=(Map[str, Item], field(factory=lambda: {"q": Item()}, transient=True)),
            box=(Box, field(factory=lambda: Box(content=[Item(hp=7)]))),
        )
        root = shop()
        tree = Tree(root)
        root.one.hp = root.some["q"].hp = root.row[0].hp = 4
        tree.flush()
        data = save(tree)

        for cls, count, is_recast in ((shop, 2, False), (later, 4, True)):
            restored = load(data, cls)
            again: Any = restored.tree.root
            self.assertEqual((again.row[0]._id, again.row[0].hp), (root.row[0]._id, 4))
            self.assertEqual((again.one.hp, again.some["q"].hp), (0, 0))
            ids = [each._id for each in restored.tree.states()]
            self.assertEqual(len(set(ids)), 2 + count)
            self.assertEqual(sum(each >= tree.next_id for each in ids), count)
            self.assertGreater(restored.tree.next_id, max(ids))
            self.assertEqual((restored.is_grown, restored.is_recast), (True, is_recast))
            stored = load(save(restored.tree), cls).tree
            self.assertEqual(len(stored.states()), len(ids))
