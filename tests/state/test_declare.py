"""Tests of `nexus.state.declare`: names and types of fields, also of those above."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, ClassVar

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import OWNER, List, State, Tree, field, float32, quantized, uint8
from nexus.state.declare import RESERVED, names_of
from tests.state.declaring import Base, Below, Town, make
from tests.state.stage import Item, Mirror


class ClassVariant(Enum):
    """An Enum whose name looks like that of a marker."""

    PLAIN = 1


class Swimmer(State):
    """A class with a method."""

    def swim(self) -> None:
        """Do nothing of importance."""


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
        hints = {"child": "Tree | None", "more": "List[Tree]"}
        cls = make("Tree", hints, __module__=__name__)
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
