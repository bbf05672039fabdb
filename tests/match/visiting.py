"""A lobby, the kinds that it lists, and what its guests are told."""

from __future__ import annotations

from typing import Any

from nexus.match import LobbyRoom
from nexus.room import Room
from nexus.wire.message import decode
from tests.support.table import Guest, Table

__all__ = ["Game", "enter", "news", "serve"]


class Game(Room[Any]):
    """A Room that is listed."""


class Stays(Room[Any]):
    """A Room that stays without clients."""

    auto_dispose = False


def serve(table: Table, lobby: type[LobbyRoom] = LobbyRoom) -> None:
    """Define a lobby, two kinds that are listed and one that is not."""
    table.define(lobby, "lobby")
    table.define(Game, "game", listed=True, filter_by=("mode",))
    table.define(Stays, "stays", listed=True)
    table.define(Game, "hidden")


def enter(table: Table, **options: Any) -> Guest:
    """Join the lobby, and wait for `rooms`."""
    guest = table.sit("lobby", **options)
    table.beat()
    return guest


def news(guest: Guest) -> list[tuple[str, Any]]:
    """Return what `+` and `-` said, a Room by its id and how many clients it has."""
    found: list[tuple[str, Any]] = []
    for frame, type_ in ((f, getattr(f, "type", None)) for f in guest.frames):
        if type_ == "+":
            room_id, card = _decoded(frame)
            found.append((room_id, card["clients"]))
        elif type_ == "-":
            found.append((_decoded(frame), None))
    return found


def _decoded(frame: Any) -> Any:
    return decode(frame.payload)
