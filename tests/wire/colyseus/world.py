"""A State with something of everything, and clients of every major that mirror it."""

from __future__ import annotations

from typing_extensions import override

from nexus.state import List, Map, Set, State, float32, number, uint8
from tests.wire.colyseus.stage import Stage, StageTestCase


class Item(State):
    n: number
    tags: List[str]


class Chest(Item):
    items: Map[str, Item]


class World(State):
    a: float32
    b: uint8
    best: Item | None
    numbers: List[number]
    items: List[Item]
    scores: Map[str, number]
    things: Map[str, Item]
    ids: Set[uint8]
    names: Set[str]


def item(n: int) -> Item:
    """Return an item."""
    return Item(n=n, tags=[str(n)])


class WorldTestCase(StageTestCase):
    @override
    def setUp(self) -> None:
        """Let clients of each major join a world."""
        super().setUp()
        self.world = World(
            numbers=[1, 2, 3, 4],
            items=[item(1), item(2), item(3), item(4)],
            scores={"a": 1, "b": 2, "c": 3},
            things={"a": item(1), "b": item(2), "c": item(3)},
            ids={1, 2, 3},
        )
        self.scene: Stage = self.stage(self.world)
        self.scene.join()

    def told(self) -> dict[int, str]:
        """Flush, compare all clients, and return the patches; newcomers join too."""
        patches = self.scene.flush()
        self.scene.join()
        return {major: patch.hex() for major, patch in patches.items()}
