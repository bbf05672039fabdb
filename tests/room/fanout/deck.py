"""A Room with a State in which all see everything, and guests that sit in it."""

from __future__ import annotations

from typing import Any

from nexus.state import Map, State, Table, field, float32, int32
from tests.support.room import scripted
from tests.support.table import Guest, TableTestCase

__all__ = ["Bird", "Deck", "DeckTestCase", "Hand"]


class Hand(State):
    """What one player holds."""

    cards: int32 = 0


class Bird(State):
    """What is told only to who sees it."""

    x: float32
    y: float32


class Deck(State):
    """A State in which all see everything."""

    turn: int32 = 0
    hands: Map[str, Hand] = field(factory=dict)
    birds: Table[Bird]


class DeckTestCase(TableTestCase):
    def seated(self, **options: Any) -> Guest:
        """Sit in a Room with a State that keeps seats."""
        if not len(self.table.catalog):

            def create(room: Any, _: Any) -> None:
                room.state = Deck()

            def drop(room: Any, client: Any, _: int) -> None:
                room.allow_reconnection(client, 60)

            self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        guest = self.table.sit(**options)
        self.table.beat()
        return guest

    def state(self, guest: Guest) -> Deck:
        """Return the State of a guest's Room."""
        state: Deck = guest.actor.room.state
        return state
