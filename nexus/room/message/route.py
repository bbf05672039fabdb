"""Routes: who listens for which messages in one Room."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define, field

from nexus.errors import PeerError
from nexus.room.message.message import ANY, Listener, listeners_of

__all__ = ["Routes", "unheard"]


@define(eq=False)
class Routes:
    """All that one Room listens for."""

    _messages: dict[str, list[Listener]] = field(factory=dict, init=False)
    _bytes: dict[str, list[Listener]] = field(factory=dict, init=False)
    #: By the bytes of a short name, as they stand in a frame.
    by_name: dict[bytes, list[Listener]] = field(factory=dict, init=False)

    def add(self, listener: Listener) -> Callable[[], None]:
        """Let somebody listen; the first for a type answers requests.

        Returns:
            What ends it.
        """
        table = self._bytes if listener.raw else self._messages
        found = table.setdefault(listener.type, [])
        found.append(listener)
        if not listener.raw and listener.type != ANY:
            self.by_name[listener.type.encode()] = found

        def end() -> None:
            if listener in found:
                found.remove(listener)
            # Others may listen for that type since: they have a list of their own.
            if not found and table.get(listener.type) is found:
                self._drop(listener)

        return end

    def take(self, room: object, plugins: Iterable[object]) -> None:
        """Let the methods of a Room and of its plugins listen; the Room's stand above.

        Raises:
            TypeError: Two plugins listen for the same, or one for nothing that can be.
        """
        for plugin in plugins:
            heard = list(listeners_of(plugin))
            for each in heard:
                if self.listens(each.type, raw=each.raw):
                    raise TypeError(f'two plugins listen for "{each.type}"')
            for each in heard:
                self.add(each)
        own = list(listeners_of(room))
        for each in own:
            self._drop(each)
        for each in own:
            self.add(each)

    def _drop(self, listener: Listener) -> None:
        """Let nobody listen for the type of a listener."""
        table = self._bytes if listener.raw else self._messages
        table.pop(listener.type, None)
        if not listener.raw:
            self.by_name.pop(listener.type.encode(), None)

    def listens(self, type_: str | int, *, raw: bool) -> bool:
        """Say whether somebody listens for just this type."""
        return str(type_) in (self._bytes if raw else self._messages)

    def find(self, type_: str | int, *, raw: bool = False) -> list[Listener]:
        """Return who listens for a type, not counting those for everything."""
        table = self._bytes if raw else self._messages
        return table.get(str(type_), []) if type_ != ANY else []

    def rest(self) -> list[Listener]:
        """Return who listens for everything else."""
        return self._messages.get(ANY, [])


def unheard(type_: str | int) -> PeerError:
    """Return the error for a message that nobody listens for."""
    return PeerError(f'room onMessage for "{type_}" not registered.')
