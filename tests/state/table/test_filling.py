"""Tests of `nexus.state.table.filling`: rows of classes that changed since."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import State, Table, Tree, field, float32, int16, quantized, uint8
from nexus.state.table.filling import Filling


class Mood(Enum):
    CALM = 1
    CROSS = 2


class OtherMood(Enum):
    GLAD = 0
    CROSS = 1
    CALM = 2


class SadMood(Enum):
    CALM = 1


class Npc(State):
    x: float32
    turn: Annotated[float, quantized(-180, 180, 16, beyond="wrap")]
    mood: Mood = Mood.CALM
    born: datetime
    kind: uint8
    glow: uint8 = field(default=1, transient=True)


class Town(State):
    npcs: Table[Npc]


def named(name: str, **fields: Any) -> type[State]:
    """Return a State class; each field is a type, or a type and what is said of it."""
    hints = {k: v[0] if isinstance(v, tuple) else v for k, v in fields.items()}
    said = {k: v[1] for k, v in fields.items() if isinstance(v, tuple)}
    made: type[State] = type(name, (State,), {"__annotations__": hints, **said})
    return made


class FillingTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Save three rows."""
        town = Town()
        tree = Tree(town)
        saving = town.npcs.keep(1, lambda _: None)
        self.born = datetime(2020, 1, 2, tzinfo=UTC)
        self.ids = town.npcs.add(
            x=np.array([1, 2.5, -3], np.float32),
            turn=[-180.0, 12.3456, 179.9999],
            mood=[Mood.CALM, Mood.CROSS, Mood.CALM],
            born=self.born,
            kind=[7, 8, 9],
            glow=5,
        )
        tree.flush()
        part, _ = saving.take(1 << 20)
        self.blocks, self.npcs = part.blocks, town.npcs

    def filled(self, cls: Any) -> Filling:
        """Return the same rows for another class."""
        filling = Filling(cls, 40)
        filling.add(self.blocks)
        for step in filling.ends():
            step()
        return filling

    def data(self, filling: Filling, name: str) -> list[Any]:
        """Return what a column holds."""
        found: list[Any] = filling.columns[name].data[: filling.roster.extent].tolist()
        return found

    def test_same_class(self) -> None:
        """Rows come back bit by bit, and transient columns have their defaults."""
        filling, town = self.filled(Npc), Town()
        _ = Tree(town)
        town.npcs.fill(filling)

        for name in ("x", "turn", "mood", "born", "kind"):
            here, there = self.npcs.column(name), town.npcs.column(name)
            self.assertEqual(here.tobytes(), there.tobytes(), name)
        self.assertEqual(town.npcs.ids.tolist(), self.ids.tolist())
        self.assertEqual(town.npcs.stamps(town.npcs.rows, 1).tolist(), [40] * 3)
        self.assertEqual(town.npcs.column("glow").tolist(), [1, 1, 1])
        self.assertEqual((filling.is_recast, len(filling.defaulted)), (False, 0))

    def test_fields_that_came_and_went(self) -> None:
        """New ones have defaults, and both are counted."""
        filling = self.filled(named("Npc", x=float32, age=(uint8, field(default=3))))

        self.assertEqual(self.data(filling, "x"), [1, 2.5, -3])
        self.assertEqual(self.data(filling, "age"), [3, 3, 3])
        self.assertEqual(filling.defaulted, {"Npc.age": 3})
        self.assertEqual(filling.dropped["Npc.kind"], 3)
        self.assertTrue(filling.is_recast)

    def test_members_of_an_enum(self) -> None:
        """They are known by their names, and one that is gone is named."""
        filling = self.filled(named("Npc", mood=OtherMood))

        self.assertEqual(self.data(filling, "mood"), [2, 1, 2])
        with self.assertRaises(FieldError) as caught:
            self.filled(named("Npc", mood=SadMood))
        self.assertIn("no member CROSS", str(caught.exception))

    def test_another_type(self) -> None:
        """It needs a function that makes the new value, which has the old one."""
        seen: list[Any] = []

        def keep(value: Any) -> int:
            seen.append(value)
            return 4

        with self.assertRaises(FieldError) as caught:
            self.filled(named("Npc", kind=int16))
        self.assertIn('convert={"uint8"', str(caught.exception))
        kinds = ("uint8", "enum", "datetime", "float32")
        said = field(default=0, convert=dict.fromkeys(kinds, keep))
        fields = ("x", "mood", "born", "kind")
        cls = named("Npc", **dict.fromkeys(fields, (int16, said)))
        filling = self.filled(cls)

        self.assertEqual(self.data(filling, "mood"), [4, 4, 4])
        self.assertEqual({*seen}, {1.0, 2.5, -3.0, "CALM", "CROSS", self.born, 7, 8, 9})

    def test_ends_that_moved(self) -> None:
        """A number that is beyond them is refused, or clamped if the field says so."""
        with self.assertRaises(FieldError):
            self.filled(named("Npc", turn=Annotated[float, quantized(0, 1, 16)]))
        clamped = Annotated[float, quantized(0, 20, 16, beyond="clamp")]
        filling = self.filled(named("Npc", turn=clamped))

        self.assertEqual(self.data(filling, "turn")[::2], [0, 20])
