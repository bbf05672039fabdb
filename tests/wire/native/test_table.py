"""Tests of the table of entities and of the places where they stand."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.state.listen import Listeners
from nexus.wire.codec import pack
from nexus.wire.native import Mirror, Replica, plain, read_outline
from nexus.wire.native.news import News
from nexus.wire.native.op import Op
from nexus.wire.native.table import MAX_DEPTH, Table, below, content
from tests.wire.native.kit import (
    FINGERPRINT,
    GEM,
    ITEM,
    OTHER,
    OUTLINE,
    ROOT,
    create,
    replica,
    wire,
)

#: One class whose entities stand below each other.
CHAIN = pack([1, FINGERPRINT, 0, [["Node", -1, [["next", 0, 1, 0]]]]])


def chain(length: int, order: list[int]) -> bytes:
    """Return a snapshot of a chain whose links are made in this order."""
    return (
        wire(1, FINGERPRINT)
        + create(0, 1, 0)
        + b"".join(create(0, 1, id_) for id_ in range(1, length))
        + b"".join(wire(0, 1, at, at + 1) for at in order)
    )


class LinkTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a table with a root and three loose entities."""
        self.outline = read_outline(OUTLINE)
        self.table = Table(self.outline, News(Listeners()))
        cls = self.outline.cls
        self.root = self.table.create(0, cls(ROOT))
        self.one = self.table.create(1, cls(ITEM))
        self.gem = self.table.create(2, cls(GEM))
        self.other = self.table.create(3, cls(OTHER))
        self.ref = cls(ROOT).by_name["ref"]
        self.below = cls(ITEM).by_name["below"]

    def test_a_place_is_remembered(self) -> None:
        """An entity knows where it stands, and no more once it was taken away."""
        items = self.outline.cls(ROOT).by_name["items"]

        self.table.link(self.one, self.root, items, "key")

        self.assertEqual(
            (self.one._parent, self.one._field, self.one._key),
            (self.root, items, "key"),
        )
        self.table.unlink(self.one)
        self.assertIsNone(self.one._parent)

    def test_two_places_are_refused(self) -> None:
        """An entity that stands somewhere is not put anywhere else."""
        self.table.link(self.one, self.root, self.ref, None)

        self.assertRaises(
            PeerError, self.table.link, self.one, self.gem, self.below, None
        )

    def test_the_root_is_put_nowhere(self) -> None:
        """Nothing holds the root."""
        self.assertRaises(
            PeerError, self.table.link, self.root, self.one, self.below, None
        )

    def test_other_classes_are_refused(self) -> None:
        """A field holds entities of its class and of those below it, no others."""
        self.table.link(self.gem, self.root, self.ref, None)

        self.assertRaises(
            PeerError, self.table.link, self.other, self.root, self.ref, None
        )

    def test_circles_are_refused(self) -> None:
        """An entity stands neither below itself nor below what stands below it."""
        link = self.table.link
        self.assertRaises(PeerError, link, self.one, self.one, self.below, None)
        link(self.gem, self.one, self.below, None)

        self.assertRaises(PeerError, link, self.one, self.gem, self.below, None)

    def test_a_second_root_is_refused(self) -> None:
        """The root is made once, and of the root's class."""
        cls = self.outline.cls
        self.assertRaises(PeerError, self.table.create, 0, cls(ROOT))
        self.assertRaises(
            PeerError, Table(self.outline, News(Listeners())).create, 0, cls(ITEM)
        )

    def test_unknown_ids_are_refused(self) -> None:
        """An id that is not in the table stands for nothing."""
        self.assertRaises(PeerError, self.table.get, 9)


class DepthTests(SynchronousTestCase):
    def test_deep_chains_are_refused_from_the_top(self) -> None:
        """A chain that grows downwards ends at the greatest depth."""
        fits, over = MAX_DEPTH, MAX_DEPTH + 2
        Replica(CHAIN).apply_snapshot(chain(fits, list(range(fits - 1))))

        self.assertRaises(
            PeerError, Replica(CHAIN).apply_snapshot, chain(over, list(range(over - 1)))
        )

    def test_deep_chains_are_refused_from_the_bottom(self) -> None:
        """A chain that is hung up at last is refused when it is as long."""
        for length in (MAX_DEPTH + 2, 2000):
            upwards = list(reversed(range(length - 1)))
            self.assertRaises(
                PeerError, Replica(CHAIN).apply_snapshot, chain(length, upwards)
            )

    def test_a_subtree_that_moves_stays_within_the_depth(self) -> None:
        """What stands below an entity that moves counts, however long it was there."""
        fields = [["next", 0, 1, 0], ["side", 0, 1, 0]]
        held = Replica(pack([1, FINGERPRINT, 0, [["Node", -1, fields]]]))
        links = [*range(30), *range(31, 60)]
        held.apply_snapshot(
            wire(1, FINGERPRINT)
            + b"".join(create(0, 3, id_) for id_ in range(61))
            + b"".join(wire(0, 1, at, at + 1) for at in links)
            + wire(0, 2, 0, 31)
        )
        held.apply_patch(wire(1, 0, 2, 0, None, 0, 1, 30, 31))
        held.apply_patch(wire(2, 0, 1, 30, None, 0, 2, 0, 31))
        more = b"".join(create(0, 3, id_) for id_ in range(70, 74))
        more += b"".join(wire(0, 1, at, at + 1) for at in range(70, 73))
        held.apply_patch(wire(3) + more + wire(0, 1, 60, 70))

        again = wire(4, 0, 2, 0, None, 0, 1, 30, 31)
        self.assertRaises(PeerError, held.apply_patch, again)


class ReplacedTests(SynchronousTestCase):
    def test_the_older_one_must_go(self) -> None:
        """An entity whose id is another's is taken away by the same payload."""
        again = create(ITEM, 7, 10, 1)
        held = replica()

        self.assertRaises(PeerError, held.apply_patch, wire(5) + again)
        self.assertEqual(held.state.items["a"].hp, 1)

        held = replica()
        held.apply_patch(wire(5) + again + wire(Op.SET, ROOT, 3, 0, "a", 10))
        self.assertEqual(plain(held.state.items["a"])["below"], None)


class MirrorTests(SynchronousTestCase):
    def test_fields_are_attributes(self) -> None:
        """An entity shows its fields as attributes, containers as plain ones."""
        root = replica().state

        self.assertEqual(root.name, "n")
        self.assertEqual(root.scores, {"x": 1, "y": 2})
        self.assertEqual(root.items["a"].below.size, 300)

    def test_absent_fields_are_no_attributes(self) -> None:
        """A field that is absent or unknown raises AttributeError."""
        held = replica()
        held.apply_patch(wire(5, Op.HIDE, ROOT, 1, 0))

        for name in ("name", "nothing"):
            self.assertRaises(AttributeError, getattr, held.state, name)
        each = held.outline.cls(ROOT).fields[0]
        assert each is not None
        self.assertRaises(PeerError, content, held.state, each)

    def test_what_stands_below_is_found(self) -> None:
        """The entities directly below one are found in all its fields."""
        root = replica().state

        self.assertEqual(sorted(each._id for each in below(root)), [10, 20, 21])
        self.assertEqual([each._id for each in below(root.items["a"])], [11])
        self.assertEqual(below(root.row[0]), [])

    def test_an_entity_says_what_it_is(self) -> None:
        """The text of an entity is its class and its id."""
        self.assertEqual(repr(replica().state.row[0]), "<Item 20>")
        self.assertIsInstance(replica().state, Mirror)

    def test_plain_values_hold_no_entities(self) -> None:
        """Plain dicts and lists come of an entity and all below it."""
        self.assertEqual(
            plain(replica().state.items),
            {
                "a": {
                    "hp": 1,
                    "below": {"hp": 2, "below": None, "bag": [], "size": 300},
                    "bag": [],
                }
            },
        )
