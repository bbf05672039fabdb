"""Tables as maps: byte by byte, and as the official decoders see them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.state import (
    Map,
    Role,
    State,
    Table,
    Tree,
    field,
    float32,
    int64,
    quantized,
    uint8,
)
from nexus.wire.colyseus.rows import RowWriter
from tests.wire.colyseus.stage import StageTestCase


class Mood(Enum):
    """Names of several lengths."""

    SAD = 0
    CHEERFUL = 1
    WAITING_FOR_A_BUS_THAT_NEVER_COMES = 2


class Thing(State):
    """What rows have first."""

    x: Annotated[float, quantized(-20, 100, 16)]
    secret: uint8 = field(server_only=True, default=7)


class Npc(Thing):
    """A row with a field of each kind that a column can have."""

    mood: Mood = Mood.SAD
    speed: float32 = 0.5
    coins: int64 = 0
    awake: bool = True
    born: datetime = datetime(2020, 1, 1, tzinfo=UTC)


class Hidden(State):
    """A row of which clients see nothing but that it is there."""

    trap: uint8 = field(server_only=True)


class Town(State):
    """A State below the root with a Table."""

    npcs: Table[Npc]


class World(State):
    """Tables in all places where they can stand."""

    day: uint8
    npcs: Table[Npc]
    traps: Table[Hidden]
    towns: Map[str, Town]
    spies: Table[Npc] = field(visible=Role("judge"))


class BytesTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Have a Table of two."""
        self.tree = Tree(World())
        self.table = self.tree.root.npcs
        self.table.add(x=[-20.0, 100.0], mood=[0, 1])

    def test_content(self) -> None:
        """An entry has the id of its row as its index, its key and its reference."""
        table = self.table
        content = RowWriter(Npc, 5).content(table, table.open_mask, table.rows)

        self.assertEqual(self.table.ids.tolist(), [5, 6])
        fields = "82 0000003f 83 0000000000000000 84 01 85 0000806ee6f57642"
        self.assertEqual(
            content,
            bytes.fromhex(
                "80 05 a1 35 05  80 06 a1 36 06"
                f"ff 05 80 0000 81 a3 534144 {fields}"
                f"ff 06 80 ffff 81 a8 434845455246554c {fields}"
            ),
        )

    def test_edit(self) -> None:
        """Removals and newcomers are told to the map, then fields to their rows."""
        self.tree.flush()
        self.table.remove(5)
        self.table.put(self.table.find(6), awake=False)
        self.table.add(1, x=-20.0)
        [edit] = self.tree.flush().edits

        written = RowWriter(Npc, 5).edit(edit)  # type: ignore[arg-type]  # a TableEdit

        head = "ff 01 40 05 80 07 a1 37 07 ff 06 84 00 ff 07 80 0000 81"
        self.assertTrue(written.hex().startswith(head.replace(" ", "")), written.hex())

    def test_what_nobody_gets(self) -> None:
        """Fields for the server alone are passed over."""
        writer = RowWriter(Npc, 5)
        secret = Npc.__layout__.by_name["secret"].bit

        self.assertEqual(writer.visits(self.table, secret, self.table.rows).body, b"")
        self.assertEqual(
            writer.visits(self.table, secret, self.table.rows).cut(0, 2), b""
        )

    def test_cut(self) -> None:
        """What is said of some rows is a part of what is said of all."""
        self.table.add(300, mood=np.arange(300) % 3)
        writer, rows = RowWriter(Npc, 4), self.table.rows
        for mask in (1 << 2, 1 << 3, self.table.open_mask):
            script = writer.visits(self.table, mask, rows)
            parts = [script.cut(at, at + 1) for at in range(len(rows))]

            self.assertEqual(script.body, b"".join(parts))
            self.assertEqual(script.cut(120, 131), b"".join(parts[120:131]))
            for id_, part in zip(self.table.ids.tolist(), parts, strict=True):
                self.assertEqual(part[:4], b"\xff\xcd" + id_.to_bytes(2, "little"))


class MirrorTests(StageTestCase):
    @override
    def setUp(self) -> None:
        """Let clients of each major join, of which some are judges."""
        super().setUp()
        self.scene = self.stage(World(towns={"a": Town()}))
        self.world: Any = self.scene.root
        self.world.npcs.add(5, x=np.arange(5.0))
        self.world.towns["a"].npcs.add(3, coins=2**40)
        self.world.spies.add(2)
        self.world.traps.add(4)
        self.scene.flush()
        self.scene.join(None)
        self.bob = self.scene.view("bob", ["judge"])
        self.scene.join(self.bob)

    def test_rows_come_change_and_go(self) -> None:
        """Clients see each row with all that it holds, for as long as it is there."""
        table = self.world.npcs
        table.put(table.rows[1:4], x=33.333, mood=Mood.CHEERFUL)
        table.put(table.rows[2], speed=-0.0, awake=False, coins=-(2**60))
        self.scene.flush()
        table.remove(table.ids[:2])
        table.add(200, mood=np.arange(200) % 3)
        self.scene.flush()
        table.put(table.rows, x=np.linspace(0, 100, len(table)))
        table.put(table.rows[::3], mood=2, born=datetime(1969, 5, 4, tzinfo=UTC))
        self.world.traps.remove(self.world.traps.ids[1])
        self.scene.flush()
        self.scene.join(None)
        table.clear()
        self.scene.flush()

    def test_compaction(self) -> None:
        """Rows that get other indices are the same ones."""
        table = self.world.npcs
        table.add(3000)
        self.scene.flush()
        table.remove(table.ids[:2000])
        table.put(table.rows, coins=1)
        self.scene.flush()
        self.assertGreater(table.compactions, 0)
        table.put(table.rows[:7], coins=2)
        self.scene.flush()

    def test_a_table_comes_and_goes_with_its_state(self) -> None:
        """Rows are there when their State is placed, under other ids each time."""
        town = self.world.towns.pop("a")
        self.scene.flush()
        self.world.towns["b"] = town
        self.scene.flush()
        town.npcs.put(town.npcs.rows, coins=3)
        self.scene.flush()
        self.world.towns["c"] = Town()
        self.scene.flush()
        self.world.towns["c"].npcs.add(3)
        self.scene.flush()

    def test_a_table_for_some(self) -> None:
        """Who may not see a Table does not, and sees it whole when that changes."""
        spies = self.world.spies
        spies.add(3)
        self.scene.flush()
        self.bob.roles = []
        spies.remove(spies.ids[0])
        self.scene.flush()
        spies.put(spies.rows, coins=5)
        self.scene.flush()
        self.bob.roles = ["judge"]
        self.scene.flush()
        spies.put(spies.rows, coins=6)
        self.scene.flush()

    def test_who_returns(self) -> None:
        """A client that was away sees the rows that are there and no others."""
        away = list(self.scene.clients)
        for client in away:
            client.connected = False
        table = self.world.npcs
        table.remove(table.ids[:2])
        table.put(table.rows[0], coins=9)
        table.add(4)
        self.world.towns["a"].npcs.clear()
        self.scene.flush()
        self.scene.rejoin(away)
        table.put(table.rows, coins=10)
        self.world.towns["a"].npcs.add(1)
        self.scene.flush()

    def test_callbacks(self) -> None:
        """A game hears of each row once when it comes, changes and goes."""
        table = self.world.npcs
        clients = self.scene.clients[:3]
        for client in clients:
            self.scene.decoders[client.major].listen(client.session, "npcs")
            self.scene.decoders[client.major].events(client.session)
        gone, changed = table.ids[0], table.ids[3]
        table.remove(gone)
        table.put(table.find([changed]), coins=4, awake=False)
        [came] = table.add(1)
        self.scene.flush()

        for client in clients:
            events = self.scene.decoders[client.major].events(client.session)
            # Of what is new some majors tell the fields, too.
            told = [each for each in events if each != ("npcs", "change", str(came))]
            self.assertEqual(
                sorted(told),
                [
                    ("npcs", "add", str(came)),
                    ("npcs", "change", str(changed)),
                    ("npcs", "remove", str(gone)),
                ],
            )
