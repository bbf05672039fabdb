"""A table with cards, of which each client may see a part."""

from __future__ import annotations

from nexus.state import OWNER, SHOWN, List, Map, Role, Set, Shown, State, field, uint8

__all__ = ["Card", "Seat", "Table"]


class Card(State):
    face: uint8
    notes: List[str]


class Seat(State):
    name: str
    cards: List[Card] = field(visible=OWNER)
    purse: uint8 = field(visible=OWNER)
    warnings: List[str] = field(visible=Role("judge"))
    flags: Set[uint8] = field(visible=Role("judge"))
    marks: Map[str, uint8] = field(visible=Shown(2))
    trap: Card | None = field(visible=SHOWN, default=None)


class Table(State):
    round: uint8
    #: To say who is who.
    secret: uint8 = field(visible=Role("judge"), default=0)
    seats: Map[str, Seat]
    pool: List[Card] = field(visible=SHOWN)
    hints: Map[str, Card] = field(visible=Role("judge"))
