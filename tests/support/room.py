"""Rooms that keep a diary of their hooks, and do in them what a test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from twisted.internet.defer import Deferred

from nexus.room import Client, Room

__all__ = ["Gate", "Scripted", "scripted"]

#: What a test does in a hook: takes the Room and what the hook is given.
Act = Callable[..., Any]


class Gate:
    """Where coroutines wait until a test lets them go."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[Any]] = []

    def wait(self, *_: object) -> Deferred[Any]:
        """Wait; takes anything, so that it can stand for a hook."""
        waiting: Deferred[Any] = Deferred()
        self.waiting.append(waiting)
        return waiting

    def open(self, value: Any = True) -> None:
        """Let all go that wait."""
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            if not each.called:
                each.callback(value)

    def fail(self, error: Exception) -> None:
        """Let all that wait fail."""
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            if not each.called:
                each.errback(error)


class Scripted(Room[Any]):
    """Notes each hook that is called; what it does then is in `script`."""

    #: By the name of the hook.
    script: ClassVar[dict[str, Act]] = {}
    #: Hooks as they were called, with the place of the client in the order of comers,
    #: and the code.
    diary: ClassVar[list[tuple[Any, ...]]] = []

    def play(self, hook: str, *arguments: Any) -> Any:
        """Note a hook, and do what the script says."""
        noted = [each for each in arguments if isinstance(each, int)]
        self.diary.append((hook, *noted))
        act = self.script.get(hook)
        return True if act is None else act(self, *arguments)

    def on_create(self, options: Any) -> Any:
        """Play."""
        return self.play("on_create", options)

    def on_auth(self, client: Client, options: Any, context: Any) -> Any:
        """Play."""
        return self.play("on_auth", client, options, context)

    def on_join(self, client: Client, options: Any) -> Any:
        """Play."""
        return self.play("on_join", client, options)

    def on_reconnect(self, client: Client) -> Any:
        """Play."""
        return self.play("on_reconnect", client)

    def on_leave(self, client: Client, code: int) -> Any:
        """Play."""
        return self.play("on_leave", client, int(code))

    def on_dispose(self) -> Any:
        """Play."""
        return self.play("on_dispose")

    def on_error(self, error: BaseException, act: str, client: Client | None) -> None:
        """Play."""
        self.play("on_error", error, act, client)


def _on_drop(self: Scripted, client: Client, code: int) -> Any:
    """Play."""
    return self.play("on_drop", client, int(code))


#: What is only overridden when it is asked for, as a Room knows whether it is.
_RARE: Final = {
    "on_drop": _on_drop,
    "on_before_patch": lambda self, state: self.play("on_before_patch", state),
    "on_before_shutdown": lambda self: self.play("on_before_shutdown"),
}


def scripted(
    *,
    base: type[Room[Any]] = Scripted,
    script: dict[str, Act] | None = None,
    **said: Any,
) -> Any:
    """Make a class of Rooms with a diary of its own.

    Args:
        base: What it extends.
        script: What it does in which hook.
        **said: Class attributes.
    """
    acts = script or {}
    rare = {name: hook for name, hook in _RARE.items() if name in acts}
    body = {"script": acts, "diary": [], **rare, **said}
    return type("Scripted", (base,), body)
