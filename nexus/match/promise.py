"""Promises: whom wishes count for, and seats of sessions that their callers own."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from attrs import frozen

from nexus.errors import Close, Code, Refused
from nexus.match.maker import OURS, plain_options
from nexus.match.registry import Registry
from nexus.match.reservation import SeatWish
from nexus.room import Context, RoomActor, RoomFull, Seat, Surroundings
from nexus.room.ident import fits_path, make_id
from nexus.room.seat.seat import Held

__all__ = ["Counted", "Promises", "session_of"]

_SERIALIZERS: Final = ("schema", "nexus")


@frozen(eq=False)
class Counted:
    """What a wish adds to the count of whoever has it.

    Attributes:
        settle: Counts the wish no more.
        keep: Counts its seat while that is kept for a client that was lost; returns
            what ends that.
    """

    settle: Callable[[], None]
    keep: Callable[[], Callable[[], None]]


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
    """Promises seats, counts wishes for them, and gives sessions their own.

    Args:
        registry: What knows where sessions have seats.
        around: What bounds the wishes.
    """

    def __init__(self, registry: Registry, around: Surroundings) -> None:
        self._registry = registry
        self._around = around
        #: Wishes of somebody at an address, seats that were not claimed yet, and those
        #: that are kept for a client that was lost.
        self._counts: Tally[str] = Tally()

    @contextmanager
    def counted(self, context: Context | None) -> Iterator[Counted | None]:
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
        counted = Counted(self._count(holder), lambda: self._count(holder))
        try:
            yield counted
        except BaseException:
            counted.settle()
            raise

    def _count(self, holder: str) -> Callable[[], None]:
        """Count one for somebody, and return what takes that back."""
        self._counts[holder] += 1

        def settle() -> None:
            self._counts[holder] -= 1
            if not self._counts[holder]:
                del self._counts[holder]

        return settle

    async def promise(
        self, actor: RoomActor, wish: SeatWish, counted: Counted | None = None
    ) -> Seat:
        """Promise a seat in a Room.

        Raises:
            Refused: The Room takes nobody in, or the wish is wrong.
        """
        ours = wish.options.get(OURS)
        named = ours.get("serializer") if isinstance(ours, Mapping) else None
        if named is not None and named not in _SERIALIZERS:
            raise Refused("there is no such serializer", Code.UNHANDLED)
        session_id = session_of(wish.auth) or wish.session_id
        seat = Seat(
            session_id or make_id(self._around.random),
            plain_options(wish.options),
            wish.auth,
            named or "schema",
        )
        with actor.idle.expecting():
            if session_id is None:
                actor.reserve(seat)
            else:
                await self._reserve(actor, seat)
            seat.settled = self._settled(actor, seat, counted)
            seat.kept = None if counted is None else counted.keep
        return seat

    async def promise_all(
        self, actor: RoomActor, wishes: Sequence[SeatWish]
    ) -> list[Seat]:
        """Promise several seats in a Room, all of them or none.

        Raises:
            RoomFull: There are not so many.
            Refused: The Room takes nobody in, or one of the wishes is wrong.
        """
        names = [session_of(wish.auth) or wish.session_id for wish in wishes]
        sessions = [name for name in names if name is not None]
        if len(set(sessions)) < len(sessions):
            raise Refused("one session wants several seats", Code.UNHANDLED)
        new = len(wishes) - sum(name in actor.seats for name in sessions)
        if new and len(actor.seats) + new > actor.capacity:
            raise RoomFull
        seats: list[Seat] = []
        with actor.idle.expecting():
            try:
                for wish in wishes:
                    seat = await self.promise(actor, wish)
                    seats.append(seat)
            except BaseException:
                for seat in seats:
                    actor.seats.take_back(seat)
                actor.check_lock()
                raise
        return seats

    def _settled(
        self, actor: RoomActor, seat: Seat, counted: Counted | None
    ) -> Callable[[], None]:
        """Return what is called when a seat was claimed, or the promise taken back."""

        def settled() -> None:
            if seat.held is Held.PROMISED:
                self._registry.unseat(seat.session_id, actor)
            if counted is not None:
                counted.settle()

        return settled

    async def _reserve(self, actor: RoomActor, seat: Seat) -> None:
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
