"""Tests of what is left to say of entities."""

from __future__ import annotations

import random
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.native import Replica, merge, plain, read_outline
from nexus.wire.native import statement as module
from nexus.wire.native.op import Op, weight
from nexus.wire.native.outline import RemoteOutline
from nexus.wire.native.statement import UPDATE, Statement, write
from tests.wire.native.kit import BELOW, HP, ITEM, OUTLINE, ROOT, create, patch, wire

KNOWN: RemoteOutline = read_outline(OUTLINE)


def update(ids: list[int], hps: list[Any]) -> Statement:
    """Return what an update says of the hp of items."""
    return Statement(UPDATE, KNOWN.cls(ITEM), 1 << HP, ids, (hps,))


class WriteTests(SynchronousTestCase):
    def test_the_last_value_stays(self) -> None:
        """Of what several statements say of an entity, the last is written."""
        out = write([update([5, 6], [1, 2]), update([6], [3])])

        self.assertEqual(bytes(out.fields), wire(ITEM, 1 << HP, b"\0\5\2", b"\1\3"))
        self.assertEqual((bytes(out.creates), out.weight, out.silent), (b"", 0, 2))

    def test_what_is_new_weighs(self) -> None:
        """A create takes later values in, and is paid for."""
        new = Statement(Op.CREATE, KNOWN.cls(ITEM), 1 << HP, [9], ((1,),))

        out = write([new, update([9], [4])])

        self.assertEqual(bytes(out.creates), wire(Op.CREATE, ITEM, 1 << HP, 9, 4))
        self.assertEqual((bytes(out.fields), out.weight), (b"", weight(3)))

    def test_hidden_fields_have_no_values(self) -> None:
        """What was said of a field before it was hidden is left out."""
        hide = Statement(Op.HIDE, KNOWN.cls(ITEM), 1 << HP | 1 << BELOW, [5])

        out = write([update([5], [1]), hide])

        self.assertEqual(
            bytes(out.fields), wire(Op.HIDE, ITEM, 1 << HP | 1 << BELOW, 5)
        )

    def test_nothing_is_left_of_nothing(self) -> None:
        """Without statements there is nothing to write."""
        out = write([])

        self.assertEqual(out.creates + out.fields + out.owners, b"")

    def test_an_entity_has_one_class(self) -> None:
        """An entity that is said to be of two classes is refused."""
        other = Statement(Op.HIDE, KNOWN.cls(ROOT), 1, [5])

        self.assertRaises(PeerError, write, [update([5], [1]), other])

    def test_pieces_say_the_same(self) -> None:
        """However few ids are worked out at once, the patch has the same effect."""
        chance = random.Random(3)
        ids = sorted(chance.sample(range(100, 9000), 300))
        start = create(ITEM, 0b111, 50, 1) + b"".join(
            create(ITEM, 0b011, id_, 1) + wire(Op.INSERT, ROOT, 4, 0, 0, id_)
            for id_ in ids
        )
        bodies = [start]
        for _ in range(30):
            some = sorted(chance.sample(ids, 40))
            hps = [chance.randrange(100) for _ in some]
            bodies += [
                wire(ITEM, 1 << HP, id_, hp) for id_, hp in zip(some, hps, strict=True)
            ]
            bodies.append(wire(Op.HIDE, ITEM, 1 << BELOW, chance.choice(ids)))
        patches = [patch(each, version=i) for i, each in enumerate(bodies)]

        held = []
        for size in (1, 7, 512):
            self.patch(module, "_PIECE", size)
            one = merge(KNOWN, patches)
            replica = Replica(OUTLINE)
            replica.apply_snapshot(
                wire(0, KNOWN.fingerprint) + create(ROOT, 0b11111111, 0, "n", None)
            )
            replica.apply_patch(one)
            held.append(plain(replica.state))

        self.assertEqual(len(held[0]["row"]), 300)
        self.assertEqual(held[0], held[1])
        self.assertEqual(held[0], held[2])
