"""Rests: how a Room that is kept comes to be run by nobody, and goes on later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.errors import Close, Code, Refused
from nexus.journal.kept import Kept
from nexus.journal.member import KeptMember
from nexus.room.client import Client, ClientStatus
from nexus.room.keeping.restoring import Restoring
from nexus.room.message.verdict import Verdict
from nexus.room.phase import Rest
from nexus.room.plugin import hooks
from nexus.room.seat.seat import Seat
from nexus.room.wait import invoke
from nexus.state.tree import Tree
from nexus.wire.frame import Status

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Rests"]


class Rests:
    """Puts one Room to rest, and lets it go on."""

    _log = Logger()

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        #: Whether the Room goes to rest, or does so: nobody leaves it any more.
        self.is_resting = False

    # To rest.

    async def suspend(self, code: int, rest: Rest) -> None:
        """Let go of the sockets, keep everything else, and stop to run.

        The Room is in its last phase already: nobody finds it any more.
        """
        actor = self._actor
        if rest is Rest.HIBERNATING:
            for hook in hooks(actor.room, "on_hibernate"):
                try:
                    await actor.faults.run(invoke(hook))
                except Exception:  # noqa: BLE001  # the author's code may raise anything
                    actor.faults.fail("on_hibernate", None, Failure())
        self.is_resting = True
        actor.rhythm.stop_beats()
        for client in list(actor.entry.joining.values()):
            actor.exits.let_go(client, code, "the room goes to rest")
            actor.entry.give_up(client)
        for client in actor.members.values():
            if client.connection is not None:
                client.connection.deafen()
        await actor.write_backs.settle()
        journal = actor.journal
        if journal is not None:
            assert actor.around.keeping is not None
            is_safe = await actor.around.keeping.rest(actor, journal, rest)
            if not is_safe:
                self._log.error(
                    "{room_id} rests, and what it did last is not saved",
                    room_id=actor.room_id,
                    act="rest",
                )
            journal.end()
        self._part(code, rest)
        actor.ending.finish()
        self._log.info(
            "{room_id} rests, {rest}",
            room_id=actor.room_id,
            rest=rest.value,
            act="rest",
        )

    def discard(self) -> None:
        """Be over before it began: the Room could not go on."""
        actor = self._actor
        if actor.journal is not None:
            actor.journal.end()
        if actor.is_running:
            actor.ending.begin()
        actor.ending.finish()

    def _part(self, code: int, rest: Rest) -> None:
        """Close all sockets; whoever was there is told nothing of a loss."""
        for client in list(self._actor.members.values()):
            client.status = ClientStatus.LEAVING
            connection, client.connection = client.connection, None
            if client.hold is not None:
                client.hold.forget()
            if connection is not None:
                connection.close(code, f"the room rests: {rest.value}")
            client.status = ClientStatus.GONE

    def cut_off(self, why: str) -> None:
        """End at once: what the Room does is not its own to do, or is not kept."""
        actor = self._actor
        self._log.error(
            "{room_id} is cut off: {why}", room_id=actor.room_id, why=why, act="rest"
        )
        if actor.is_running:
            actor.ending.begin()
        actor.rhythm.stop_beats()
        for client in list(actor.entry.joining.values()):
            actor.exits.let_go(client, Close.MAY_REJOIN, "the room goes to rest")
            actor.entry.give_up(client)
        self._part(Close.MAY_REJOIN, Rest.STOPPED)
        actor.ending.finish()

    # And on.

    async def revive(self, kept: Kept, tree: Tree | None, info: Restoring) -> None:
        """Be as the Room was when it was kept, and go on.

        Raises:
            Refused: The Room was cut off meanwhile.
            Exception: Whatever the author's code raised.
        """
        actor, room = self._actor, self._actor.room
        actor.rhythm.keep_time()
        actor.dispatch.routes.take(room, room.plugin_list)
        self._set_card(kept.card)
        if tree is not None:
            actor.set_state(tree.root, tree)
        clients = [self._seat(each) for each in kept.members.values()]
        self._outdate(kept, tree)
        actor.deadlines.restore(kept.timers)
        for hook in hooks(room, "on_restore"):
            await actor.faults.run(invoke(hook, info))
        if not actor.is_opening:
            raise Refused("somebody else runs the room meanwhile", Code.NO_ROOM)
        actor.idle.was_woken = info.reason == "sleep"
        actor.open_again()
        for client in clients:
            _ = actor.exits.hold(client, room.return_seconds)

    def _outdate(self, kept: Kept, tree: Tree | None) -> None:
        """Take note of who knows other classes than those of the State.

        Who comes back with these would misread all that is written now.
        """
        actor = self._actor
        outline = None if tree is None else tree.outline.fingerprint()
        is_recast = outline != kept.card.get("outline")
        for client in actor.members.values():
            if is_recast or kept.members[client.session_id].outdated:
                actor.rejoins.outdated.add(client)
                if actor.journal is not None:
                    actor.journal.changed(client, outdated=True)

    def _set_card(self, card: Mapping[str, Any]) -> None:
        actor = self._actor
        sign = actor.sign
        for name in ("locked", "private", "unlisted"):
            setattr(sign, name, bool(card.get(name)))
        sign.metadata = card.get("metadata")
        sign.filters = dict(card.get("filters") or {})
        actor.room.max_clients = card.get("max_clients", actor.room.max_clients)

    def _seat(self, member: KeptMember) -> Client:
        """Let a member have its seat, and wait for it."""
        actor, session_id = self._actor, member.session_id
        options, serializer = member.options or {}, member.serializer or "schema"
        seat = Seat(session_id, options, member.auth, serializer)
        actor.seats.admit(seat)
        address = member.address or ""
        client = Client(session_id, actor.room, seat, address, member.auth)
        client.status = ClientStatus.AWAY
        client.roles = member.roles or ()
        if client.receipt is not None:
            receipt = client.receipt
            receipt.taken = receipt.heard = receipt.safe = member.outbox
        client.verdicts.last = member.last or 0
        for ident, each in member.verdicts.items():
            client.verdicts.remember(ident, Verdict(Status(each.status), each.answer))
        actor.members[session_id] = client
        actor.entry.tokens.admit(client, member.secret or b"", member.counter or 0)
        return client
