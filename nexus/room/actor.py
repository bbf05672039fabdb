"""RoomActor: one Room at work. It owns the State, and everything comes through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger
from typing_extensions import override

from nexus.errors import Close, Code, Refused, StateError
from nexus.room.around import Event, Registrar, Surroundings
from nexus.room.client import Client
from nexus.room.clock.deadline import Deadlines
from nexus.room.clock.rhythm import Rhythm
from nexus.room.ending import Ending
from nexus.room.fanout.fanout import Fanout
from nexus.room.fault import Faults
from nexus.room.idle import Idle
from nexus.room.keeping.journal import Journal
from nexus.room.keeping.rest import Rests
from nexus.room.keeping.writeback import WriteBacks
from nexus.room.message.dispatch import Dispatch
from nexus.room.message.receipt import Receipts
from nexus.room.phase import NEXT, Rest, RoomPhase
from nexus.room.plugin import hooks
from nexus.room.seat.entry import Entry
from nexus.room.seat.exit import Exits, check_code
from nexus.room.seat.rejoin import Rejoins
from nexus.room.seat.seat import Seat, Seats
from nexus.room.sign import Sign, check_metadata
from nexus.room.turn import Turns
from nexus.room.wait import invoke
from nexus.room.work.errand import Errands
from nexus.state.state import State
from nexus.state.tree import Tree

if TYPE_CHECKING:
    from nexus.room.room import Room

__all__ = ["RoomActor"]


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
        self.rejoins = Rejoins(self)
        self.exits = Exits(self)
        self.rhythm = Rhythm(self)
        self.errands = Errands(self)
        self.deadlines = Deadlines(self)
        self.idle = Idle(self)
        self.ending = Ending(self)
        self.rests = Rests(self)
        self.write_backs = WriteBacks(self)
        #: What is told to the archive; None: nothing is kept of the Room.
        self.journal: Journal | None = None
        self.fanout: Fanout | None = None
        self.tree: Tree | None = None
        self.sign = Sign()
        self.created_at = around.clock.seconds()
        self._registrar = registrar
        #: What people type instead of the id; None: the kind has no codes.
        self.code: str | None = None
        self._was_locked = False
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
            if room.durability != "memory":
                if self.around.keeping is None:
                    raise StateError(
                        f"{type(room).__name__} is to be kept, and this node has no"
                        " database"
                    )
                await self.around.keeping.begin(self)
            self.open_again()
        except Exception:  # the author's code may raise anything
            self.enter(RoomPhase.CLOSING)
            await self.ending.dispose()
            raise
        self._log.info(
            "{room_id} opened as {kind}",
            room_id=self.room_id,
            kind=self.kind,
            seed=room.seed,
            act="open",
        )

    def open_again(self) -> None:
        """Take people in: the author's code has set the Room up, or restored it."""
        self.enter(RoomPhase.OPEN)
        # Settings of the Room that make no sense show here.
        self._was_locked = self.is_locked
        self.idle.start()
        self.tell("create")

    def set_state(self, state: State, tree: Tree | None = None) -> None:
        """Let the Room have a State.

        Args:
            state: The State.
            tree: Its tree, if it was restored with one.

        Raises:
            StateError: It has one already.
        """
        is_restored = tree is not None
        tree = tree or Tree(state)
        self.tree = tree
        skipped = self.around.meters.patches_skipped.inc
        seconds = self.around.clock.seconds
        self.fanout = Fanout(tree, seconds, skipped, self.faults.keep_from)
        if self.journal is not None:
            if not is_restored:
                self.journal.stated(tree)
            self.fanout.keep(self.journal.patched)
        for client in self.members.values():
            self.fanout.enroll(client)
            connection = client.connection
            if connection is not None and connection.ready:
                # It was told that there is no State, and knows none of its classes.
                why = "the room has a state now: it is sent to who returns"
                connection.socket.close(Close.MAY_REJOIN, why)

    # Seats.

    @property
    def capacity(self) -> int:
        """How many seats there are."""
        most = self.room.max_clients
        limit = self.around.limits.clients_per_room
        return limit if most is None else most

    @property
    def is_open(self) -> bool:
        """Whether the Room can be found."""
        return self.phase is RoomPhase.OPEN

    @property
    def is_running(self) -> bool:
        """Whether the Room lives, and is not about to end or to rest."""
        return self.phase in (RoomPhase.OPENING, RoomPhase.OPEN)

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
        return self.sign.locked or self.is_full or self.phase is not RoomPhase.OPEN

    def reserve(self, seat: Seat) -> None:
        """Promise a seat.

        Raises:
            Refused: The room takes nobody in.
        """
        if self.phase is not RoomPhase.OPEN or self.sign.locked:
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

    def set_matchmaking(self, changes: dict[str, Any]) -> None:
        """Change what matchmaking knows of the Room.

        Raises:
            TypeError: The metadata is no mapping.
            ValueError: The Room is kept, and its metadata is no plain data, or long.
        """
        if self.journal is not None and "metadata" in changes:
            # Refused here rather than when it is written, which would end the Room.
            check_metadata(changes["metadata"])
        if "max_clients" in changes:
            self.room.max_clients = changes.pop("max_clients")
        for name, value in changes.items():
            setattr(self.sign, name, value)
        if self.journal is not None:
            self.journal.card_changed()
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
        await self._end_by(lambda: self.ending.close(code, reason), "close")

    async def suspend(self, code: int, rest: Rest) -> None:
        """Let a Room that is kept rest; returns when it does.

        Raises:
            Refused: The Room opens still.
        """
        await self._end_by(lambda: self.rests.suspend(code, rest), "rest")

    async def _end_by(self, way: Callable[[], Awaitable[None]], act: str) -> None:
        if self.phase is RoomPhase.OPENING:
            raise Refused("a room cannot be closed while it opens")
        if self.phase is RoomPhase.OPEN:
            self.ending.begin()
            self.turns.after(lambda: self.faults.spawn(way(), act))
        if not self.faults.within:
            await self.ending.over()

    def cut_off(self, why: str) -> None:
        """End at once: the Room is not ours any more, or cannot be kept."""
        self.rests.cut_off(why)

    async def ended(self) -> None:
        """Wait until the Room has ended."""
        await self.ending.over()

    def on_closed(self, ended: Callable[[], Any]) -> None:
        """Call a function when the Room has ended."""
        self.ending.on_over(ended)

    def enter(self, phase: RoomPhase) -> None:
        """Go on to a phase.

        Raises:
            ValueError: This one does not lead there.
        """
        if phase not in NEXT[self.phase]:
            raise ValueError(
                f"a room that is {self.phase.value} cannot be {phase.value}"
            )
        self.phase = phase

    @override
    def __repr__(self) -> str:
        return f"<RoomActor {self.kind} {self.room_id} {self.phase.value}>"
