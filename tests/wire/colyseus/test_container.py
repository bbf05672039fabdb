"""Official clients of every major mirror what happens to containers."""

from __future__ import annotations

from typing import Any

from tests.wire.colyseus.world import Chest, WorldTestCase, item


class ListTests(WorldTestCase):
    def each(self, act: Any) -> dict[int, str]:
        """Do the same to the list of numbers and to that of items."""
        act(self.world.numbers, lambda n: n)
        act(self.world.items, item)
        return self.told()

    def test_append(self) -> None:
        """What is appended is added behind the old end."""
        told = self.each(lambda values, make: values.extend([make(5), make(6)]))

        self.assertTrue(told[5].startswith("ff01800405800506ff02"))

    def test_replace(self) -> None:
        """Only the places that hold another value are written."""

        def act(values: Any, make: Any) -> None:
            values[1] = make(20)
            values[3] = make(40)
            values.append(make(50))

        told = self.each(act)

        self.assertTrue(told[5].startswith("ff0100011400032880043 2".replace(" ", "")))

    def test_queue(self) -> None:
        """What goes is named by its old place, what comes by the next behind them."""

        def act(values: Any, make: Any) -> None:
            values.pop(0)
            values.append(make(5))
            del values[1]

        told = self.each(act)

        self.assertTrue(told[5].startswith("ff01400040028004 05".replace(" ", "")))

    def test_insert(self) -> None:
        """What stands behind an insertion is written again, never inserted."""
        told = self.each(lambda values, make: values.insert(2, make(9)))

        self.assertTrue(told[5].startswith("ff01000209000303800404"))

    def test_move(self) -> None:
        """Only the places between are written."""
        told = self.each(lambda values, _: values.move(1, 2))

        self.assertTrue(told[5].startswith("ff01000103000202"))

    def test_remove_and_replace(self) -> None:
        """A replacement before a removal shortens the list."""

        def act(values: Any, make: Any) -> None:
            values[0] = make(9)
            values.pop()

        self.each(act)

    def test_all_anew(self) -> None:
        """Nothing old remains."""

        def act(values: Any, make: Any) -> None:
            for _ in range(4):
                values.pop()
            values.append(make(9))

        told = self.each(act)

        self.assertTrue(told[5].startswith("ff010a800009"))

    def test_clear_and_fill(self) -> None:
        """A list is emptied, filled, and turned around."""
        self.each(lambda values, _: values.clear())
        self.each(lambda values, make: values.extend([make(1), make(2), make(3)]))
        self.each(lambda values, _: values.reverse())
        self.each(lambda values, _: values.__setitem__(slice(None), values[1:]))

    def test_came_and_went(self) -> None:
        """What came and went within a patch leaves no trace."""

        def act(values: Any, make: Any) -> None:
            values.append(make(9))
            values.pop()

        self.each(act)

    def test_items_of_another_class(self) -> None:
        """A place is taken by an entity of a class below."""
        self.world.items[0] = Chest(items={"x": item(1)})
        self.world.items.append(Chest())
        self.told()


class MapTests(WorldTestCase):
    def each(self, act: Any) -> dict[int, str]:
        """Do the same to the map of numbers and to that of items."""
        act(self.world.scores, lambda n: n)
        act(self.world.things, item)
        return self.told()

    def test_change(self) -> None:
        """Another value under a known key keeps its index, and its place."""

        def act(values: Any, make: Any) -> None:
            values["b"] = make(9)

        self.assertTrue(self.each(act)[5].startswith("ff03000109"))

    def test_remove_and_return(self) -> None:
        """A key that comes back gets another index and stands at the end."""

        def act(values: Any, make: Any) -> None:
            del values["a"]
            values["a"] = make(9)

        self.assertTrue(self.each(act)[5].startswith("ff0340008003a16109"))
        self.each(act)

    def test_return_later(self) -> None:
        """A removed key has no index any more when it comes back."""
        self.each(lambda values, _: values.pop("a"))

        def act(values: Any, make: Any) -> None:
            values["a"] = make(9)

        self.assertTrue(self.each(act)[5].startswith("ff038003a16109"))

    def test_unheard_flushes(self) -> None:
        """Indexes go on while nobody asks for a patch."""
        for client in self.scene.clients:
            client.connected = False
        del self.world.scores["b"]
        flush = self.scene.tree.flush()
        for encoder in self.scene.encoders.values():
            encoder.follow(flush)
        self.scene.join()
        self.world.scores["b"] = 5
        self.world.scores["a"] = 6
        self.told()

    def test_clear(self) -> None:
        """A map is emptied, and filled again in the same patch."""
        self.each(lambda values, _: values.clear())
        self.each(lambda values, make: values.update(a=make(1), z=make(2)))

        def act(values: Any, make: Any) -> None:
            values.clear()
            values.update(z=make(3), b=make(4))

        self.assertIn("0a", self.each(act)[5])
        self.each(lambda values, make: values.update(z=make(5)))

    def test_changed_while_away(self) -> None:
        """A map that changed while it stood nowhere starts anew when it returns."""
        chest = Chest(items={"x": item(1), "y": item(2)})
        self.world.things["c"] = chest
        self.told()
        del self.world.things["c"]
        self.told()
        del chest.items["x"]
        chest.items["z"] = item(3)
        self.world.best = chest
        self.told()
        del chest.items["y"]
        self.told()

    def test_strange_keys(self) -> None:
        """Keys that mean something to JavaScript are keys."""
        for key in ("", "__proto__", "constructor", "0", "length", "é😀", "k" * 300):
            self.world.scores[key] = 1
            self.world.things[key] = item(1)
            self.told()


class SetTests(WorldTestCase):
    def test_add(self) -> None:
        """What is added is all that is told."""
        self.world.ids.add(9)

        self.assertEqual(set(self.told().values()), {"ff05800309"})

    def test_remove(self) -> None:
        """5 names what goes; 3 and 4 are told the rest anew."""
        self.world.ids.discard(1)
        self.world.ids.add(7)

        told = self.told()

        self.assertEqual(told[5], "ff054000800307")
        self.assertTrue(told[3].startswith("ff050a80"))
        self.assertEqual(told[3], told[4])

    def test_again_and_again(self) -> None:
        """Values come, go and come back, also after the set was emptied."""
        for _ in range(3):
            self.world.ids.discard(2)
            self.world.names.update(["x", "y"])
            self.told()
            self.world.ids.add(2)
            self.world.names.discard("x")
            self.told()
            self.world.ids.clear()
            self.world.names.clear()
            self.told()
            self.world.ids.update([1, 2, 3])
            self.told()
