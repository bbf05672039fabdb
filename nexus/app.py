"""App: what a game's author hands to `twistd nexus --app package.module`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal

from attrs import define, field
from attrs.validators import ge, le

from nexus.limit import Limits
from nexus.match import Catalog, Kind, Matchmaker
from nexus.net.port import Arrival
from nexus.room import Client, Room, RoomActor

__all__ = ["App", "RoomWatcher"]

RoomWatcher = Callable[[str, Room[Any], Client | None], Any]


@define(eq=False)
class App:
    """The Rooms of a game, and what stands beside them on the same port.

        app = App()
        app.define("arena", Arena, filter_by=("mode",))

    Args:
        limits: How much of everything a Node with this app takes on.
        check: Called with each WebSocket upgrade before it is accepted; it raises
            `Refused` to refuse it, at once or after a while.
        simulated_latency: Seconds, up to 10, by which each round trip over a socket
            takes longer; for development only.
    """

    limits: Limits = field(factory=Limits, kw_only=True)
    check: Callable[[Arrival], Awaitable[None] | None] | None = field(
        default=None, kw_only=True
    )
    simulated_latency: float = field(
        default=0.0, kw_only=True, validator=[ge(0), le(10)]
    )
    catalog: Catalog = field(factory=Catalog, init=False)
    #: What stands at a path, by the path's words.
    routes: dict[tuple[bytes, ...], Any] = field(factory=dict, init=False)
    #: The path at which open Rooms are listed; None: nowhere.
    listings: tuple[bytes, ...] | None = field(default=None, init=False)
    #: What finds and makes Rooms, once a Node serves this app.
    matchmaker: Matchmaker | None = field(default=None, init=False)
    #: Who wants to know what becomes of Rooms.
    watchers: list[RoomWatcher] = field(factory=list, init=False)
    #: What is called when the Node is about to stop, and when its Rooms have ended.
    before_shutdown: list[Callable[[], Any]] = field(factory=list, init=False)
    after_shutdown: list[Callable[[], Any]] = field(factory=list, init=False)
    #: Folders whose files are served, by the path's words.
    folders: dict[tuple[bytes, ...], str] = field(factory=dict, init=False)

    def define(
        self,
        name: str,
        room: type[Room[Any]],
        *,
        options: Mapping[str, Any] | None = None,
        filter_by: Iterable[str] = (),
        unique_by: Iterable[str] = (),
        sort_by: Mapping[str, Literal[1, -1, "asc", "desc"]] | None = None,
        listed: bool = False,
        codes: bool = False,
    ) -> Kind:
        """Let clients ask for Rooms of a class by a name.

        Args:
            name: What clients ask for.
            room: A subclass of `Room`.
            options: Options that stand above those of the client who creates a Room.
            filter_by: Join options that must be equal to those of a Room's creator.
            unique_by: Options of which there is at most one Room for the same values.
            sort_by: Which Room is joined first: `"asc"` or `"desc"`, by fields of its
                card or metadata.
            listed: Whether lobbies show its Rooms.
            codes: Whether its Rooms get a code that people can type.

        Raises:
            TypeError: `room` is no class of Rooms, or one with a mistake in it.
            ValueError: The name is taken, or none that fits into a path.
        """
        return self.catalog.define(
            name,
            room,
            options=options,
            filter_by=filter_by,
            unique_by=unique_by,
            sort_by=sort_by,
            listed=listed,
            codes=codes,
        )

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

    def list_rooms(self, path: str = "/rooms") -> None:
        """Answer at a path with the Rooms that lobbies may show, as JSON.

        The query filters: `GET /rooms?name=arena&mode=duel`.

        Raises:
            ValueError: Something stands there, or must.
        """
        self.listings = self._words(path)

    def watch(self, call: RoomWatcher) -> RoomWatcher:
        """Call a function with whatever becomes of Rooms; usable as a decorator.

        It takes the event (`create`, `join`, `drop`, `reconnect`, `leave`, `lock`,
        `unlock`, `visibility`, `metadata` or `dispose`), the Room, and the Client if it
        is about one.
        """
        self.watchers.append(call)
        return call

    def on_before_shutdown(self, call: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function, plain or `async`, before the Rooms of a Node end."""
        self.before_shutdown.append(call)
        return call

    def on_shutdown(self, call: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function, plain or `async`, when the Rooms of a Node have ended."""
        self.after_shutdown.append(call)
        return call

    def serve(self, matchmaker: Matchmaker) -> None:
        """Take note of what serves this app; a Node calls it."""
        self.matchmaker = matchmaker
        for watcher in self.watchers:
            matchmaker.registry.watch(_shown(watcher))

    def _words(self, path: str) -> tuple[bytes, ...]:
        words = tuple(word.encode() for word in path.split("/") if word)
        if not words or words[0] in _OURS:
            raise ValueError(f"{path!r} is not free: choose another path")
        if words in self.routes or words in self.folders or words == self.listings:
            raise ValueError(f"something stands at {path!r} already")
        return words


def _shown(watcher: RoomWatcher) -> Callable[[str, RoomActor, Client | None], None]:
    """Return what shows a watcher the Room rather than its actor."""
    return lambda event, actor, client: watcher(event, actor.room, client)


#: The first words of paths that a Node answers itself.
_OURS = frozenset(
    (b"matchmake", b"health", b"metrics", b"nexus", b"v16", b"v17", b"v18")
)
