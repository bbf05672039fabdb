"""RoomActor: one Room at work. It owns the State, and everything comes through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.errors import Close, Code, Refused, StateError
from nexus.room.around import Event, Registrar, Surroundings
from nexus.room.client import Client
from nexus.room.dispatch import Dispatch
from nexus.room.entry import Entry
from nexus.room.exit import Exits, check_code
from nexus.room.fanout import Fanout
from nexus.room.fault import Faults
from nexus.room.idle import Idle
from nexus.room.phase import NEXT, RoomPhase
from nexus.room.plugin import hooks
from nexus.room.receipt import Receipts
from nexus.room.rhythm import Rhythm
from nexus.room.seat import Seat, Seats
from nexus.room.turn import Turns
from nexus.room.wait import invoke
from nexus.state.state import State
from nexus.state.tree import Tree

if TYPE_CHECKING:
    from nexus.room.room import Room

__all__ = ["RoomActor"]

#: What `set_matchmaking` changes.
_MATCHED: Final = {"locked", "private", "unlisted", "metadata", "max_clients"}


class RoomActor:
    """The life of one Room: who is in it, what is due, how it ends.

    Args:
        room: The author's class.
        kind: The name that its class goes by.
        room_id: Its id, which no other has.
        around: What the Node gives.
        registrar: What knows the rooms and tells others of them.
    """

    _log = Logger()

    def __init__(
        self,
        room: type[Room[Any]],
        *,
        kind: str,
        room_id: str,
        around: Surroundings,
        registrar: Registrar,
    ) -> None:
        self.kind = kind
        self.room_id = room_id
        self.around = around
        self.phase = RoomPhase.OPENING
        #: Joined clients, by session; those that are away are not among them.
        self.clients: dict[str, Client] = {}
        #: Everybody who has the State, those that are away included.
        self.members: dict[str, Client] = {}
        self.seats = Seats(self.later, self._seat_expired)
        self.turns = Turns()
        self.faults = Faults(self)
        self.receipts = Receipts(self)
        self.dispatch = Dispatch(self)
        self.entry = Entry(self)
        self.exits = Exits(self)
        self.rhythm = Rhythm(self)
        self.idle = Idle(self)
        self.fanout: Fanout | None = None
        self.tree: Tree | None = None
        self.locked = False
        self.private = False
        self.unlisted = False
        #: The options of its kind that joins filter by, as its creator gave them.
        self.filters: Mapping[str, Any] = {}
        self._metadata: Mapping[str, Any] | None = None
        self.created_at = around.clock.seconds()
        self._registrar = registrar
        #: What people type instead of the id; None: the kind has no codes.
        self.code: str | None = None
        self._ends: list[Callable[[], Any]] = []
        self._was_locked = False
        self._waiting_end: list[Deferred[None]] = []
        self.room = room(self, seed=around.random.getrandbits(64))

    # Opening.

    async def open(self, options: dict[str, Any]) -> None:
        """Let the author set the Room up.

        Raises:
            Exception: Whatever `on_create` raised; the Room is discarded.
        """
        room = self.room
        self.rhythm.keep_time()
        try:
            self.dispatch.routes.take(room, room.plugin_list)
            for hook in hooks(room, "on_create"):
                await self.faults.run(invoke(hook, options))
            self._enter(RoomPhase.OPEN)
            # Settings of the Room that make no sense show here.
            self._was_locked = self.is_locked
            self.idle.start()
        except Exception:  # the author's code may raise anything
            self._enter(RoomPhase.CLOSING)
            await self._dispose()
            raise
        self.tell("create")
        self._log.info(
            "{room_id} opened as {kind}",
            room_id=self.room_id,
            kind=self.kind,
            seed=room.seed,
            act="open",
        )

    def set_state(self, state: State) -> None:
        """Let the Room have a State.

        Raises:
            StateError: It has one already.
        """
        tree = Tree(state)
        self.tree = tree
        self.fanout = Fanout(tree)
        for client in self.members.values():
            self.fanout.enroll(client)

    # Seats.

    @property
    def capacity(self) -> int:
        """How many seats there are."""
        most = self.room.max_clients
        limit = self.around.limits.clients_per_room
        return limit if most is None else most

    @property
    def metadata(self) -> Mapping[str, Any] | None:
        """What the listing says beyond the usual; what is filtered by stays in it."""
        if self._metadata is None:
            return self.filters or None
        return {**self.filters, **self._metadata}

    @metadata.setter
    def metadata(self, metadata: Mapping[str, Any] | None) -> None:
        if metadata is not None and not isinstance(metadata, Mapping):
            raise TypeError(f"metadata is a dict, or None, and not {metadata!r}")
        self._metadata = metadata

    @property
    def is_open(self) -> bool:
        """Whether the Room can be found."""
        return self.phase is RoomPhase.OPEN

    @property
    def is_opening(self) -> bool:
        """Whether the author's code still sets the Room up."""
        return self.phase is RoomPhase.OPENING

    @property
    def is_full(self) -> bool:
        """Whether no seat is left."""
        return len(self.seats) >= self.capacity

    @property
    def is_locked(self) -> bool:
        """Whether nobody new gets in: by the author's will, or for want of seats."""
        return self.locked or self.is_full or self.phase is not RoomPhase.OPEN

    def reserve(self, seat: Seat) -> None:
        """Promise a seat.

        Raises:
            Refused: The room takes nobody in.
        """
        if self.phase is not RoomPhase.OPEN or self.locked:
            raise Refused(f'room "{self.room_id}" is locked', Code.NO_ROOM)
        self.seats.reserve(seat, capacity=self.capacity, seconds=self.room.seat_seconds)
        self.check_lock()

    def _seat_expired(self, seat: Seat) -> None:
        self.around.meters.seats_expired.inc()
        self._log.info(
            "{room_id}: the seat of {session_id} was not claimed",
            room_id=self.room_id,
            session_id=seat.session_id,
            act="expire",
        )
        self.seat_freed()

    def seat_freed(self) -> None:
        """Look whether the Room takes somebody in again, or is empty."""
        self.check_lock()
        self.idle.seat_freed()

    def check_lock(self) -> None:
        """Tell those who list rooms when the Room starts or stops to take people in."""
        locked = self.is_locked
        if locked != self._was_locked and self.phase is RoomPhase.OPEN:
            self._was_locked = locked
            self.tell("lock" if locked else "unlock")

    def tell(self, event: Event, client: Client | None = None) -> None:
        """Tell those who list rooms what happened."""
        self._registrar.tell(event, self, client)

    def rename(self, room_id: str) -> None:
        """Give the Room another id, while it opens.

        Raises:
            StateError: The Room is open: clients know its id.
        """
        if self.phase is not RoomPhase.OPENING:
            raise StateError("a room's id can be chosen in on_create only")
        self._registrar.rename(self, room_id)

    def on_closed(self, ended: Callable[[], Any]) -> None:
        """Call a function when the Room has ended."""
        self._ends.append(ended)

    def set_matchmaking(self, changes: dict[str, Any]) -> None:
        """Change what matchmaking knows of the Room.

        Raises:
            TypeError: There is nothing of such a name.
        """
        unknown = changes.keys() - _MATCHED
        if unknown:
            raise TypeError(f"matchmaking knows no {', '.join(sorted(unknown))}")
        if "max_clients" in changes:
            self.room.max_clients = changes.pop("max_clients")
        for name, value in changes.items():
            setattr(self, name, value)
        if self.phase is not RoomPhase.OPEN:
            return
        self.check_lock()
        if changes.keys() & {"private", "unlisted"}:
            self.tell("visibility")
        if "metadata" in changes:
            self.tell("metadata")

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call a function after some seconds of the world's time.

        Returns:
            What cancels that.
        """
        delayed = self.around.clock.callLater(seconds, call)

        def cancel() -> None:
            if delayed.active():
                delayed.cancel()

        return cancel

    # The end.

    async def close(self, code: int = Close.CONSENTED, reason: str = "") -> None:
        """Let everybody go and end the Room; returns when it has ended.

        Called by a hook that the end waits for, it returns at once.

        Raises:
            Refused: The Room opens still.
            ValueError: No socket can be closed with such a code.
        """
        check_code(code)
        if self.phase is RoomPhase.OPENING:
            raise Refused("a room cannot be closed while it opens")
        if self.phase is RoomPhase.OPEN:
            self._enter(RoomPhase.CLOSING)
            self.tell("dispose")
            self.turns.after(
                lambda: self.faults.spawn(self._end(code, reason), "close")
            )
        if not self.faults.within:
            await self.ended()

    async def ended(self) -> None:
        """Wait until the Room has ended."""
        if self.phase is not RoomPhase.CLOSED:
            waiting: Deferred[None] = Deferred()
            self._waiting_end.append(waiting)
            await waiting

    async def _end(self, code: int, reason: str) -> None:
        """Let everybody go, all at once, and then end."""
        everybody = [*self.members.values(), *self.entry.joining.values()]
        for member in list(self.members.values()):
            self.faults.spawn(self.exits.abandon(member), "leave")
        for client in everybody:
            self.exits.let_go(client, code, reason)
            self.entry.give_up(client)
        for client in everybody:
            await self.exits.gone(client)
        await self._dispose()
        self._log.info(
            "{room_id} closed, {reason}",
            room_id=self.room_id,
            reason=reason or f"code {int(code)}",
            act="close",
        )

    async def _dispose(self) -> None:
        for hook in hooks(self.room, "on_dispose"):
            try:
                await self.faults.run(invoke(hook))
            except Exception:  # noqa: BLE001  # the author's code may raise anything
                self.faults.fail("on_dispose", None, Failure())
        self.rhythm.stop()
        self.idle.stop()
        self.receipts.stop()
        self.seats.clear()
        self.room.scoped_presence.close()
        self._enter(RoomPhase.CLOSED)
        for ended in self._ends:
            ended()
        waiting, self._waiting_end = self._waiting_end, []
        for each in waiting:
            each.callback(None)

    def _enter(self, phase: RoomPhase) -> None:
        if phase not in NEXT[self.phase]:
            raise ValueError(
                f"a room that is {self.phase.value} cannot be {phase.value}"
            )
        self.phase = phase

    @override
    def __repr__(self) -> str:
        return f"<RoomActor {self.kind} {self.room_id} {self.phase.value}>"
