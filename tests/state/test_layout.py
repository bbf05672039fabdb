"""Tests of `nexus.state.layout`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import State, uint8
from nexus.state.layout import MAX_FIELDS, Layout, slot
from nexus.state.rule import Lane
from tests.state.stage import Item, Player, Scene, Unit, World


def named(layout: Layout, mask: int) -> set[str]:
    """Return the names of the fields in a mask."""
    return {each.name for each in layout.fields if each.bit & mask}


def wide(count: int) -> Any:
    """Make a State class with so many fields."""
    hints = {f"f{i}": uint8 for i in range(count)}
    return type(State)(
        "Wide", (State,), {"__module__": __name__, "__annotations__": hints}
    )


class LayoutTests(SynchronousTestCase):
    def test_fields_by_what_they_hold(self) -> None:
        """References and containers are told from values."""
        layout = Player.__layout__

        self.assertEqual([each.name for each in layout.references], ["held"])
        self.assertEqual(
            [each.name for each in layout.containers], ["bag", "scores", "tags"]
        )

    def test_offsets_are_distinct(self) -> None:
        """Each container has an id of its own right behind its State's."""
        layout = Player.__layout__

        self.assertEqual([layout.offset(each) for each in layout.containers], [1, 2, 3])

    def test_masks_by_rule(self) -> None:
        """What everybody may see and what a lane carries is known as masks."""
        layout = Unit.__layout__

        self.assertEqual(named(layout, layout.open), {"hp"})
        self.assertEqual(
            named(layout, layout.by_lane[Lane.GROUP]), {"note", "seen", "mark"}
        )
        self.assertEqual(named(layout, layout.by_lane[Lane.PRIVATE]), {"plan"})

    def test_container_of_states_is_open(self) -> None:
        """A container of States is seen by all: each State in it is asked about."""
        layout = Scene.__layout__

        self.assertEqual(
            named(layout, layout.open), {"turn", "units", "hidden", "hands"}
        )
        self.assertEqual([each.name for each in layout.limited_references], ["boss"])

    def test_sent_and_stored(self) -> None:
        """Server-only fields are not sent, transient ones are not stored."""
        layout = World.__layout__
        every = {each.name for each in layout.fields}

        self.assertEqual(named(layout, layout.sent), every - {"secret"})
        self.assertEqual(named(layout, layout.stored), every - {"spare"})

    def test_children_are_in_order(self) -> None:
        """The States directly below come in the order of fields and entries."""
        sword, shield, bow = (Item() for _ in range(3))
        player = Player(held=bow, bag=[sword, shield])

        self.assertEqual(Player.__layout__.children(player), [sword, shield, bow])

    def test_capture_and_restore(self) -> None:
        """A State can be made what it was: fields, containers, order and place."""
        sword = Item(name="sword")
        player = Player(bag=[sword], scores={"a": 1, "b": 2}, tags={"x"})
        world = World(players={"ann": player})
        captured = player.__layout__.capture(player)
        player.hp = 1
        player.bag.pop()
        player.scores["a"] = 9
        del player.scores["a"]
        player.tags.clear()
        world.players.clear()

        player.__layout__.restore(player, captured)

        self.assertEqual((player.hp, player.bag, player.tags), (100, [sword], {"x"}))
        self.assertEqual(list(player.scores.items()), [("a", 1), ("b", 2)])
        self.assertIs(player._parent, world)

    def test_no_fields(self) -> None:
        """A class without fields has a layout too."""
        layout = State.__layout__

        self.assertEqual((layout.fields, layout.open, layout.sent), ((), 0, 0))

    def test_at_most_63_fields(self) -> None:
        """63 fields fit into a mask; one more is refused by its name."""
        made = wide(MAX_FIELDS)(f62=5)

        self.assertEqual(made.f62, 5)
        self.assertEqual(made.__layout__.fields[62].bit, 1 << 62)
        with self.assertRaises(FieldError) as caught:
            wide(MAX_FIELDS + 1)
        self.assertEqual(
            str(caught.exception), "Wide.f63: a State class has at most 63 fields"
        )

    def test_inherited_fields_count(self) -> None:
        """Fields above count among the 63."""
        namespace = {"__module__": __name__, "__annotations__": {"more": uint8}}

        with self.assertRaisesRegex(FieldError, r"Wider\.more: .* at most 63"):
            type(State)("Wider", (wide(MAX_FIELDS),), namespace)

    def test_slots_have_names_of_their_own(self) -> None:
        """The place of a value does not clash with what a State has beside it."""
        self.assertEqual(slot("id"), "_f_id")
