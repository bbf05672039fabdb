"""Seats: places in a Room, promised, taken and kept; their count is always exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, unique
from typing import Any

from attrs import define, field

from nexus.errors import Code, Refused

__all__ = ["Held", "RoomFull", "Seat", "SeatExpired", "Seats"]


class RoomFull(Refused):
    """Every seat of the room is promised or taken."""

    def __init__(self) -> None:
        super().__init__("the room is full", Code.NO_ROOM)


class SeatExpired(Refused):
    """The seat was never promised, was claimed before, or its time is over."""

    def __init__(self) -> None:
        super().__init__("seat reservation expired.", Code.EXPIRED)


@unique
class Held(Enum):
    """What a Seat waits for."""

    PROMISED = "promised"
    TAKEN = "taken"


@define(eq=False)
class Seat:
    """A place for one client, from the promise until the client is gone for good.

    Attributes:
        session_id: The client's session; it is all that claims the seat, once.
        options: What the client said when it asked to join.
        auth: What the static `on_auth` answered; None: nothing yet.
        serializer: The state format that the client asked for.
    """

    session_id: str
    options: Mapping[str, Any]
    auth: Any = None
    serializer: str = "schema"
    held: Held = field(default=Held.PROMISED, init=False)
    #: Takes the promise back; None once it was claimed.
    expiry: Callable[[], None] | None = field(default=None, init=False, repr=False)
    #: Called once, when the promise was claimed or taken back.
    settled: Callable[[], None] | None = field(default=None, repr=False)
    #: Called when the seat is kept for a client that was lost; what that returns is
    #: called when it is kept no longer. None: nobody counts that.
    kept: Callable[[], Callable[[], None]] | None = field(default=None, repr=False)


@define(eq=False)
class Seats:
    """All seats of one Room.

    Args:
        later: Calls a function after some seconds, and returns what cancels that.
        freed: Called when a promise ran out.
    """

    _later: Callable[[float, Callable[[], None]], Callable[[], None]]
    _freed: Callable[[Seat], None]
    _seats: dict[str, Seat] = field(factory=dict, init=False)

    def __len__(self) -> int:
        return len(self._seats)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._seats

    def promised(self) -> int:
        """Return how many seats nobody claimed yet."""
        return sum(seat.held is Held.PROMISED for seat in self._seats.values())

    def reserve(self, seat: Seat, *, capacity: int, seconds: float) -> None:
        """Promise a seat for some seconds.

        Raises:
            RoomFull: There is none.
            Refused: This session has one.
        """
        if seat.session_id in self._seats:
            raise Refused("this session has a seat already", Code.UNHANDLED)
        if len(self._seats) >= capacity:
            raise RoomFull
        self._seats[seat.session_id] = seat

        def expire() -> None:
            seat.expiry = None
            self._keep(seat)
            del self._seats[seat.session_id]
            self._freed(seat)

        seat.expiry = self._later(seconds, expire)

    def admit(self, seat: Seat) -> None:
        """Take a seat in that its client had before the Room was kept."""
        seat.held = Held.TAKEN
        self._seats[seat.session_id] = seat

    def claim(self, session_id: str) -> Seat:
        """Turn a promise into a taken seat.

        Raises:
            SeatExpired: There is no such promise any more.
        """
        seat = self._seats.get(session_id)
        if seat is None or seat.held is Held.TAKEN:
            raise SeatExpired
        seat.held = Held.TAKEN
        self._keep(seat)
        return seat

    def free(self, session_id: str) -> None:
        """Give a seat back; nothing happens when it was given back before."""
        seat = self._seats.pop(session_id, None)
        if seat is not None:
            self._keep(seat)

    def take_back(self, seat: Seat) -> None:
        """Take a promise back; nothing happens when it was claimed, or has ended."""
        is_there = self._seats.get(seat.session_id) is seat
        if is_there and seat.held is Held.PROMISED:
            self.free(seat.session_id)

    def clear(self) -> None:
        """Give all seats back: the Room ends."""
        for session_id in list(self._seats):
            self.free(session_id)

    @staticmethod
    def _keep(seat: Seat) -> None:
        """Stop the time of a promise, and tell who made it."""
        cancel, seat.expiry = seat.expiry, None
        settled, seat.settled = seat.settled, None
        for each in (cancel, settled):
            if each is not None:
                each()
