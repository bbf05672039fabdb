"""Opened: a Room in a Harness, as a test sees it from the side of the Node."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from typing_extensions import override

from nexus.match import Listing, Matchmaker
from nexus.room import Clients, RoomActor

__all__ = ["Opened"]


@frozen
class Opened:
    """A Room that was opened in a Harness."""

    _actor: RoomActor = field(repr=False)
    _matchmaker: Matchmaker = field(repr=False)

    @property
    def room(self) -> Any:
        """The author's object, with all that it has."""
        return self._actor.room

    @property
    def state(self) -> Any:
        """The State itself, as the Room's code sees it; guests have replicas.

        Raises:
            StateError: The Room has none.
        """
        return self._actor.room.state

    @property
    def clients(self) -> Clients:
        """The clients that are in the Room now."""
        return self._actor.room.clients

    @property
    def room_id(self) -> str:
        """Its id."""
        return self._actor.room_id

    @property
    def code(self) -> str | None:
        """What people type instead of the id, if the kind has codes."""
        return self._actor.code

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self._actor.kind

    @property
    def is_open(self) -> bool:
        """Whether it can be joined, or at least be returned to."""
        return self._actor.is_open

    @property
    def listing(self) -> Listing:
        """Its card: who is in, whether it is locked or private, its metadata."""
        return self._matchmaker.listing(self._actor)

    @override
    def __repr__(self) -> str:
        return f"<Opened {self.kind} {self.room_id}>"
