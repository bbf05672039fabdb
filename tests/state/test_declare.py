"""Tests of `nexus.state.declare`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PlaceError
from nexus.state import (
    OWNER,
    List,
    Map,
    Set,
    State,
    Tree,
    field,
    float32,
    quantized,
    uint8,
)
from nexus.state.declare import RESERVED, names_of
from tests.state.stage import Item, Mirror, Player


class ClassVariant(Enum):
    """An Enum whose name looks like that of a marker."""

    PLAIN = 1


class Town(State):
    """Defaults of all sorts."""

    size: uint8 = 7
    name: str = field(default="here")
    number: uint8 = field(factory=iter([1, 2, 3]).__next__)
    best: uint8 | None
    worst: uint8 | None = 3
    mayor: Item
    guest: Item | None
    given: Item = field(factory=lambda: Item(name="given"))
    items: Map[str, Item]
    things: List[Item] = field(factory=lambda: [Item(name="a")])
    marks: Set[uint8] = field(factory=lambda: {1, 2})
    empty: List[uint8] = ()  # type: ignore[assignment]  # an empty default is taken
    LIMIT: ClassVar[int] = 5


class Base(State):
    """A class above another."""

    one: uint8


class Below(Base):
    """A class below another."""

    two: uint8


class Swimmer(State):
    """A class with a method."""

    def swim(self) -> None:
        """Do nothing of importance."""


def make(name: str, annotations: dict[str, Any], **said: Any) -> Any:
    """Make a State class."""
    namespace = {"__module__": __name__, "__annotations__": annotations, **said}
    return type(State)(name, (State,), namespace)


class NameTests(SynchronousTestCase):
    def test_class_variables_are_no_fields(self) -> None:
        """A ClassVar stays what it is, spelled as text or not."""
        hints = {"a": uint8, "b": ClassVar[int], "c": "ClassVar[int]", "d": ClassVar}

        self.assertEqual(names_of({"__annotations__": hints}), ["a"])
        self.assertEqual(Town.LIMIT, 5)

    def test_a_type_may_be_named_like_a_class_variable(self) -> None:
        """Only ClassVar itself takes a name out."""
        hints = {"kind": "ClassVariant", "other": ClassVariant}

        self.assertEqual(names_of({"__annotations__": hints}), ["kind", "other"])

    def test_names_without_annotation_are_no_fields(self) -> None:
        """A plain attribute of the class body is one of the class."""
        cls = make("Plain", {}, answer=42)

        self.assertEqual(cls.__layout__.fields, ())
        self.assertEqual(cls().answer, 42)

    def test_odd_names_are_taken(self) -> None:
        """Whatever is a name of Python can be a field."""
        names = "keys values items get x_1 X été cls value convert kind check undo id"
        more = "dirty bucket args attr_dict NOTHING index name write"
        cls = make("Odd", dict.fromkeys([*names.split(), *more.split()], uint8))
        made = cls(**dict.fromkeys([*names.split(), *more.split()], 3))
        made.keys = 4

        self.assertEqual((made.keys, made.cls, made.NOTHING), (4, 3, 3))
        self.assertEqual(cls().NOTHING, 0)

    def test_self_is_refused(self) -> None:
        """`self` cannot be an argument of `__init__` twice: the field is named."""
        with self.assertRaisesRegex(FieldError, r"Odd\.self: "):
            make("Odd", {"self": uint8})

    def test_private_and_impossible_names_are_refused(self) -> None:
        """A field's name starts with a letter and is no keyword."""
        for name in ("_x", "__init__", "class", "1x", "a b", ""):
            with self.assertRaises(FieldError) as caught:
                make("Odd", {name: uint8})
            self.assertEqual(
                str(caught.exception),
                f"Odd.{name}: a field's name starts with a letter",
            )

    def test_owner_is_refused(self) -> None:
        """Every State has an owner already."""
        with self.assertRaisesRegex(FieldError, r"Odd\.owner: .* choose another name"):
            make("Odd", {"owner": str})

    def test_names_of_the_sdks_are_refused(self) -> None:
        """A field cannot have a name that the official SDKs use."""
        for name in RESERVED:
            with self.assertRaisesRegex(FieldError, rf"Odd\.{name}: .*Colyseus"):
                make("Odd", {name: str})

    def test_inherited_names_are_refused(self) -> None:
        """A field cannot hide a method from above, nor a method a field."""
        for base, namespace in (
            (Swimmer, {"__annotations__": {"swim": uint8}}),
            (Base, {"one": lambda self: 3}),
            (Base, {"one": property(lambda self: 3)}),
            (Base, {"one": int}),
            (Base, {"__annotations__": {"one": ClassVar[int]}, "one": 3}),
        ):
            with self.assertRaisesRegex(
                FieldError, r"^Again\.(one|swim): .*above Again"
            ):
                type(State)("Again", (base,), {"__module__": __name__, **namespace})


class RedeclareTests(SynchronousTestCase):
    def below(self, above: Any = Base, hint: Any = None, **said: Any) -> Any:
        """Make a class below another one that says something of its fields."""
        hints = {} if hint is None else dict.fromkeys(said, hint)
        namespace = {"__module__": __name__, "__annotations__": hints, **said}
        return type(State)("Again", (above,), namespace)

    def test_another_default(self) -> None:
        """A class below may give another default, annotated again or not."""
        for cls in (
            self.below(one=7),
            self.below(one=7, hint=uint8),
            self.below(one=field(default=7)),
            self.below(one=field(factory=lambda: 7)),
            self.below(self.below(one=7)),
            self.below(self.below(one=5), one=7),
        ):
            self.assertEqual((cls().one, cls(one=3).one, Base().one), (7, 3, 0))
            self.assertEqual([each.index for each in cls.__layout__.fields], [0])
            self.assertRaisesRegex(
                FieldError, "Again.one: 256", setattr, cls(), "one", 256
            )

    def test_another_default_for_each_shape(self) -> None:
        """So it may for what holds a State, or is a container."""
        hints = {"mayor": Item, "guest": Item | None, "things": List[Item]}
        things = field(factory=lambda: [Item()])
        above = make("Hall", hints, things=things)
        mayor = field(factory=lambda: Item(name="new"))
        cls = self.below(above, mayor=mayor, things=(), guest=field(factory=Item))
        self.assertEqual((cls().mayor.name, cls().things), ("new", []))
        self.assertEqual((above().mayor.name, len(above().things)), ("", 1))
        mirror = Mirror(Tree(hall := cls()))
        hall.mayor = Item(name="newer")
        hall.things.append(Item())
        hall.guest = None

        mirror.follow()
        self.assertEqual((hall.guest, hall.mayor.name), (None, "newer"))

    def test_what_was_said_stays(self) -> None:
        """Who may see a field, and whether it is stored, is as it was said above."""
        above = make("Odd", {"x": uint8}, x=field(visible=OWNER, transient=True))
        cls = self.below(above, x=7)

        said = cls.__layout__.by_name["x"].said
        self.assertEqual((said.visible, said.transient, cls().x), (OWNER, True, 7))

    def test_only_the_default_can_be_another(self) -> None:
        """Another type, or anything else that is said, is refused by name."""
        for hint, said in (
            (float32, 1.0),
            (uint8 | None, None),
            (Annotated[float, quantized(0, 2)], 1.0),
            (List[uint8], ()),
            (Item, field(factory=Item)),
        ):
            with self.assertRaisesRegex(
                FieldError, r"^Again\.one: it has another type"
            ):
                self.below(one=said, hint=hint)
        for said in (field(transient=True), field(default=3, visible=OWNER)):
            with self.assertRaisesRegex(
                FieldError, r"^Again\.one: .* only its default"
            ):
                self.below(one=said)
        with self.assertRaisesRegex(FieldError, r"^Again\.one: 'x' is no uint8"):
            self.below(one="x")


class HintTests(SynchronousTestCase):
    def test_class_may_name_itself(self) -> None:
        """A class can stand below itself in a container, or where it is optional."""
        cls = make("Tree", {"child": "Tree | None", "more": "List[Tree]"})
        made = cls(child=cls(), more=[cls()])

        self.assertIs(cls.__layout__.by_name["more"].state, cls)
        self.assertIsNone(made.child.child)

    def test_class_must_see_its_types(self) -> None:
        """A name that is not there is refused with the class and what to do."""
        with self.assertRaisesRegex(FieldError, r"^Odd: .*'Nowhere'.* top of a module"):
            make("Odd", {"x": "Nowhere"})

    def test_fields_keep_their_order(self) -> None:
        """Fields are numbered as they are declared, those above first."""
        names = [each.name for each in Below.__layout__.fields]

        self.assertEqual(names, ["one", "two"])
        self.assertEqual([each.index for each in Below.__layout__.fields], [0, 1])


class DefaultTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """A field holds its default, else the zero of its type."""
        town = Town()

        self.assertEqual(
            (town.size, town.name, town.best, town.worst), (7, "here", None, 3)
        )
        self.assertEqual((town.mayor.name, town.guest), ("", None))
        self.assertEqual((town.items, town.empty), ({}, []))

    def test_factories_make_anew(self) -> None:
        """Two States share nothing that can change."""
        one, two = Town(), Town()

        self.assertEqual(two.number, one.number + 1)
        self.assertIsNot(one.mayor, two.mayor)
        self.assertIsNot(one.given, two.given)
        self.assertEqual(two.given.name, "given")
        self.assertIsNot(one.things[0], two.things[0])
        self.assertEqual(two.marks, {1, 2})

    def test_shared_factory_is_refused(self) -> None:
        """A factory that gives the same State twice puts it at two places."""
        item = Item()
        cls = make("Odd", {"x": Item}, x=field(factory=lambda: item))
        first = cls()

        with self.assertRaises(PlaceError):
            cls()
        self.assertIs(first.x, item)

    def test_mutable_defaults_are_refused(self) -> None:
        """One State, list or dict must not become the default of many."""
        for hint, default in (
            (Item, Item()),
            (List[uint8], [1]),
            (Map[str, uint8], {"a": 1}),
            (Set[uint8], {1}),
        ):
            with self.assertRaises(FieldError) as caught:
                make("Odd", {"x": hint}, x=default)
            self.assertEqual(
                str(caught.exception),
                "Odd.x: give a factory that makes the default anew",
            )

    def test_defaults_are_checked(self) -> None:
        """A default that the field does not take is refused with the class."""
        for hint, default in (
            (uint8, 256),
            (uint8, None),
            (str, 1),
            (float32, 1e39),
            (float, float("nan")),
        ):
            with self.assertRaisesRegex(FieldError, r"Odd\.x: "):
                make("Odd", {"x": hint}, x=default)

    def test_defaults_of_references_and_containers_are_checked(self) -> None:
        """A default that is no State, or no content, is refused before it is used."""
        for hint, default in ((Item, None), (Item, 0), (List[uint8], 0), (Map, "")):
            hint = Map[str, uint8] if hint is Map else hint
            with self.assertRaisesRegex(FieldError, r"Odd\.x: "):
                make("Odd", {"x": hint}, x=default)()

    def test_a_default_or_a_factory(self) -> None:
        """Both together say two things."""
        with self.assertRaisesRegex(FieldError, "x"):
            make("Odd", {"x": uint8}, x=field(default=1, factory=lambda: 2))

    def test_factory_is_checked(self) -> None:
        """What a factory made is checked when a State is made."""
        cls = make("Odd", {"x": uint8}, x=field(factory=lambda: 256))

        with self.assertRaisesRegex(FieldError, r"Odd\.x: 256 is not within"):
            cls()

    def test_endless_defaults_are_refused(self) -> None:
        """A class that needs another of itself is refused when declared."""
        with self.assertRaises(FieldError) as caught:
            make("Node", {"child": "Node"})

        self.assertEqual(
            str(caught.exception),
            "Node.child: each Node would need another one without end; "
            "make it optional",
        )

    def test_default_of_the_class_above_ends(self) -> None:
        """A State of the class above has no such field, so the default ends there."""
        below: Any = type(State)(
            "Rider",
            (Base,),
            {"__module__": __name__, "__annotations__": {"mount": Base}},
        )

        self.assertIs(type(below().mount), Base)


class ArgumentTests(SynchronousTestCase):
    def test_arguments_are_checked(self) -> None:
        """`__init__` names the class that is made and the field, also of one above."""
        with self.assertRaisesRegex(FieldError, r"Below\.one: 256 is not within"):
            Below(one=256)
        with self.assertRaisesRegex(FieldError, r"Player\.held: 3 is no Item"):
            Player(held=3)
        with self.assertRaisesRegex(FieldError, r"Player\.bag\[0\]: 3 is no Item"):
            Player(bag=[3])
        with self.assertRaisesRegex(FieldError, r"Player\.scores: a Map is set from"):
            Player(scores=[1])

    def test_arguments_are_named(self) -> None:
        """Fields are given by name, and only fields."""
        with self.assertRaises(TypeError):
            Item("sword")
        with self.assertRaises(TypeError):
            Item(colour="red")

    def test_huge_values_are_refused_by_name(self) -> None:
        """Whatever is no State is refused with the class and field."""
        with self.assertRaisesRegex(FieldError, r"Player\.held: "):
            Player(held=10**5000)
