"""Laws of `nexus.wire.colyseus.rows`: it writes what the slow way would write."""

from __future__ import annotations

from random import Random
from struct import pack
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from nexus.wire.colyseus.mapping import MAJORS, Major, field_type, sent
from nexus.wire.colyseus.op import ADD, DELETE
from nexus.wire.colyseus.primitive import (
    decode_number,
    encode_number,
    encode_string,
)
from nexus.wire.colyseus.rows import RowWriter
from tests import examples
from tests.wire.colyseus.stage import StageTestCase
from tests.wire.colyseus.test_rows import Npc, World

#: Before these ids numbers and keys grow by a byte.
_BORDERS = (10, 100, 128, 256, 1000, 1 << 16, 100_000, 1 << 32, 10**15, 1 << 53)
_SPANS = st.lists(
    st.tuples(st.sampled_from(_BORDERS), st.integers(1, 6)), min_size=1, max_size=4
)


def number(value: int, largest: int) -> bytes:
    """Write a number as the largest of its kind has to be written."""
    head = encode_number(largest)
    if len(head) == 1:
        return bytes([value])
    return head[:1] + pack({2: "<B", 3: "<H", 5: "<I", 9: "<d"}[len(head)], value)


def visit(table: Any, major: Major, mask: int, row: int, largest: int) -> bytes:
    """Write a visit to one row, field by field."""
    out = []
    for at, each in enumerate(sent(table.fields)):
        if each.bit & mask:
            assert each.kind is not None
            value = each.kind.value(table.raw(each.name, row))
            out.append(bytes([ADD | at]) + field_type(each.kind, major).encode(value))
    head = b"\xff" + number(int(table.ids_of(row)), largest)
    return head + b"".join(out) if out else b""


class BytesLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=100, soak=2_000))
    @given(_SPANS, st.sampled_from(MAJORS), st.integers(1, 127), st.integers(0, 2**32))
    def test_as_the_slow_way(
        self, spans: list[tuple[int, int]], major: Major, mask: int, seed: int
    ) -> None:
        """Whatever ids and values rows have, their bytes are those of one by one."""
        tree = Tree(World())
        table, chance = tree.root.npcs, np.random.default_rng(seed)
        for border, count in sorted(spans):
            tree.jump(max(0, border - 3 - tree.next_id))
            if tree.next_id + count >= 1 << 53:
                continue
            table.add(
                x=chance.uniform(-20, 100, count),
                mood=chance.integers(0, 3, count),
                speed=chance.normal(0, 1e6, count).astype(np.float32),
                coins=chance.integers(-(2**63), 2**63 - 1, count),
                awake=chance.random(count) < 0.5,
                born=chance.integers(-(10**12), 10**13, count),
            )
        writer, rows = RowWriter(Npc, major), table.rows
        ids = table.ids.tolist()
        largest = max(ids, default=0)
        numbers = [number(id_, largest) for id_ in ids]
        self.assertEqual([decode_number(each, 0)[0] for each in numbers], ids)

        self.assertEqual(
            writer.entries(table.ids).body,
            b"".join(
                bytes([ADD]) + each + encode_string(str(id_)) + each
                for id_, each in zip(ids, numbers, strict=True)
            ),
        )
        self.assertEqual(
            writer.deletions(table.ids).body,
            b"".join(bytes([DELETE]) + each for each in numbers),
        )
        visits = [visit(table, major, mask, row, largest) for row in rows.tolist()]
        script = writer.visits(table, mask, rows)
        self.assertEqual(script.body, b"".join(visits))
        half = len(ids) // 2
        self.assertEqual(script.cut(half, len(ids)), b"".join(visits[half:]))


class MirrorLaws(StageTestCase):
    def play(self, seed: int) -> None:
        """Play one game in which rows come, change and go."""
        random = Random(seed)
        stage = self.stage(World())
        table: Any = stage.root.npcs  # type: ignore[attr-defined]  # it is a World
        group = stage.join()
        for _ in range(12):
            for _ in range(random.randrange(4)):
                rows = table.rows[np.random.default_rng(seed).random(len(table)) < 0.4]
                match random.randrange(5):
                    case 0 | 1:
                        count = random.choice([1, 3, 90])
                        table.add(count, mood=np.arange(count) % 3)
                    case 2:
                        table.put(rows, x=random.uniform(0, 100), awake=False)
                    case 3:
                        table.put(rows, coins=random.randrange(-(2**60), 2**60))
                    case 4:
                        table.remove(table.ids_of(rows))
            if random.random() < 0.2:
                for client in group:
                    client.connected = False
            stage.flush()
            if not group[0].connected:
                stage.rejoin(group)
            if random.random() < 0.1:
                stage.join()

    def test_play(self) -> None:
        """Whatever happens to rows, each client sees exactly those that are there."""
        for seed in range(examples(test=10, soak=400)):
            self.play(seed)
