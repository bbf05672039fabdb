"""Errands: work of a Room that a thread does; what comes of it is a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from nexus.errors import Code, Refused, StateError
from nexus.room.client import Client
from nexus.room.clock.clock import SleepEnded
from nexus.room.phase import RoomPhase
from nexus.room.plugin import Plugin
from nexus.room.room import Room
from nexus.state.container import Container
from nexus.state.state import State

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Errands", "Threads"]

#: So many errands a Room has at a time, that it does not keep all threads to itself.
_MOST: Final = 64

#: What belongs to a Room: only its turns may look at it.
_OWN: Final = (State, Container, Client, Room, Plugin)


class Threads(Protocol):
    """What calls functions elsewhere, so that nobody waits for them."""

    def call(self, work: Callable[[], Any]) -> Deferred[Any]:
        """Call something in a thread.

        Returns:
            Fires here with what it returns, or raises. Who cancels it does not hear of
            it any more; it is not begun then, if it was not yet.

        Raises:
            Refused: Too much waits already.
        """
        ...


class Errands:
    """What threads do for one Room now."""

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        #: Who waits, and what for.
        self._away: dict[Deferred[Any], Deferred[Any]] = {}

    def __len__(self) -> int:
        return len(self._away)

    def send(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: Mapping[str, Any],
    ) -> Deferred[Any]:
        """Let a thread call a function.

        Returns:
            A Deferred that fires in a turn of the Room, and fails with SleepEnded when
            the Room ends before.

        Raises:
            Refused: The Room has ended, or has too many errands, or all Rooms have.
            StateError: The Node has no threads.
            TypeError: A function that waits, or that gets what belongs to the Room.
        """
        actor = self._actor
        _check_plain(function, (*arguments, *named.values()))
        if actor.phase is RoomPhase.CLOSED:
            raise Refused("the room has ended", Code.STOPPING)
        if len(self._away) >= _MOST:
            raise Refused(f"a room has at most {_MOST} errands", Code.LIMIT)
        if actor.around.threads is None:
            raise StateError("this node has no threads: its Surroundings name none")
        working = actor.around.threads.call(partial(_call, function, arguments, named))
        waiting: Deferred[Any] = Deferred(self._give_up)
        self._away[waiting] = working
        _ = working.addBoth(lambda result: self._arrived(waiting, result))
        return waiting

    def _arrived(self, waiting: Deferred[Any], result: Any) -> None:
        # Nobody waits any more if it was cancelled.
        if self._away.pop(waiting, None) is None:
            return
        tell = waiting.errback if isinstance(result, Failure) else waiting.callback
        self._actor.turns.run(tell, result)

    def _give_up(self, waiting: Deferred[Any]) -> None:
        working = self._away.pop(waiting, None)
        if working is not None:
            working.cancel()

    def stop(self) -> None:
        """Wait for nothing any more: the Room ends."""
        away, self._away = self._away, {}
        for waiting, working in away.items():
            working.cancel()
            self._actor.turns.run(waiting.errback, SleepEnded("the room has ended"))


def _call(
    function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]
) -> Any:
    """Call a function, in a thread.

    Raises:
        TypeError: It returns what has to be awaited.
    """
    result = function(*arguments, **named)
    if isawaitable(result):
        raise TypeError(f"{_name(function)} returns something to wait for, in a thread")
    return result


def _check_plain(function: Callable[..., Any], given: tuple[Any, ...]) -> None:
    """Refuse what no thread can do, or must not have.

    Raises:
        TypeError: A function that waits, or what belongs to the Room.
    """
    if iscoroutinefunction(function):
        raise TypeError(
            f"{_name(function)} is an `async def`: a thread calls plain functions"
        )
    for each in chain((getattr(function, "__self__", None),), given):
        if isinstance(each, _OWN):
            raise TypeError(
                f"a thread that calls {_name(function)} gets plain values, and no"
                f" {type(each).__name__}: take out of it what the function needs"
            )


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
