"""App: what a game's author hands to `twistd nexus --app package.module`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field

from nexus.limit import Limits
from nexus.match.catalog import Catalog, Kind
from nexus.net.port import Arrival
from nexus.room import Room

__all__ = ["App"]


@define(eq=False)
class App:
    """The Rooms of a game, and what stands beside them on the same port.

        app = App()
        app.define("arena", Arena, filter_by=("mode",))

    Args:
        limits: How much of everything a Node with this app takes on.
        check: Called with each WebSocket upgrade before it is accepted; it raises
            `Refused` to refuse it, at once or after a while.
    """

    limits: Limits = field(factory=Limits, kw_only=True)
    check: Callable[[Arrival], Awaitable[None] | None] | None = field(
        default=None, kw_only=True
    )
    catalog: Catalog = field(factory=Catalog, init=False)
    #: What stands at a path, by the path's words.
    routes: dict[tuple[bytes, ...], Any] = field(factory=dict, init=False)
    #: Folders whose files are served, by the path's words.
    folders: dict[tuple[bytes, ...], str] = field(factory=dict, init=False)

    def define(self, name: str, room: type[Room[Any]], **said: Any) -> Kind:
        """Let clients ask for Rooms of a class by a name.

        Args:
            name: What clients ask for.
            room: A subclass of `Room`.
            **said: What `nexus.match.Catalog.define` takes: `options`, `filter_by`,
                `unique_by`, `sort_by`, `listed`, `codes`.
        """
        return self.catalog.define(name, room, **said)

    def route(self, path: str, resource: Any) -> None:
        """Let a resource of `twisted.web` answer at a path.

        Raises:
            ValueError: Something stands there, or must.
        """
        self.routes[self._words(path)] = resource

    def static(self, path: str, folder: str) -> None:
        """Serve the files of a folder below a path.

        Raises:
            ValueError: Something stands there, or must.
        """
        self.folders[self._words(path)] = folder

    def _words(self, path: str) -> tuple[bytes, ...]:
        words = tuple(word.encode() for word in path.split("/") if word)
        if not words or words[0] in _OURS:
            raise ValueError(f"{path!r} is not free: choose another path")
        if words in self.routes or words in self.folders:
            raise ValueError(f"something stands at {path!r} already")
        return words


#: The first words of paths that a Node answers itself.
_OURS = frozenset(
    (b"matchmake", b"health", b"metrics", b"nexus", b"v16", b"v17", b"v18")
)
