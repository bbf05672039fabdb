"""Clients without a network: what they are sent is counted, and kept of some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field

from nexus.match import Entrance, Matchmaker
from nexus.net.outlet import Outlet
from nexus.net.port import Arrival, Receiver
from nexus.room import Context
from nexus.wire import frame as frames
from nexus.wire.dialect import CURRENT
from nexus.wire.envelope import contents
from nexus.wire.message import encode
from nexus.wire.native import Replica
from nexus.wire.ours import APPLIED, WISH

__all__ = ["Guest", "enter"]


@define(eq=False)
class Guest:
    """A client that takes all at once.

    Attributes:
        session_id: What the Room calls it.
        keeps: Whether it keeps what it is sent, to be looked at.
        size: How much it was sent.
    """

    session_id: str
    keeps: bool
    size: int = 0
    #: How many bytes the kernel has not taken.
    waiting: int = 0
    outlet: Outlet = field(factory=Outlet, init=False)
    _receiver: Receiver | None = field(default=None, init=False)
    _kept: list[bytes] = field(factory=list, init=False)
    _is_in: bool = field(default=False, init=False)

    def connect(self, receiver: Receiver) -> None:
        """Take note of who listens."""
        self._receiver = receiver

    def deliver(self, frame: bytes) -> None:
        """Take a frame."""
        self.size += len(frame)
        if self.keeps or not self._is_in:
            self._kept.append(frame)

    def close(self, code: int, reason: str) -> None:
        """Complain: nobody is to be sent away.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(f"the Room closed a client: {code} {reason}")

    def abort(self) -> None:
        """Complain as well.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("the Room cut a client off")

    def probe(self, echoed: Callable[[], object]) -> None:
        """Say that it has all."""
        echoed()

    def accept(self) -> None:
        """Say that it has come in."""
        assert self._receiver is not None
        self._is_in = True
        self._receiver.receive(b"\x0a")

    def applied(self, version: int) -> None:
        """Say that it holds a version."""
        assert self._receiver is not None
        self._receiver.receive(frames.encode_message(APPLIED, encode(version)))

    def replica(self) -> Replica:
        """Return the State as all frames that came make it."""
        made = Replica()
        for each in self._kept:
            frame = frames.read_server(bytes(contents(each)), CURRENT)
            if isinstance(frame, frames.JoinRoom):
                made.set_outline(frame.handshake)
            elif isinstance(frame, frames.Snapshot):
                made.apply_snapshot(frame.content)
            elif isinstance(frame, frames.Patch):
                made.apply_patch(frame.content)
        return made


async def enter(matchmaker: Matchmaker, room_id: str, *, keeps: bool) -> Guest:
    """Let a client take a Seat; it has not said yet that it has come in."""
    options: dict[str, Any] = dict(WISH)
    seat = await matchmaker.join_by_id(room_id, options, Context("", "", {}, ""))
    guest = Guest(seat.session_id, keeps)
    query = {"sessionId": seat.session_id}
    arrival = Arrival(
        path=f"/bench/{room_id}", query=query, headers={}, address="", secure=False
    )
    guest.connect(Entrance(matchmaker).accept(arrival, guest))
    return guest
