"""The process of our Python client whose bots tell what `watching.mjs` says.

python -m tests.scenario.kept.watching
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from nexus.client import Room

__all__: list[str] = []

_listen, _send = Room.on_message, Room.send


def _watch(room: Room, type_: Any, tell: Callable[..., Any]) -> Callable[[], None]:
    """Tell of members where a bot begins to listen to everything."""
    if type_ is None:
        room.on_add("members", lambda _, path: tell("added", path[-1]))
        room.on_remove("members", lambda _, path: tell("removed", path[-1]))
    return _listen(room, type_, tell)


def _act(room: Room, type_: Any, *body: Any) -> None:
    """Give a command where a bot is to send one, and tell what comes of it."""
    if type_ != "command":
        _send(room, type_, *body)
        return
    done = Deferred.fromCoroutine(room.command("add", *body))
    _ = done.addErrback(lambda failure: str(failure.value))
    _ = done.addCallback(lambda said: room._messages.emit(None, "verdict", said))


Room.on_message = _watch  # type: ignore[method-assign]  # to watch
Room.send = _act  # type: ignore[method-assign,assignment]  # what comes of it
runpy.run_module("tests.support.sdk_python", run_name="__main__")
