"""`views`: what only some may see, by role, as its owner, or since it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from nexus import (
    OWNER,
    SHOWN,
    Client,
    Map,
    Refused,
    Role,
    Room,
    State,
    field,
    on_message,
    uint8,
)

__all__ = ["Views"]


class Fellow(State):
    """Somebody who holds cards."""

    name: str = ""
    hand: str = field(default="", visible=OWNER)


class Chest(State):
    """Something that is seen by whom it was shown to."""

    gold: uint8 = 0


class Table(State):
    """What everybody sees, and what not."""

    title: str = "open"
    secret: str = field(default="gm only", visible=Role("gm"))
    members: Map[str, Fellow] = field(factory=dict)
    chests: Map[str, Chest] = field(factory=dict, visible=SHOWN)


class Views(Room[Table]):
    """Shows each client its own side of one State."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Hide a chest."""
        self.state = Table()
        self.state.chests["one"] = Chest(gold=7)

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Deal a hand to who comes, and give it the `role` that it wants."""
        name = str(options.get("name", client.session_id))
        if name in self.state.members:
            raise Refused("somebody has this name")
        client.user_data = name
        role = options.get("role")
        if role is not None:
            client.roles = {str(role)}
        fellow = Fellow(name=name, hand=f"hand of {name}")
        fellow.owner = client.session_id
        self.state.members[name] = fellow

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Take back the hand."""
        self.state.members.pop(client.user_data, None)

    @on_message("show")
    def show(self, client: Client, key: str) -> None:
        """Show a client a chest."""
        client.view.add(self._chest(key))

    @on_message("hide")
    def hide(self, client: Client, key: str) -> None:
        """Show a client a chest no longer."""
        client.view.remove(self._chest(key))

    def _chest(self, key: str) -> Chest:
        chest = self.state.chests.get(key)
        if chest is None:
            raise Refused(f"there is no chest {key!r}")
        return chest
