"""What clients and listeners cost: in proportion to what changes for them.

What is counted are instructions of Python and bytes, never seconds.
"""

from __future__ import annotations

import pickle
from operator import setitem

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Flush, Map, State, Tree, uint8
from nexus.wire.colyseus import SchemaEncoder, visit
from tests.state.stage import Mirror, Player, Scene, Unit, World, effort


class ClientCostTests(SynchronousTestCase):
    def test_rules_cost_what_changes(self) -> None:
        """With rules and a view, a write in a large tree costs as in a small one."""

        def cost(size: int) -> list[int]:
            scene = Scene(
                units={f"u{i}": Unit() for i in range(size)},
                hidden={f"u{i}": Unit() for i in range(size)},
                hands={f"u{i}": Unit() for i in range(size)},
            )
            tree = Tree(scene)
            view = tree.view("ann", ["gm"])
            tree.full(view)
            view.add(scene.hidden["u3"])
            scene.hands["u4"].owner = "ann"
            tree.flush()
            found = []
            for unit in (scene.units["u5"], scene.hidden["u3"], scene.hands["u4"]):
                unit.hp = 3
                unit.note = "x"
                found.append(effort(tree.flush))
            return found

        self.assertEqual(cost(20), cost(2_000))

    def test_entries_behind_a_rule_cost_what_changes(self) -> None:
        """One entry more behind a rule costs the same in a large container."""

        def cost(size: int) -> list[int]:
            scene = Scene(hands={f"u{i}": Unit() for i in range(size)})
            tree = Tree(scene)
            tree.full(tree.view("ann"))
            scene.hands["new"] = Unit()
            found = [effort(tree.flush)]
            del scene.hands["u3"]
            return [*found, effort(tree.flush)]

        self.assertEqual(cost(20), cost(2_000))

    def test_view_costs_what_changes(self) -> None:
        """What a client was shown costs nothing in a flush that changes none of it."""

        def cost(size: int) -> list[int]:
            scene = Scene(hidden={f"u{i}": Unit() for i in range(size)})
            tree = Tree(scene)
            views = [tree.view(str(i)) for i in range(3)]
            for view in views:
                for unit in scene.hidden.values():
                    view.add(unit)
                tree.full(view)
            keys = [view.key() for view in views]
            found = []
            for act in (
                lambda: setattr(scene.hidden["u3"], "hp", 3),
                lambda: views[0].remove(scene.hidden["u4"]),
                lambda: views[0].add(scene.hidden["u4"]),
                lambda: scene.hidden.pop("u5"),
            ):
                act()
                found.append(effort(tree.flush))
                if len(found) == 1:
                    self.assertTrue(all(view.key() is keys[0] for view in views))
            return found

        self.assertEqual(cost(20), cost(2_000))

    def test_keys_of_views_are_short(self) -> None:
        """What makes views alike is as much for a thousand entities as for one."""

        def size(count: int) -> int:
            scene = Scene(hidden={f"u{i}": Unit() for i in range(count)})
            view = Tree(scene).view("s0", ["gm"])
            for unit in scene.hidden.values():
                view.add(unit)
            return len(pickle.dumps(view.key()))

        self.assertLess(size(1_000), size(1) + 4)

    def test_new_owner_is_looked_at_by_two(self) -> None:
        """Only the old owner and the new one look at what changed hands."""

        def cost(clients: int) -> int:
            scene = Scene(hands={f"u{i}": Unit() for i in range(9)})
            tree = Tree(scene)
            for i in range(clients):
                tree.full(tree.view(f"s{i}"))
            scene.owner = "s0"
            tree.flush()
            scene.owner = "s1"
            return effort(tree.flush)

        # What each other client costs is less than to look at a single unit.
        self.assertLess(cost(50) - cost(10), 40 * 150)

    def test_listeners_to_a_list_cost_what_changes(self) -> None:
        """On both sides, what a list holds that is not touched is not looked at."""

        def cost(size: int) -> list[int]:
            world = World(line=[Player() for _ in range(size)], numbers=range(size))
            mirror = Mirror(tree := Tree(world))
            for whom in (tree, mirror.replica):
                whom.on_add("line", lambda *_: None)
                whom.on_remove("line", lambda *_: None)
                whom.on_change("line.*.hp", lambda *_: None)
                whom.on_change("numbers.*", lambda *_: None)
            # Where States stand in the list is looked up once.
            world.line[-1].hp = 1
            mirror.replica.apply_patch(mirror.encoder.patch(tree.flush()))
            found = []
            for act in (
                lambda: world.numbers.append(7),
                world.numbers.pop,
                lambda: (setitem(world.numbers, 0, -7), setitem(world.numbers, 9, -9)),
                lambda: world.line.append(Player()),
                lambda: setattr(world.line[-1], "hp", 2),
                lambda: setitem(world.line, 3, Player()),
                lambda: world.line.pop(size - 1),
                lambda: setattr(world.line[-1], "hp", 3),
            ):
                act()
                flush: list[Flush] = []
                found.append(effort(lambda: flush.append(tree.flush())))  # noqa: B023  # used up in this turn
                patch = mirror.encoder.patch(flush[0])
                found.append(effort(lambda: mirror.replica.apply_patch(patch)))  # noqa: B023  # used up in this turn
            return found

        self.assertEqual(cost(40), cost(4_000))


class Wide(State):
    """An entity with so many fields that few writes have the same mask."""

    a: uint8
    b: uint8
    c: uint8
    d: uint8
    e: uint8
    f: uint8


class Plain(State):
    """A root of such."""

    wide: Map[str, Wide]


class SchemaTests(SynchronousTestCase):
    def test_code_is_made_for_what_comes_up_often(self) -> None:
        """Sets of fields that change together once get no code of their own."""
        self.patch(visit, "parts", None)
        plain = Plain(wide={"w": Wide()})
        tree = Tree(plain)
        encoder = SchemaEncoder(tree, 5)
        made = len(encoder._visits._writers)
        for mask in range(1, 64):
            for at, name in enumerate("abcdef"):
                if mask >> at & 1:
                    setattr(plain.wide["w"], name, mask)
            encoder.patch(tree.flush())
        self.assertEqual(len(encoder._visits._writers), made)
        for number in range(100):
            plain.wide["w"].a = 100 + number
            encoder.patch(tree.flush())

        self.assertEqual(len(encoder._visits._writers), made + 1)
