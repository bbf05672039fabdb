"""Tests of `nexus.state.outline`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import (
    OWNER,
    SHOWN,
    Map,
    Outline,
    Role,
    State,
    Table,
    Tree,
    field,
    uint8,
)
from tests.state.stage import Item, Player, Scene, World


class Thing(State):
    """What stands above others."""

    name: str


class Tool(Thing):
    """A Thing below Thing."""

    uses: uint8 | None


class Bare(Tool):
    """A class that adds nothing."""


class Shop(State):
    """A root."""

    things: Map[str, Thing]
    cash: uint8 = field(server_only=True)
    queue: uint8 = field(transient=True)


class SmallShop(Shop):
    """A class below the root's."""


class Citizen(State):
    """A row with a column for a role."""

    age: uint8
    crime: uint8 = field(default=0, visible=Role("judge"))


class Town(State):
    """It has such rows."""

    citizens: Table[Citizen]


class SecretTown(State):
    """Where the rows are for a role as a whole."""

    citizens: Table[Citizen] = field(visible=Role("judge"))


class OwnTown(State):
    """Where somebody owns what the rows are in."""

    town: Town | None = field(default=None, visible=OWNER)


class County(State):
    """Something between."""

    towns: Map[str, Town]


class Country(State):
    """Where few are shown what the rows are in, far above them."""

    counties: Map[str, County] = field(visible=SHOWN)


class SilentTown(State):
    """Where nobody is told of the rows."""

    citizens: Table[Citizen] = field(server_only=True)


class OutlineTests(SynchronousTestCase):
    def test_classes_are_found(self) -> None:
        """The root, what its fields name, and what stands below that, parents first."""
        outline = Outline(Shop)

        self.assertEqual(set(outline.classes), {Shop, Thing, Tool, Bare})
        for cls in outline.classes:
            parent = outline.parent(cls)
            if parent is not None:
                self.assertLess(outline.number(parent), outline.number(cls))

    def test_classes_below_the_root_are_not_meant(self) -> None:
        """The root is of the class that was named, and of none below."""
        with self.assertRaises(FieldError):
            Outline(Shop).number(SmallShop)

    def test_classes_above_the_root_are(self) -> None:
        """A class above brings its fields, so it has a number too."""
        outline = Outline(SmallShop)

        self.assertEqual(outline.parent(SmallShop), Shop)

    def test_unknown_class(self) -> None:
        """A class that nothing names cannot stand in the tree."""
        with self.assertRaisesRegex(FieldError, "Player cannot stand below Shop"):
            Outline(Shop).number(Player)

    def test_description(self) -> None:
        """Readers get names, parents and fields; what they never get is None."""
        outline = Outline(Shop)
        root, classes = outline.describe()
        by_name = {name: (parent, fields) for name, parent, fields in classes}

        self.assertEqual(root, outline.number(Shop))
        self.assertEqual(by_name["Thing"], (-1, [["name", 0, 0, ["str"]]]))
        parent, fields = by_name["Tool"]
        self.assertEqual(parent, outline.number(Thing))
        self.assertEqual(fields[1], ["uses", 0, 1, ["uint8"]])
        things, cash, queue = by_name["Shop"][1]
        self.assertEqual(things, ["things", 1, 0, outline.number(Thing)])
        self.assertEqual((cash, queue), (None, ["queue", 0, 0, ["uint8"]]))

    def test_description_for_a_store(self) -> None:
        """A store gets what is server-only and not what is transient."""
        _, classes = Outline(Shop).describe(stored=True)
        [fields] = [fields for name, _, fields in classes if name == "Shop"]

        self.assertEqual(fields[1:], [["cash", 0, 0, ["uint8"]], None])

    def test_fingerprint_follows_the_description(self) -> None:
        """Equal descriptions have equal fingerprints, others have others."""
        one, two = Outline(Shop), Outline(Shop)

        self.assertEqual(one.fingerprint(), two.fingerprint())
        self.assertEqual(len(one.fingerprint()), 8)
        others = [one.fingerprint(stored=True), Outline(Thing).fingerprint()]
        self.assertEqual(len({one.fingerprint(), *others}), 3)

    def test_what_clients_never_get_is_no_matter_to_them(self) -> None:
        """A server-only field leaves only its place in the fingerprint."""

        def fingerprint(hint: Any, name: str) -> bytes:
            cls: Any = type(State)(
                "Same",
                (State,),
                {
                    "__module__": __name__,
                    "__annotations__": {name: hint},
                    name: field(server_only=True),
                },
            )
            return Outline(cls).fingerprint()

        self.assertEqual(fingerprint(uint8, "a"), fingerprint(str, "b"))

    def test_rules_are_known(self) -> None:
        """An Outline says whether any field is not for everybody."""
        grouped: Any = type(State)(
            "Grouped",
            (State,),
            {
                "__module__": __name__,
                "__annotations__": {"x": uint8},
                "x": field(visible=Role("gm")),
            },
        )
        found = [(Outline(cls).differs, Outline(cls).private)
                 for cls in (Player, grouped, Scene)]  # fmt: skip

        self.assertEqual(found, [(False, False), (True, False), (True, True)])
        self.assertEqual(Scene.__layout__.by_name["hands"].rule, OWNER)

    def test_class_that_names_itself(self) -> None:
        """A class that stands below its like is one class."""
        chain: Any = type(State)(
            "Chain",
            (State,),
            {"__module__": __name__, "__annotations__": {"next": "Chain | None"}},
        )

        self.assertEqual(Outline(chain).classes, [chain])
        self.assertEqual(Outline(Item).classes, [Item])

    def make(self, name: str, above: Any, **hints: Any) -> Any:
        """Make a class that no other test finds below its own ones."""
        namespace = {"__module__": __name__, "__annotations__": hints}
        return type(State)(name, (above,), namespace)

    def test_a_name_is_of_one_class(self) -> None:
        """Two classes of one name are refused: snapshots know classes by name."""
        base = self.make("Base", State)
        one, other = self.make("Same", base), self.make("Same", State)
        other.__qualname__ = "elsewhere.Same"
        root = self.make("Root", State, things=Map[str, base], other=other)

        with self.assertRaisesRegex(
            FieldError,
            r"below Root are called Same: .*elsewhere\.Same and .*\.Same; rename one",
        ):
            Tree(root())
        self.assertEqual(Outline(base).classes, [base])
        self.assertTrue(issubclass(one, base))

    def test_the_newest_of_a_class_counts(self) -> None:
        """A class whose module was loaded again takes the place of the old one."""
        base = self.make("Base", State)
        old, new = self.make("Again", base), self.make("Again", base)
        outline = Outline(self.make("Root", State, things=Map[str, base]))

        self.assertIn(new, outline.classes)
        self.assertNotIn(old, outline.classes)

    def test_who_hides_something_need_not_part_clients(self) -> None:
        """What is for nobody is hidden from all; what is for some parts them."""
        self.assertTrue(Outline(World).hides)
        for said, hides, differs in (
            ({}, False, False),
            ({"server_only": True}, True, False),
            ({"visible": Role("gm")}, True, True),
            ({"visible": OWNER}, True, True),
        ):
            namespace = {
                "__module__": __name__,
                "__annotations__": {"secret": uint8},
                "secret": field(default=0, **said),
            }
            outline = Outline(type(State)("Root", (State,), namespace))
            self.assertEqual((outline.hides, outline.differs), (hides, differs))

    def test_who_sees_a_table_with_columns_for_roles_is_everybody(self) -> None:
        """No rule may stand before it, be it at the Table or anywhere above."""
        self.assertTrue(Outline(Town).clears)
        self.assertTrue(Outline(Town).differs)
        self.assertFalse(Outline(Shop).clears)
        for root in (SecretTown, Country, OwnTown):
            with self.assertRaisesRegex(FieldError, "has columns for roles, so every"):
                Outline(root)
        # Nobody is told of what only the server has.
        Outline(SilentTown)
