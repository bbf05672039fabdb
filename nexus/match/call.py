"""Calls: from one Room, or an app, to a method of another Room, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isawaitable
from math import isfinite
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from nexus.cluster.port import check_published
from nexus.errors import Code, Refused
from nexus.room import RoomActor
from nexus.room.call import answer
from nexus.room.wait import settle
from nexus.wire.codec import pack, unpack

__all__ = ["Calls"]

#: So many calls of a Node may wait for their answers.
_MOST: Final = 10_000


@define(eq=False)
class Calls:
    """Calls Rooms, and waits for what they answer, but not for ever.

    What goes in and out is packed, though the Room lives on this Node: what works here
    works between Nodes.
    """

    _clock: IReactorTime
    _waiting: int = field(default=0, init=False)

    async def call(
        self, actor: RoomActor, name: str, arguments: Sequence[Any], timeout: float
    ) -> Any:
        """Call a method of a Room, or read an attribute, in a later turn.

        Raises:
            Refused: The Room refused, failed, or did not answer in time; or too many
                calls wait already.
            TypeError: An argument cannot be shared.
            ValueError: A time that is none, or an argument that cannot be packed.
        """
        if not (isfinite(timeout) and timeout > 0):
            raise ValueError(f"an answer cannot be waited for {timeout!r} s")
        packed = _packed(list(arguments))
        if self._waiting >= _MOST:
            raise Refused("too many calls wait for an answer", Code.LIMIT)
        answered: Deferred[bytes] = Deferred()
        self._clock.callLater(0, self._begin, actor, name, packed, answered)
        self._waiting += 1
        try:
            return unpack(await answered.addTimeout(timeout, self._clock))
        except TookTooLong:
            text = f'room "{actor.room_id}" did not answer {name} in {timeout} s'
            raise Refused(text, Code.UNHANDLED) from None
        finally:
            self._waiting -= 1

    def _begin(
        self, actor: RoomActor, name: str, packed: bytes, answered: Deferred[bytes]
    ) -> None:
        """Let a Room answer, in a turn of its own."""
        work = self._answer(actor, name, packed, answered)
        actor.around.background.spawn(work, f"call of {name}")

    async def _answer(
        self, actor: RoomActor, name: str, packed: bytes, answered: Deferred[bytes]
    ) -> None:
        try:
            if not actor.is_open:
                raise Refused(f'room "{actor.room_id}" not found', Code.NO_ROOM)
            returned = _packed(await _called(actor, name, unpack(packed)))
        except Refused as refusal:
            answered.errback(Refused(str(refusal), refusal.code))
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            ident = actor.faults.fail(f"call {name}", None, Failure())
            answered.errback(Refused(f"internal error {ident}", Code.UNHANDLED))
        else:
            answered.callback(returned)


async def _called(actor: RoomActor, name: str, arguments: list[Any]) -> Any:
    """Return what a method of a Room returns, at once or later."""
    result = actor.turns.run(answer, actor.room, name, arguments)
    if not isawaitable(result):
        return result
    running = actor.turns.run(Deferred.fromCoroutine, settle(result))
    if not running.called:
        actor.faults.limit_time(running)
    return await running


def _packed(value: Any) -> bytes:
    """Pack what goes to, or comes from, another Room.

    Raises:
        TypeError: It is of a type that cannot be shared.
        ValueError: It cannot be packed.
    """
    check_published(value)
    return pack(value)
