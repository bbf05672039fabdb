"""Tests of `nexus.state.field`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, Optional

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import (
    OWNER,
    List,
    Map,
    Role,
    Set,
    State,
    field,
    float32,
    float64,
    int8,
    number,
    quantized,
    uint8,
    uint16,
)
from nexus.state.field import PLAIN_KINDS, Field, read
from nexus.state.rule import Lane
from tests.state.stage import Item


class Side(Enum):
    NORTH = 1


def declared(hint: Any, **said: Any) -> Field:
    """Read the annotation of a field `Town.x`."""
    return read("Town", "x", 3, hint, field(**said))


class ReadTests(SynchronousTestCase):
    def refused(self, hint: Any, why: str, **said: Any) -> None:
        """Check that a declaration is refused, by the name of the field."""
        with self.assertRaises(FieldError) as caught:
            declared(hint, **said)
        self.assertEqual(str(caught.exception), f"Town.x: {why}")

    def test_values(self) -> None:
        """A scalar annotation gives a kind, and no State."""
        kinds = {
            bool: "bool",
            uint8: "uint8",
            int8: "int8",
            float: "float64",
            float32: "float32",
            float64: "float64",
            number: "number",
            Annotated[float, quantized(0, 1)]: "quantized",
            str: "str",
            bytes: "bytes",
            datetime: "datetime",
            Side: "enum",
        }
        for hint, name in kinds.items():
            each = declared(hint)

            self.assertEqual((each.shape, each.state, each.optional), ("one", None, 0))
            self.assertEqual(each.kind and each.kind.name, name)

    def test_optional_values(self) -> None:
        """`| None` and Optional make a field that may hold None."""
        for hint in (uint8 | None, Optional[uint8], None | Side, Item | None):  # noqa: UP045  # both spellings
            self.assertTrue(declared(hint).optional)

    def test_states(self) -> None:
        """A State class gives a reference."""
        each = declared(Item)

        self.assertEqual((each.shape, each.kind, each.state), ("one", None, Item))

    def test_containers(self) -> None:
        """A container has its shape, and the kind or class of what it holds."""
        for hint, shape, state in (
            (Map[str, uint8], "map", None),
            (Map[str, Item], "map", Item),
            (List[Side], "list", None),
            (List[Item], "list", Item),
            (Set[str], "set", None),
        ):
            each = declared(hint)

            self.assertEqual((each.shape, each.state), (shape, state))
            self.assertEqual(each.kind is None, state is not None)

    def test_a_note_on_a_type_is_passed_over(self) -> None:
        """What else stands in Annotated does not hide the kind."""
        kind = declared(Annotated[uint8, "hit points"]).kind

        self.assertEqual(kind and kind.name, "uint8")

    def test_place_and_rule(self) -> None:
        """A field knows its bit, its rule and the lane of its bytes."""
        each = declared(uint8, visible=OWNER)

        self.assertEqual((each.bit, each.rule, each.lane), (8, OWNER, Lane.PRIVATE))
        self.assertEqual(declared(uint8).lane, Lane.SHARED)
        self.assertEqual(declared(uint8, visible=Role("gm")).lane, Lane.GROUP)
        self.assertEqual(declared(uint8, server_only=True).lane, Lane.NEVER)

    def test_int_needs_a_width(self) -> None:
        """A plain int says nothing of its size on the wire."""
        why = "say how wide it is: int8 to int64, uint8 to uint64, or number"

        self.refused(int, why)
        self.refused(List[int], why)

    def test_unknown_types_are_refused(self) -> None:
        """What no State can hold is refused, and the type is shown."""
        for hint in (list, dict[str, int], object, Any, None, complex, uint8 | str):
            with self.assertRaisesRegex(FieldError, r"Town\.x: a State cannot hold .*"):
                declared(hint)

    def test_types_of_python_are_refused_with_ours(self) -> None:
        """Who writes a container of Python's is told which one to write."""
        for hint, ours in (
            (dict[str, int], "Map[str, int]"),
            (dict, "Map[...]"),
            (list[Item], "List[Item]"),
            (tuple, "List[...]"),
            (set[str], "Set[str]"),
            (frozenset, "Set[...]"),
        ):
            self.refused(hint, f"a State cannot hold {hint!r}; write {ours}")

    def test_factory_can_be_called(self) -> None:
        """A value in place of a factory is refused: all States would share it."""
        self.refused(
            List[uint8],
            "a factory is called to make each default anew, such as list or a lambda; "
            "[] cannot be called",
            factory=[],
        )

    def test_unhashable_types_are_refused(self) -> None:
        """A hint that cannot be looked up is refused like any other."""
        for hint in (Annotated[list, []], Literal[[]]):  # type: ignore[valid-type]  # not valid
            with self.assertRaisesRegex(FieldError, r"Town\.x: a State cannot hold .*"):
                declared(hint)

    def test_containers_say_what_they_hold(self) -> None:
        """A bare container is refused."""
        self.refused(Map, "say what it holds: Map[...]")
        self.refused(List, "say what it holds: List[...]")
        self.refused(Set, "say what it holds: Set[...]")

    def test_map_keys_are_str(self) -> None:
        """A Map has str keys."""
        self.refused(Map[int, uint8], "a Map has str keys: write Map[str, ...]")
        self.refused(Map[uint8], "a Map has str keys: write Map[str, ...]")  # type: ignore[misc]  # wrong on purpose

    def test_lists_and_sets_hold_one_type(self) -> None:
        """A List or Set of two types is refused."""
        for hint in (List[uint8, str], Set[uint8, str]):  # type: ignore[misc]  # wrong on purpose
            with self.assertRaisesRegex(FieldError, r"Town\.x: "):
                declared(hint)

    def test_no_container_in_a_container(self) -> None:
        """Containers stand in States only, however they are spelled."""
        why = "a container cannot hold containers directly; put a State between"

        self.refused(Map[str, List[uint8]], why)
        self.refused(List[Set[uint8]], why)
        self.refused(List[Map], why)  # type: ignore[type-arg]  # wrong on purpose

    def test_no_optional_in_a_container(self) -> None:
        """An entry is there or it is not."""
        why = "a container cannot hold None; leave the entry out instead"

        self.refused(List[uint8 | None], why)
        self.refused(Map[str, Item | None], why)

    def test_no_optional_container(self) -> None:
        """A container is there from the beginning."""
        why = "a container cannot be optional; leave it empty instead"

        self.refused(List[uint8] | None, why)

    def test_no_states_in_a_set(self) -> None:
        """A Set holds values."""
        self.refused(Set[Item], "a Set holds values; use a Map or a List for States")

    def test_special_is_for_floats(self) -> None:
        """Only float fields can take NaN, and no Set does."""
        why = "special=True is for float fields"

        self.refused(uint8, why, special=True)
        self.refused(Item, why, special=True)
        self.refused(Annotated[float, quantized(0, 1)], why, special=True)
        self.refused(Set[float], "a Set takes no NaN; leave special out", special=True)
        self.assertTrue(declared(List[float32], special=True).kind)

    def test_kept_nowhere_is_refused(self) -> None:
        """A field that is neither stored nor sent would be a plain attribute."""
        why = "transient and server_only together would keep it nowhere"

        self.refused(uint8, why, transient=True, server_only=True)

    def test_enum_without_members_is_refused(self) -> None:
        """An Enum that cannot be told apart is refused by the name of the field."""
        self.refused(Enum("Empty", []), "Empty has 0 members")

    def test_rule_is_a_rule(self) -> None:
        """A role's name is no rule: it is refused where it is declared."""
        with self.assertRaisesRegex(FieldError, r"Town\.x: "):
            type(State)(
                "Town",
                (State,),
                {
                    "__module__": __name__,
                    "__annotations__": {"x": uint8},
                    "x": field(visible="gm"),  # type: ignore[arg-type]  # wrong on purpose
                },
            )


class PlainKindTests(SynchronousTestCase):
    def test_kinds_by_name(self) -> None:
        """Every kind without numbers of its own is known by its name."""
        self.assertEqual(
            sorted(PLAIN_KINDS),
            sorted(
                [
                    "bool",
                    "str",
                    "bytes",
                    "datetime",
                    "float32",
                    "float64",
                    "number",
                    "int8",
                    "int16",
                    "int32",
                    "int64",
                    "uint8",
                    "uint16",
                    "uint32",
                    "uint64",
                ]
            ),
        )
        for name, kind in PLAIN_KINDS.items():
            self.assertEqual(kind.describe(), [name])

    def test_types_are_these_kinds(self) -> None:
        """An annotation and a name in an Outline mean the same."""
        kind = declared(uint16).kind

        self.assertEqual(kind and kind.describe(), PLAIN_KINDS["uint16"].describe())
