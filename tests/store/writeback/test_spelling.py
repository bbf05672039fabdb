"""Tests of what entities look like in a database."""

from __future__ import annotations

from nexus.state import (
    State,
    Table,
    float32,
    uint8,
)
from nexus.store.port import Damaged
from tests.store.writeback.case import WriteBackCase
from tests.store.writeback.life import Job


class Later(State):
    """An entity of a newer class: `food` is gone, `age` is new."""

    x: float32
    y: float32
    kind: Job
    age: uint8 = 7


class LaterVillage(State):
    """Where those are."""

    npcs: Table[Later]


class SpellingTests(WriteBackCase):
    def test_newer_class(self) -> None:
        """A field that is new has its default; one that is gone is dropped."""
        self.add(5)
        self.done(self.life.back.flush())

        life = self.lives(root=LaterVillage())
        self.done(life.back.load(0))

        self.assertEqual(
            [row.age for row in map(life.npcs.__getitem__, life.npcs)], [7]
        )

    def test_damage_is_refused(self) -> None:
        """What no entity can be is an error that names the field, and adds nothing."""
        for attributes, kind in (
            ("[", "SMITH"),
            ("[1]", "SMITH"),
            ('{"food":1}', "NOBODY"),
            ('{"food":"much"}', "SMITH"),
        ):
            self.insert(1, kind, attributes)
            self.failureResultOf(self.life.back.load(0), Damaged)
        self.assertEqual(len(self.life.npcs), 0)
