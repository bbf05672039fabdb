"""A counter that everybody shares: the smallest Room that does something.

Serve it with `NEXUS_APP=examples.counter make run`, and join `counter` with any client:
whoever sends `add`, with a whole number from -100 to 100 or with nothing for 1, moves
the count for all. `test_counter.py` plays it, without a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from nexus import App, Client, Range, Room, State, int32, on_message

__all__ = ["Count", "Counter", "app"]


class Count(State):
    """What all see."""

    count: int32 = 0


class Counter(Room[Count]):
    """Counts what its clients add."""

    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin at nothing."""
        self.state = Count()

    @on_message("add")
    def add(self, client: Client, by: Annotated[int, Range(-100, 100)] = 1) -> int:
        """Add to the count; who asks is answered with what it is now."""
        self.state.count += by
        return self.state.count


app = App()
app.define("counter", Counter, listed=True)
