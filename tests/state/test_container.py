"""Tests of `nexus.state.container`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PlaceError
from nexus.state import List, Map, Set, Table, Tree
from nexus.state.container import Container
from tests.state.stage import Item, Player, World


class ContainerTests(SynchronousTestCase):
    def test_shapes_are_known(self) -> None:
        """Each concrete class is found by its shape."""
        self.assertEqual(
            Container.SHAPES, {"map": Map, "list": List, "set": Set, "table": Table}
        )

    def test_container_stays_where_it_is(self) -> None:
        """Assigning to the field changes the content, and the container stays."""
        world = World()
        before = [world.counts, world.numbers, world.marks]
        world.counts, world.numbers, world.marks = {"a": 1}, [1], {1}  # type: ignore[assignment]  # as authors write

        for old, new in zip(
            before, [world.counts, world.numbers, world.marks], strict=True
        ):
            self.assertIs(old, new)
            self.assertEqual(len(new), 1)

    def test_container_of_another_state_is_copied(self) -> None:
        """Two States never share a container; values are copied, States refused."""
        one, two = World(numbers=[1, 2], line=[Player()]), World()
        two.numbers = one.numbers
        two.numbers.append(3)

        self.assertEqual((one.numbers, two.numbers), ([1, 2], [1, 2, 3]))
        with self.assertRaises(PlaceError):
            two.line = one.line

    def test_nothing_is_noted_before_a_tree_knows(self) -> None:
        """What is new is told as a whole, so its steps are not kept."""
        tree = Tree(world := World())
        player = Player()
        player.scores["a"] = 1
        world.leader = player
        player.scores["b"] = 2
        player.bag.append(Item())
        flush = tree.flush()

        self.assertEqual((len(flush.created), flush.edits), (2, []))

    def test_errors_name_class_and_field(self) -> None:
        """The class is that of the State, also below the one that declared it."""
        below: Any = type(World)("Below", (World,), {"__module__": __name__})

        with self.assertRaisesRegex(
            FieldError, r"Below\.counts\['a'\]: 'x' is no int32"
        ):
            below().counts["a"] = "x"

    def test_unhashable(self) -> None:
        """Containers are no keys, as those of Python are none."""
        world = World()
        for container in (world.counts, world.numbers, world.marks):
            with self.assertRaises(TypeError):
                hash(container)
