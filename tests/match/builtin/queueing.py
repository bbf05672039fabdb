"""A queue, the match that it leads to, and those who wait in it."""

from __future__ import annotations

from typing import Any

from nexus.match import QueueRoom
from nexus.room import Room
from tests.support.table import Guest, TableTestCase

__all__ = ["QueueTestCase"]


def queue(**said: Any) -> type[QueueRoom]:
    """Make a class of queues for two players, or as is said."""
    body = {"match_kind": "match", "max_players": 2} | said
    return type("Pairs", (QueueRoom,), body)


class QueueTestCase(TableTestCase):
    def serve(self, match: type[Room[Any]] = Room, **said: Any) -> None:
        """Define a queue and the match it leads to."""
        self.table.define(queue(**said), "queue")
        self.table.define(match, "match")

    def wait(self, **options: Any) -> Guest:
        """Join the queue."""
        return self.table.sit("queue", **options)

    def cycle(self, times: int = 1) -> None:
        """Let cycles pass."""
        self.table.beat(times=20 * times)

    def matches(self) -> int:
        """Count the matches."""
        return sum(actor.kind == "match" for actor in self.table.rooms)

    def seat(self, guest: Guest) -> Any:
        """Return the seat that a guest was sent."""
        [seat] = guest.messages("seat")
        return seat
