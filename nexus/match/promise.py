"""Promises: whom wishes count for, and seats of sessions that their callers own."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nexus.errors import Close, Code, Refused
from nexus.match.registry import Registry
from nexus.room import Context, RoomActor, Seat, Surroundings
from nexus.room.ident import fits_path
from nexus.room.seat import Held

__all__ = ["Promises", "Settle", "session_of"]

#: What is called when a wish counts for nobody any more; None: it counts for nobody.
Settle = Callable[[], None] | None


def session_of(auth: Any) -> str | None:
    """Return the session that the author's code says its caller is; None: it does not.

    Raises:
        Refused: What it says is no session.
    """
    named = auth.get("session_id") if isinstance(auth, Mapping) else None
    if named is not None and not (isinstance(named, str) and fits_path(named)):
        raise Refused("a session id that fits no path", Code.AUTH_FAILED)
    return named


class Promises:
    """Counts wishes until their seats are settled, and gives sessions their seats.

    Args:
        registry: What knows where sessions have seats.
        around: What bounds the wishes.
    """

    def __init__(self, registry: Registry, around: Surroundings) -> None:
        self._registry = registry
        self._around = around
        #: Wishes of somebody at an address, and seats that were not claimed yet.
        self._counts: Tally[str] = Tally()

    @contextmanager
    def counted(self, context: Context | None) -> Iterator[Settle]:
        """Count a wish for who has it, until it fails or its seat is settled.

        Raises:
            Refused: So many are counted there that it is for nothing good.
        """
        holder = "" if context is None else context.holder
        if not holder:
            yield None
            return
        if self._counts[holder] >= self._around.limits.seats_per_address:
            self._around.meters.beyond.labels("seats_per_address").inc()
            raise Refused("claim your seats before you ask for more", Code.LIMIT)
        self._counts[holder] += 1
        try:
            yield lambda: self._settle(holder)
        except BaseException:
            self._settle(holder)
            raise

    def _settle(self, holder: str) -> None:
        self._counts[holder] -= 1
        if not self._counts[holder]:
            del self._counts[holder]

    def settled(
        self, actor: RoomActor, seat: Seat, settle_wish: Settle
    ) -> Callable[[], None]:
        """Return what is called when a seat was claimed, or the promise taken back."""

        def settled() -> None:
            if seat.held is Held.PROMISED:
                self._registry.unseat(seat.session_id, actor)
            if settle_wish is not None:
                settle_wish()

        return settled

    async def reserve(self, actor: RoomActor, seat: Seat) -> None:
        """Promise a session a seat, or the one that it has already once more.

        Raises:
            Refused: The session fits no path, or its first comer stays; or the Room
                takes nobody in.
        """
        session_id = seat.session_id
        if not fits_path(session_id):
            raise Refused("a session id that fits no path", Code.AUTH_FAILED)
        if session_id in actor.seats:
            # Locked or full, its own seat is its own; there may be fewer seats
            # than taken ones, too.
            capacity = max(actor.capacity, len(actor.seats))
            await self._second(actor, session_id)
            if not actor.is_open:
                raise Refused(f'room "{actor.room_id}" is locked', Code.NO_ROOM)
            seconds = actor.room.seat_seconds
            actor.seats.reserve(seat, capacity=capacity, seconds=seconds)
            actor.check_lock()
        else:
            actor.reserve(seat)
        self._registry.seat(session_id, actor)

    async def _second(self, actor: RoomActor, session_id: str) -> None:
        """Do with a session that has a seat already what the Room says.

        Raises:
            Refused: The first comer stays.
        """
        while session_id in actor.seats:
            if actor.room.second_seat == "refuse":
                raise Refused("this session is in the room already", Code.EXPIRED)
            joining = actor.entry.joining.get(session_id)
            client = actor.members.get(session_id) or joining
            if client is None:
                actor.seats.free(session_id)
                continue
            why = "the session came by another socket"
            actor.exits.let_go(client, Close.REPLACED, why)
            actor.entry.give_up(client)
            await actor.exits.gone(client)
