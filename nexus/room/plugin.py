"""Plugin: what many kinds of Room do alike, written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.keeping.restoring import Restoring
    from nexus.room.room import Room
    from nexus.room.seat.entry import Context

__all__ = ["ORDERED", "Plugin", "hooks", "required"]

Place = Literal["before", "after"]

#: Where the hooks of Plugins run, beside the Room's own, unless a Plugin says so.
ORDERED: Final[dict[str, Place]] = {
    "on_create": "before",
    "on_restore": "before",
    "on_join": "before",
    "on_reconnect": "before",
    "on_leave": "after",
    "on_hibernate": "after",
    "on_dispose": "after",
}


class Plugin:
    """Hooks and listeners that a Room takes along by naming the class in `plugins`.

    Its hooks run before the Room's own when somebody comes or is lost, and after them
    when somebody goes. Where both listen for a type of message, the Room's listener
    counts. The other hooks of Rooms are not a Plugin's: a class that has one is
    refused.

    Args:
        room: The Room that took it along.

    Attributes:
        requires: Plugin classes that come along, too, once a Room and before this one.
        order: Hooks that run at another time than usual, each `"before"` the Room's
            own or `"after"` it.
    """

    requires: ClassVar[tuple[type[Plugin], ...]] = ()
    order: ClassVar[Mapping[str, Place]] = {}

    def __init__(self, room: Room[Any]) -> None:
        self.room = room

    def on_create(self, options: Mapping[str, Any]) -> Any:
        """Set up; may be `async`."""

    def on_auth(
        self, client: Client, options: Mapping[str, Any], context: Context
    ) -> Any:
        """Look at who comes, and raise `Refused` to deny; may be `async`."""

    def on_join(self, client: Client, options: Mapping[str, Any]) -> Any:
        """Meet a client; may be `async`."""

    def on_drop(self, client: Client, code: int) -> None:
        """Take note that a client's connection was lost; plain, as nobody waits."""

    def on_reconnect(self, client: Client) -> Any:
        """Take note that a lost client is back, or deny it; may be `async`."""

    def on_leave(self, client: Client, code: int) -> Any:
        """Part from a client; may be `async`."""

    def on_restore(self, info: Restoring) -> Any:
        """Go on where the Room was left; may be `async`."""

    def on_hibernate(self) -> Any:
        """Get ready for the Room's sleep; may be `async`."""

    def on_dispose(self) -> Any:
        """Clean up; may be `async`."""


def required(plugins: tuple[type[Plugin], ...]) -> list[type[Plugin]]:
    """Return Plugin classes and all that they require, each once and behind those.

    Raises:
        TypeError: They require each other in a circle.
    """
    found: dict[type[Plugin], None] = {}

    def take(plugin: type[Plugin], above: tuple[type[Plugin], ...]) -> None:
        if plugin in above:
            circle = [*above[above.index(plugin) :], plugin]
            names = " requires ".join(each.__name__ for each in circle)
            raise TypeError(f"plugins go in a circle: {names}")
        if plugin in found:
            return
        for each in plugin.requires:
            take(each, (*above, plugin))
        found[plugin] = None

    for plugin in plugins:
        take(plugin, ())
    return list(found)


def hooks(room: Room[Any], name: str) -> list[Callable[..., Any]]:
    """Return a hook of a Room and of its Plugins, in the order in which they run."""
    own: Callable[..., Any] = getattr(room, name)
    if not room.plugin_list:
        return [own]
    early: list[Callable[..., Any]] = []
    late: list[Callable[..., Any]] = []
    for plugin in room.plugin_list:
        place = plugin.order.get(name, ORDERED[name])
        (early if place == "before" else late).append(getattr(plugin, name))
    return [*early, own, *late]
