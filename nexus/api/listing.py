"""`GET /rooms`, where an app wants it: the Rooms that lobbies may show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from math import inf, isfinite
from typing import Any, Final

from twisted.web.iweb import IRequest

from nexus.api.resource import JSONResource, answer
from nexus.match import Listing, Matchmaker
from nexus.match.listing import matches

__all__ = ["Listings"]

#: So many cards are told at most.
_MOST: Final = 500
#: Whole numbers of more bits are none that a reader of JSON must be able to read.
_BITS: Final = 64
#: So long the cards are good for whoever asks, in seconds: asking often costs little.
_FRESH: Final = 0.5


class Listings(JSONResource):
    """Lists the Rooms of kinds that are defined as listed, but no private ones."""

    def __init__(self, matchmaker: Matchmaker) -> None:
        super().__init__()
        self._matchmaker = matchmaker
        self._cards: list[Listing] = []
        self._since = float("-inf")

    def _listed(self) -> list[Listing]:
        """Return the cards of the Rooms that may be shown."""
        matchmaker = self._matchmaker
        now = matchmaker.around.clock.seconds()
        if not 0 <= now - self._since < _FRESH:
            kinds = {kind.name for kind in matchmaker.catalog if kind.listed}
            open_to_all = matchmaker.query({"private": False, "unlisted": False})
            self._cards = [each for each in open_to_all if each.name in kinds]
            self._since = now
        return self._cards

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer with the cards that have what the query says."""
        try:
            wanted = {
                name.decode(): _value(values[-1].decode())
                for name, values in request.args.items()
            }
        except UnicodeDecodeError:
            document = {"code": 400, "error": "the query is no UTF-8"}
            return answer(request, document, HTTPStatus.BAD_REQUEST)
        found = [each for each in self._listed() if matches(each, wanted)]
        cards = [_card(listing) for listing in found[:_MOST]]
        return answer(request, {"rooms": cards, "count": len(found)})


def _value(text: str) -> Any:
    """Read a value of a query: as JSON has it, or else as text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str | int | float | bool) else text


def _card(listing: Listing) -> dict[str, Any]:
    """Return a card as JSON holds it; without metadata that JSON cannot hold."""
    card = listing.plain()
    card["createdAt"] = listing.created_at.isoformat()
    if card["maxClients"] == inf:
        card["maxClients"] = None
    if "metadata" in card:
        try:
            card["metadata"] = _plain(card["metadata"])
        except (TypeError, RecursionError):
            del card["metadata"]
    return card


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it: times as ISO text, and no infinite numbers.

    Raises:
        TypeError: JSON cannot hold it.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, int) and value.bit_length() <= _BITS:
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: _plain(each) for name, each in value.items()}
    raise TypeError(f"JSON has no {type(value).__name__}")
