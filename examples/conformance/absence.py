"""`drop`: what changes while a client is away, and for how long it may be away."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from typing_extensions import override

from examples.conformance.dump import plain
from nexus import Client, Map, Refused, Room, State, field, on_message, uint16

__all__ = ["Drop"]


class Entry(State):
    """Something that is there several times."""

    qty: uint16 = 1


class Shelf(State):
    """Things by their names."""

    entries: Map[str, Entry] = field(factory=dict)


class Drop(Room[Shelf]):
    """Waits for a lost client as long as its option `seconds` says.

    As soon as one is lost, `b` is taken away, `a` becomes more, and `d` is new.
    """

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Lay three things out."""
        self.state = Shelf(entries={name: Entry() for name in "abc"})

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Take note how long this client may be away."""
        seconds = options.get("seconds", 0)
        if not isinstance(seconds, int | float) or not 0 <= seconds < inf:
            raise Refused("seconds is to be a number")
        client.user_data = seconds

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Wait for a client, and change things behind its back."""
        entries = self.state.entries
        entries.pop("b", None)
        entries["a"].qty += 1
        entries["d"] = Entry()
        if client.user_data:
            _ = self.allow_reconnection(client, client.user_data)

    @on_message("dump")
    def dump(self, client: Client) -> None:
        """Say what is true."""
        client.send("dump", plain(self.state))
