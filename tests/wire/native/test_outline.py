"""Tests of the outline as a reader knows it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.state import Tree
from nexus.state.outline import SHAPES
from nexus.wire.codec import pack
from nexus.wire.native import encode_outline, read_outline
from tests import examples
from tests.strategies import WorldPlan, build, worlds
from tests.wire.native.kit import FINGERPRINT, GEM, ITEM, OTHER, OUTLINE, ROOT


def outline(classes: Any, root: Any = 0, fingerprint: Any = FINGERPRINT) -> bytes:
    """Return an outline with these parts."""
    return pack([1, fingerprint, root, classes])


def typed(held: Any, shape: int = 0) -> bytes:
    """Return an outline with one field that holds this."""
    return outline([["A", -1, [["f", shape, 0, held]]]])


class ReadTests(SynchronousTestCase):
    @given(worlds())
    @settings(max_examples=examples(100, 3000))
    def test_what_is_written_is_read(self, plan: WorldPlan) -> None:
        """A reader knows every class and field that clients, or stores, may have."""
        tree = Tree(build(plan)[-1]())
        for stored in (False, True):
            root, classes = tree.outline.describe(stored=stored)

            read = read_outline(encode_outline(tree.outline, stored=stored))

            self.assertEqual(read.fingerprint, tree.outline.fingerprint(stored=stored))
            self.assertEqual(read.root, root)
            self.assertEqual(
                [[cls.name, cls.parent] for cls in read.classes],
                [said[:2] for said in classes],
            )
            for cls, (_, _, fields) in zip(read.classes, classes, strict=True):
                self.assertEqual([each and _said(each) for each in cls.fields], fields)

    def test_classes_know_what_they_stand_for(self) -> None:
        """A class stands for itself and for those above it."""
        read = read_outline(OUTLINE)
        gem = read.cls(GEM)

        self.assertTrue(read.stands_for(gem, GEM))
        self.assertTrue(read.stands_for(gem, ITEM))
        self.assertFalse(read.stands_for(gem, OTHER))
        self.assertFalse(read.stands_for(read.cls(ITEM), GEM))

    def test_masks_name_fields(self) -> None:
        """A mask gives its fields, and is refused when a bit stands for none."""
        root = read_outline(OUTLINE).cls(ROOT)

        self.assertEqual([each.name for each in root.of_mask(0b101)], ["name", "ref"])
        for mask in (1 << 8, 1 << 9, 1 << 62):
            self.assertRaises(PeerError, root.of_mask, mask)

    def test_unknown_numbers_are_refused(self) -> None:
        """There is no class beyond the table, nor before it."""
        read = read_outline(OUTLINE)

        self.assertRaises(PeerError, read.cls, 4)
        self.assertRaises(PeerError, read.cls, -1)


class RefusalTests(SynchronousTestCase):
    def refuse(self, *outlines: bytes) -> None:
        """Check that none of these is an outline."""
        for data in outlines:
            self.assertRaises(PeerError, read_outline, data)

    def test_other_arrays_are_refused(self) -> None:
        """An outline is an array of four with the number of the format first."""
        self.refuse(
            b"",
            pack(None),
            pack([]),
            pack([1, FINGERPRINT, 0]),
            pack([2, FINGERPRINT, 0, [["A", -1, []]]]),
            pack([True, FINGERPRINT, 0, [["A", -1, []]]]),
            outline([["A", -1, []]]) + b"\xc0",
            outline([["A", -1, []]])[:-1],
            outline([["A", -1, []]], fingerprint=b"short"),
            outline([["A", -1, []]], fingerprint="12345678"),
        )

    def test_the_root_must_be_there(self) -> None:
        """The root is the number of a class of the table."""
        self.refuse(outline([]), *(outline([["A", -1, []]], n) for n in (1, -1, None)))

    def test_parents_come_first(self) -> None:
        """The class above one stands before it in the table."""
        self.refuse(*(outline([["A", parent, []]]) for parent in (0, 1, -2, None)))
        read_outline(outline([["A", -1, []], ["B", 0, []]]))

    def test_classes_have_three_parts(self) -> None:
        """A class is a name, a parent and at most 63 fields."""
        field = ["f", 0, 0, ["bool"]]
        fields = [[f"f{i}", 0, 0, ["bool"]] for i in range(64)]

        self.refuse(
            outline([["A", -1]]),
            outline([[1, -1, []]]),
            outline([["A", -1, fields]]),
            outline([["A", -1, [field[:3]]]]),
            outline([["A", -1, [[*field, 1]]]]),
            outline([["A", -1, [1]]]),
            outline([["A", -1, None]]),
        )
        read_outline(outline([["A", -1, fields[:63]]]))

    def test_fields_have_a_shape_and_an_option(self) -> None:
        """A shape is one of four, and an option 0 or 1."""
        for shape, optional in [(4, 0), (-1, 0), (0, 2), (0, True), (None, 0)]:
            self.refuse(outline([["A", -1, [["f", shape, optional, ["bool"]]]]]))

    def test_held_classes_must_be_there(self) -> None:
        """What a field refers to is a class of the table, and no Set holds entities."""
        self.refuse(typed(1), typed(-1), typed(0, shape=3))
        read_outline(typed(0, shape=2))

    def test_unknown_types_are_refused(self) -> None:
        """A type is one that the format describes, with nothing more to it."""
        for held in (
            [],
            ["int128"],
            ["int8", 1],
            [1],
            [None],
            [b"int8"],
            "int8",
            None,
            ["enum"],
            ["enum", 1],
            ["enum", "A", b"B"],
        ):
            self.refuse(typed(held))

    def test_impossible_quantities_are_refused(self) -> None:
        """A quantized type has ends in order, whole bytes of bits, and wrap 0 or 1."""
        for low, high, bits, wrap in [
            (0, 1, 7, 0),
            (1, 0, 8, 0),
            (0, 0, 8, 0),
            (0, float("nan"), 8, 0),
            (0, float("inf"), 8, 0),
            (-1.7e308, 1.7e308, 8, 0),
            (0, 1, "8", 0),
            (0, 1, 8, None),
            (None, 1, 8, 0),
        ]:
            self.refuse(typed(["quantized", low, high, bits, wrap]))
        self.refuse(typed(["quantized"]), typed(["quantized", 0, 1, 8]))

    def test_ends_of_a_quantity_are_numbers(self) -> None:
        """The ends of a quantized type are ints or floats, never a text of one."""
        for low, high in [("0", 1), (0, "1"), (b"0", 1), (False, True)]:
            self.refuse(typed(["quantized", low, high, 8, 0]))

    def test_tiny_quantities_are_refused(self) -> None:
        """Ends so near each other that no step fits between them are refused."""
        self.refuse(
            typed(["quantized", -5e-324, 0.0, 8, 0]),
            typed(["quantized", 0.0, 5e-324, 8, 0]),
        )

    def test_wrap_is_zero_or_one(self) -> None:
        """Whether a quantity wraps is said by 0 or 1, and by nothing else."""
        for wrap in (2, -1, True):
            self.refuse(typed(["quantized", 0, 1, 8, wrap]))


def _said(each: Any) -> list[Any]:
    """Return what an outline says of a field."""
    if each.kind is None:
        held = each.cls
    elif each.kind.name == "enum":
        held = ["enum", *each.kind.members]
    else:
        held = each.kind.describe()
    return [each.name, SHAPES.index(each.shape), int(each.optional), held]
