"""Ending: how Rooms end that others than themselves end."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.defer import CancelledError, DeferredList
from twisted.python.failure import Failure

from nexus.room import RoomActor, Surroundings
from nexus.room.seat.exit import check_code
from nexus.room.wait import settle

__all__ = ["end_as_wished", "end_now"]


async def end_as_wished(actor: RoomActor, around: Surroundings) -> None:
    """Let a Room end as its author says, for the Node stops; return when it has."""
    if actor.is_opening:
        return  # who sets it up is told that the Node stops
    try:
        await settle(actor.room.on_before_shutdown())
    except CancelledError:
        raise
    except Exception:  # noqa: BLE001  # the author's code may raise anything
        actor.faults.fail("on_before_shutdown", None, Failure())
        await actor.close(around.shutdown_code)
    # Who overrides the hook may end the Room later, when a game is over.
    await actor.ended()


async def end_now(actors: Iterable[RoomActor], around: Surroundings, code: int) -> None:
    """Let everybody go from those Rooms that are open; return when they have ended.

    Raises:
        ValueError: No socket can be closed with such a code.
    """
    check_code(code)
    start = around.background.start
    opened = [each for each in actors if each.is_open]
    await DeferredList([start(each.close(code), "close") for each in opened])
