"""Ending: how one Room ends, whoever wants it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.room.phase import RoomPhase
from nexus.room.plugin import hooks
from nexus.room.wait import invoke

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Ending"]


class Ending:
    """Ends one Room, and tells who waits for that."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._calls: list[Callable[[], Any]] = []
        self._waiting: list[Deferred[None]] = []

    def on_over(self, call: Callable[[], Any]) -> None:
        """Call a function when the Room has ended."""
        self._calls.append(call)

    async def over(self) -> None:
        """Wait until the Room has ended."""
        if self._actor.phase is not RoomPhase.CLOSED:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting

    def begin(self) -> None:
        """Let nobody find the Room any more."""
        self._actor.enter(RoomPhase.CLOSING)
        self._actor.tell("dispose")

    async def close(self, code: int, reason: str) -> None:
        """Let everybody go, all at once, and then end."""
        actor = self._actor
        everybody = [*actor.members.values(), *actor.entry.joining.values()]
        for member in list(actor.members.values()):
            actor.faults.spawn(actor.exits.abandon(member), "leave")
        for client in everybody:
            actor.exits.let_go(client, code, reason)
            actor.entry.give_up(client)
        for client in everybody:
            await actor.exits.gone(client)
        await self.dispose()
        self._log.info(
            "{room_id} closed, {reason}",
            room_id=actor.room_id,
            reason=reason or f"code {int(code)}",
            act="close",
        )

    async def dispose(self) -> None:
        """Let the author clean up, keep nothing of the Room any more, and end."""
        actor = self._actor
        for hook in hooks(actor.room, "on_dispose"):
            try:
                await actor.faults.run(invoke(hook))
            except Exception:  # noqa: BLE001  # the author's code may raise anything
                actor.faults.fail("on_dispose", None, Failure())
        await actor.write_backs.settle()
        if actor.journal is not None:
            assert actor.around.keeping is not None
            await actor.around.keeping.end(actor, actor.journal)
            actor.journal.end()
        self.finish()

    def finish(self) -> None:
        """Be over: nothing of the Room goes on."""
        actor = self._actor
        if actor.phase is RoomPhase.CLOSED:
            return
        # First, as what waited for the Room's time goes on at once, and may end it too.
        actor.enter(RoomPhase.CLOSED)
        actor.rhythm.stop()
        actor.errands.stop()
        actor.write_backs.stop()
        actor.idle.stop()
        actor.receipts.stop()
        actor.seats.clear()
        actor.room.scoped_presence.close()
        for call in self._calls:
            call()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)
