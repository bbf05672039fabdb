"""Cards: what a lobby tells of Rooms, and what its clients want to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from attrs import Factory, define, field, frozen

from nexus.errors import Code, Refused
from nexus.match.listing import Listing, same
from nexus.room import Length
from nexus.room.payload.payload import shape_of
from nexus.wire.message import encode

__all__ = ["FILTER", "Card", "Cards", "Filter", "Wish"]


@define
class Filter:
    """What a client asks for: Rooms of one kind, whose metadata has these values.

    Attributes:
        name: The kind; None: no Room at all.
        metadata: What must be equal. A Room without metadata has none of it.
    """

    name: Annotated[str, Length(1, 64)] | None = None
    metadata: (
        Annotated[dict[str, bool | int | float | str | None], Length(0, 16)] | None
    ) = None


#: Reads a filter; nothing stands for all Rooms.
FILTER: Final = shape_of(Filter | None)


@frozen
class Wish:
    """What some clients want to know, alike; no filter: of all Rooms."""

    key: bytes
    filter: Filter | None = field(eq=False)

    @classmethod
    def of(cls, wanted: Filter | None) -> Wish:
        """Make the wish that a filter means; equal filters are equal wishes.

        Raises:
            Refused: The filter holds what no message could.
        """
        if wanted is None:
            return cls(b"", None)
        metadata = sorted((wanted.metadata or {}).items())
        try:
            return cls(encode([wanted.name, metadata]), wanted)
        except ValueError as error:
            raise Refused(f"filter: {error}", Code.INVALID_MESSAGE) from None

    def shows(self, card: Card | None) -> bool:
        """Say whether a card is among what is wanted."""
        if card is None or self.filter is None:
            return card is not None
        if self.filter.name != card.name:
            return False
        has = card.metadata
        return all(
            name in has and same(has[name], value)
            for name, value in (self.filter.metadata or {}).items()
        )


@frozen(eq=False)
class Card:
    """A card as it is told.

    Attributes:
        name: The kind.
        metadata: A copy, as authors may change theirs at any time.
        payload: The whole card, as it stands in messages; equal cards have equal ones.
    """

    name: str
    metadata: Mapping[str, Any]
    payload: bytes

    @classmethod
    def of(cls, listing: Listing) -> Card:
        """Write a card.

        Raises:
            ValueError: Its metadata is nothing that a message could carry.
        """
        plain = listing.plain()
        metadata = plain.get("metadata", {})
        # It is told inside of an array, so it may be less deep than a message.
        return cls(listing.name, metadata, encode([plain])[1:])


@define(eq=False)
class Cards:
    """The cards as they were told last, in the order in which their Rooms came."""

    _cards: dict[str, Card] = Factory(dict)
    _by_name: dict[str, dict[str, Card]] = Factory(dict)

    def get(self, room_id: str) -> Card | None:
        """Return what was told of a Room."""
        return self._cards.get(room_id)

    def put(self, room_id: str, card: Card | None) -> None:
        """Take note of what is told of a Room; None: nothing any more."""
        old = self._cards.get(room_id)
        if card is not None:
            self._cards[room_id] = card
            self._by_name.setdefault(card.name, {})[room_id] = card
        elif old is not None:
            del self._cards[room_id]
            del self._by_name[old.name][room_id]
            if not self._by_name[old.name]:
                del self._by_name[old.name]

    def find(self, wish: Wish, most: int) -> tuple[list[bytes], int]:
        """Return the cards that a wish shows, and how many were looked at."""
        wanted = wish.filter
        cards = self._cards
        if wanted is not None:
            cards = self._by_name.get(wanted.name or "", {})
        found: list[bytes] = []
        looked = 0
        for card in cards.values():
            looked += 1
            if wish.shows(card):
                found.append(card.payload)
                if len(found) == most:
                    break
        return found, looked
