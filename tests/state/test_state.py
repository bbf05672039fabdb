"""Tests of `nexus.state.state`."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PlaceError
from nexus.state import List, Map, State, Tree, uint8
from tests.state.stage import Item, Mirror, Player, World


class Monster(Player):
    """A class below another."""

    rage: uint8 = 3


class Boss(Monster):
    """A class below that."""


class Twin(State):
    """A class whose States are equal when their fields are."""

    x: uint8

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Twin) and other.x == self.x

    __hash__ = None  # type: ignore[assignment]  # as Python does


class Pair(State):
    """A root with equal States."""

    twins: Map[str, Twin]
    line: List[Twin]


class Gauge(State):
    """A class with code of its own."""

    level: uint8
    twice: uint8

    def __attrs_post_init__(self) -> None:
        self.twice = self.level * 2

    def fill(self) -> None:
        """Write a field from within."""
        self.level = 255


class StateTests(SynchronousTestCase):
    def test_slots_only(self) -> None:
        """A State has its fields and nothing else."""
        item = Item()

        with self.assertRaises(AttributeError):
            item.colour = "red"
        with self.assertRaises(AttributeError):
            del item.name
        self.assertFalse(hasattr(item, "__dict__"))

    def test_own_slots_are_added(self) -> None:
        """A class may have attributes beside its fields."""
        cls: Any = type(State)(
            "Cached",
            (State,),
            {
                "__module__": __name__,
                "__annotations__": {"x": uint8},
                "__slots__": ("cache",),
            },
        )
        made = cls(x=3)
        made.cache = [made.x]

        self.assertEqual(made.cache, [3])

    def test_equality_is_identity(self) -> None:
        """Two States with the same values are two; each can be a key."""
        one, two = Item(), Item()

        self.assertNotEqual(one, two)
        self.assertEqual(len({one, two, one}), 2)

    def test_equal_states_are_told_apart(self) -> None:
        """A class with an equality of its own is still mirrored State by State."""
        pair = Pair(twins={"a": Twin()}, line=[Twin(), Twin()])
        mirror = Mirror(Tree(pair))
        pair.twins["a"] = Twin()
        pair.line[0] = Twin()
        mirror.follow()
        pair.twins["a"].x = 3
        pair.line[0].x = 4
        mirror.follow()
        pair.line.remove(pair.line[1])

        mirror.follow()
        self.assertEqual([twin.x for twin in pair.line], [4])

    def test_shown_with_its_values(self) -> None:
        """The repr names the class and the values, and stays short."""
        player = Player(bag=[Item(), Item()], scores={"a": 1}, tags=list("abcdefghi"))

        self.assertEqual(repr(Item(name="a")), "Item(name='a', count=1)")
        self.assertLess(len(repr(Item(name="a" * 1000))), 100)
        self.assertEqual(
            repr(player),
            "Player(hp=100, x=0.0, bag=<2 Item>, scores={'a': 1}, tags=<9 values>, "
            "held=None)",
        )
        self.assertTrue(repr(Player(held=Item())).endswith("held=<Item>)"))

    def test_copies_are_refused(self) -> None:
        """A State cannot be pickled or copied, and neither can its containers."""
        world = World(counts={"a": 1}, numbers=[1], marks=[1])
        for what in (world, world.counts, world.numbers, world.marks):
            for act in (pickle.dumps, copy.copy, copy.deepcopy):
                with self.assertRaisesRegex(TypeError, "cannot be pickled"):
                    act(what)

    def test_inheritance(self) -> None:
        """A class has the fields above it, and can stand where that class can."""
        monster = Monster(hp=5, rage=7)
        world = World(leader=Boss(rage=9), players={"m": monster})
        mirror = Mirror(Tree(world))
        monster.rage = 8
        world.line.append(Boss())

        mirror.follow()
        self.assertEqual((world.leader and world.leader.hp, monster.hp), (100, 5))

    def test_fields_of_a_class_below_are_not_above(self) -> None:
        """Declaring a field below changes nothing above."""
        self.assertNotIn("rage", Player.__layout__.by_name)
        with self.assertRaises(TypeError):
            Player(rage=3)

    def test_two_classes_above_are_refused(self) -> None:
        """A State class has one State class above it."""
        bare = type(State)("Bare", (State,), {"__module__": __name__})

        with self.assertRaisesRegex(FieldError, "Mixed: .* one State class above"):
            type(State)("Mixed", (bare, type(State)("Other", (State,), {})), {})
        with self.assertRaisesRegex(FieldError, "Mixed: .* one State class above"):
            type(State)("Mixed", (Item, Player), {"__module__": __name__})

    def test_own_methods(self) -> None:
        """Methods read and write fields, after everything was given too."""
        gauge = Gauge(level=4)
        gauge.fill()

        self.assertEqual((gauge.level, gauge.twice), (255, 8))

    def test_what_is_made_otherwise_is_refused(self) -> None:
        """Fields are given by name, and a class has no `__init__` of its own."""
        with self.assertRaisesRegex(TypeError, r"by name: Item\(name=\.\.\., count="):
            Item("sword")  # type: ignore[call-arg]  # that is what is refused
        for name in ("__init__", "__new__", "__post_init__"):
            with self.assertRaisesRegex(FieldError, rf"Odd\.{name}: .*attrs_post_init"):
                type(State)("Odd", (Item,), {"__module__": __name__, name: len})

    def test_former_names_are_a_tuple(self) -> None:
        """One name instead of several is a slip that is refused."""
        for names in ("Old", 3, (3,)):
            with self.assertRaisesRegex(FieldError, r'Odd\.formerly: .*\("Old",\)'):
                type(State)("Odd", (Item,), {"formerly": names})
        type(State)("Even", (Item,), {"__module__": __name__, "formerly": ("Old",)})

    def test_failed_making_frees_what_was_given(self) -> None:
        """States that were given to a State that could not be made are free again."""
        sword, bow = Item(), Item()
        with self.assertRaises(FieldError):
            Player(bag=[sword], held=bow, hp=300)
        with self.assertRaises(PlaceError):
            Player(bag=[sword, sword])

        player = Player(bag=[sword], held=bow)
        self.assertEqual((player.bag, player.held), ([sword], bow))


class ReferenceTests(SynchronousTestCase):
    def test_states_take_each_others_place(self) -> None:
        """A State that is replaced is free, and the new one is not."""
        one, two = Item(), Item()
        player = Player(held=one)
        player.held = two
        other = Player(held=one)

        self.assertEqual((player.held, other.held), (two, one))

    def test_same_state_again_is_no_change(self) -> None:
        """Writing the State that is there already marks nothing."""
        player = Player()
        world = World(leader=player)
        tree = Tree(world)
        world.leader = player

        self.assertFalse(tree.flush())

    def test_none_needs_an_optional_field(self) -> None:
        """None is refused where a State must stand; the old one stays."""
        cls: Any = type(State)(
            "Holder",
            (State,),
            {"__module__": __name__, "__annotations__": {"item": Item}},
        )
        holder = cls()
        old = holder.item

        with self.assertRaisesRegex(FieldError, r"Holder\.item: None is no Item"):
            holder.item = None
        self.assertIs(holder.item, old)

    def test_wrong_class_is_refused(self) -> None:
        """A State of another class is refused by name, and stays free."""
        world, item = World(), Item()

        with self.assertRaisesRegex(FieldError, r"World\.leader: Item\(.*is no Player"):
            world.leader = item
        self.assertIsNone(item._parent)

    def test_state_that_comes_back_is_told(self) -> None:
        """A State that was replaced and came back within one flush stays mirrored."""
        player = Player()
        world = World(leader=player)
        mirror = Mirror(Tree(world))
        world.leader = Player()
        world.leader = player
        mirror.follow()
        player.hp = 3

        mirror.follow()

    def test_own_child_is_refused(self) -> None:
        """What stands below the State that is to be replaced is not free."""
        cls: Any = type(State)(
            "Chain",
            (State,),
            {"__module__": __name__, "__annotations__": {"next": "Chain | None"}},
        )
        root = cls(next=cls(next=cls()))
        second = root.next

        with self.assertRaises(PlaceError):
            root.next = second.next
        self.assertIs(root.next, second)


class OwnerTests(SynchronousTestCase):
    def test_owner_is_inherited(self) -> None:
        """A State without an owner belongs to the owner above it."""
        sword = Item()
        player = Player(bag=[sword])
        player.owner = "ann"

        self.assertEqual(sword.owner, "ann")
        sword.owner = "bob"
        self.assertEqual((sword.owner, player.owner), ("bob", "ann"))
        sword.owner = None
        self.assertEqual(sword.owner, "ann")

    def test_owner_is_a_session(self) -> None:
        """An owner is a session id or None; else nothing changed."""
        player = Player()
        with self.assertRaisesRegex(FieldError, r"Player\.owner: 3 is no session id"):
            player.owner = 3

        self.assertIsNone(player.owner)

    def test_owner_is_noted(self) -> None:
        """A new owner is found by the next flush; the same one again is not."""
        world = World()
        tree = Tree(world)
        world.owner = "ann"
        self.assertEqual(tree.flush().owned, [world])
        world.owner = "ann"

        self.assertFalse(tree.flush())
