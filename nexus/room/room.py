"""Room: what an author subclasses, hooks and properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
)

from twisted.logger import Logger

from nexus.cluster.port import ScopedPresence
from nexus.errors import Close, StateError
from nexus.room.client import Client, Clients
from nexus.room.clock.ticking import Ticking
from nexus.room.hook import Hooks, S
from nexus.room.keeping.durability import Durability
from nexus.room.listed import Listed
from nexus.room.message.message import listener
from nexus.room.payload.payload import shape_of
from nexus.room.phase import Rest
from nexus.room.plugin import Plugin, required
from nexus.room.space.space import BUDGET, Space
from nexus.sim.interest import Band, Sight
from nexus.sim.tiling import Tiling
from nexus.state.map import Map
from nexus.state.table import Table
from nexus.state.table.mirror import Parting
from nexus.state.tree import Tree
from nexus.store.writeback import WriteBack
from nexus.wire.frame import encode_bytes, encode_message
from nexus.wire.message import UNDEFINED, encode

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.seat.hold import Hold

__all__ = ["OWN", "Room"]

#: What a Room gets as it is made, beside what its class has.
OWN: Final = ("_actor", "plugin_list", "random", "scoped_presence", "seed")


class Room(Hooks[S], Ticking, Listed):
    """A place where Clients meet and share one State.

    Subclass it, override the hooks that matter, and decorate methods with
    `@on_message`. Hooks and listeners may be plain functions or `async def`; what is
    plain runs undisturbed, so write State in plain code.

    Class attributes are defaults that an instance may change at any time:

    Attributes:
        max_clients: Seats; None: as many as the Node allows.
        auto_dispose: Whether the Room ends when nobody is in it.
        patch_interval: Seconds between patches; None: only `broadcast_patch` patches.
        tick_budget: Seconds that a tick of a timestep may take before it counts as an
            overrun; None: as long as from one to the next.
        seat_seconds: How long a seat waits for its client to connect, and then to take
            the State.
        message_seconds: How long an `async` hook or listener may take; 0: for ever.
        unknown_message: What becomes of a message that nobody listens for: `"close"`
            the client's socket, answer with an `"error"`, or `"ignore"` it.
        second_seat: Which of two sockets of one session stays, where `on_auth_static`
            names the session: the newer one replaces the older, or is refused.
        plugins: Plugin classes that come along, with those that they require.
        durability: What survives the Node: `"memory"`, nothing; `"saved"`, all but the
            last moments; `"confirmed"`, also all that a client was told is done.
        return_seconds: How long the seats of a Room that is kept wait for their clients
            when the Node was started again.
        hibernate_seconds: How long a Room that is kept stays awake when it is empty;
            None: for ever.
    """

    max_clients: int | None = None
    auto_dispose: bool = True
    patch_interval: float | None = 0.05
    tick_budget: float | None = None
    seat_seconds: float = 15.0
    message_seconds: float = 30.0
    unknown_message: Literal["close", "error", "ignore"] = "close"
    second_seat: Literal["replace", "refuse"] = "replace"
    plugins: ClassVar[tuple[type[Plugin], ...]] = ()
    durability: ClassVar[Durability] = "memory"
    return_seconds: float = 60.0
    hibernate_seconds: float | None = 600.0

    _log = Logger()

    def __init__(self, actor: RoomActor, *, seed: int) -> None:
        self._actor = actor
        self.seed = seed
        #: Chance that a replay repeats: it grows from `seed`.
        self.random = Random(seed)  # for games, not for secrets
        self.scoped_presence: ScopedPresence = ScopedPresence(actor.around.presence)
        self.plugin_list = [plugin(self) for plugin in required(self.plugins)]

    # How it stops.

    def on_before_shutdown(self) -> Any:
        """End the Room in good order as the Node stops; it disconnects everybody.

        A Room that is kept stays as it is, and goes on when the Node is there again.
        """
        if self.actor.journal is not None:
            return self.actor.suspend(Close.MAY_REJOIN, Rest.STOPPED)
        return self.disconnect(self.actor.around.shutdown_code)

    # What the Room is.

    @property
    def actor(self) -> RoomActor:
        """What runs the Room; authors have no need of it."""
        return self._actor

    @property
    def room_id(self) -> str:
        """The Room's id."""
        return self.actor.room_id

    @room_id.setter
    def room_id(self, room_id: str) -> None:
        self.actor.rename(room_id)

    @property
    def code(self) -> str | None:
        """What people type instead of the id, if the kind has codes."""
        return self.actor.code

    @property
    def kind(self) -> str:
        """The name that this kind of Room goes by."""
        return self.actor.kind

    @property
    def clients(self) -> Clients:
        """The clients that are in the Room now."""
        return Clients(self.actor.clients)

    @property
    def state(self) -> S:
        """The State; assign it once, in `on_create`.

        Raises:
            StateError: It was not assigned.
        """
        if self.actor.tree is None:
            raise StateError(f"{type(self).__name__} has no state: assign self.state")
        root: S = self.actor.tree.root  # type: ignore[assignment]  # as it was assigned
        return root

    @state.setter
    def state(self, state: S) -> None:
        if self.actor.tree is not None:
            raise StateError(
                f"{type(self).__name__}.state is assigned once: change its fields"
            )
        self.actor.set_state(state)

    @property
    def tree(self) -> Tree | None:
        """The tree that the State is the root of; None without State."""
        return self.actor.tree

    @property
    def presence(self) -> ScopedPresence:
        """What Rooms share; subscriptions end with this Room."""
        return self.scoped_presence

    @property
    def matchmaker(self) -> Any:
        """What finds and makes Rooms."""
        return self.actor.around.matchmaker

    @property
    def has_before_patch(self) -> bool:
        """Whether `on_before_patch` does anything."""
        return type(self).on_before_patch is not Room.on_before_patch

    @property
    def has_drop(self) -> bool:
        """Whether `on_drop` does anything."""
        return type(self).on_drop is not Room.on_drop

    # What the Room does.

    def broadcast(
        self,
        type_: str | int,
        message: Any = UNDEFINED,
        *,
        but: Client | Iterable[Client] = (),
        after_next_patch: bool = False,
    ) -> None:
        """Send a message to all clients.

        Args:
            type_: What clients listen for.
            message: Anything that msgpack carries.
            but: Who does not get it.
            after_next_patch: Send it behind the next patch, to who is there then.
        """
        payload = b"" if message is UNDEFINED else encode(message)
        self._spread(encode_message(type_, payload), but, later=after_next_patch)

    def broadcast_bytes(
        self,
        type_: str | int,
        content: bytes,
        *,
        but: Client | Iterable[Client] = (),
        after_next_patch: bool = False,
    ) -> None:
        """Send raw bytes to all clients."""
        self._spread(encode_bytes(type_, content), but, later=after_next_patch)

    def _spread(
        self, frame: bytes, but: Client | Iterable[Client], *, later: bool
    ) -> None:
        left_out = (but,) if isinstance(but, Client) else tuple(but)
        for each in left_out:
            if not isinstance(each, Client):
                raise TypeError(f"but= takes a client, or several, and not {each!r}")
        if later:
            self.actor.rhythm.after_patch(frame, None, left_out)
        else:
            self.actor.rhythm.deliver(frame, self.actor.clients.values(), left_out)

    def broadcast_patch(self) -> bool:
        """Patch now; tell whether anything had changed."""
        return self.actor.rhythm.patch()

    def listen(
        self,
        type_: str | int,
        call: Callable[..., Any],
        shape: Any = None,
        *,
        raw: bool = False,
    ) -> Callable[[], None]:
        """Listen for messages from now on, as `@on_message` does.

        Args:
            type_: The type, or `"*"`.
            call: Takes the client and the payload; with `"*"` the type between them.
            shape: What the payload is checked against, if no annotation says.
            raw: Listen for raw bytes.

        Returns:
            What ends it.
        """
        checked = None if shape is None else shape_of(shape)
        return self.actor.dispatch.routes.add(
            listener(type_, call, raw=raw, shape=checked)
        )

    def make_space(
        self,
        tiling: Tiling,
        *contents: Table[Any] | Map[str, Any],
        radius: float,
        slack: float | None = None,
        bands: Iterable[tuple[float, int]] = (),
        x: str = "x",
        y: str = "y",
        budget: int = BUDGET,
    ) -> Space:
        """Let clients get rows of Tables, and States of Maps, only where they look.

        Args:
            tiling: The Cells: a Grid, or a Globe.
            *contents: Tables of the Room's State whose rows have positions, and Maps of
                States that have some; a Map's field has `visible=SHOWN`.
            radius: How far a client sees, unless it is told to see less.
            slack: How much farther a Cell is seen once it is; an eighth of the radius
                if left out.
            bands: From near to far, a distance and how often a client hears of what is
                within it: `(100, 1), (300, 4)`, of each version and of each fourth.
            x: The field that has the first number of a position.
            y: The field that has the second.
            budget: How many rows come to one client with one patch, about.

        Raises:
            StateError: The Room has no State yet, or clients have it already.
        """
        if self._actor.tree is None or self._actor.fanout is None:
            raise StateError("a space needs State: set self.state first")
        if self._actor.clients:
            raise StateError(
                "clients hold all of these already: make a space in on_create, or in "
                "on_restore"
            )
        steps = tuple(Band(within, every) for within, every in bands)
        sight = Sight(radius, radius / 8 if slack is None else slack, steps)
        tree = self._actor.tree
        space = Space(tree, tiling, contents, sight, x=x, y=y, budget=budget)
        self._actor.fanout.add(space)
        return space

    def write_back(
        self,
        table: Table[Any],
        world: str,
        *,
        region: Parting = None,
        x: str = "x",
        y: str = "y",
        every: float | None = None,
        earth: bool = False,
    ) -> WriteBack:
        """Keep the rows of a Table in the database, whatever becomes of the Room.

        Args:
            table: A Table of the Room's State that is not stored with it.
            world: What they belong to; one Room writes it, the latest to ask.
            region: Finds Regions from positions, as `grid.cells`; or a field's name.
            x: The field that has the first number of a position.
            y: The field that has the second.
            every: Seconds between rounds; None: as the Table is saved.
            earth: Whether x is a latitude and y a longitude, for searches.
        """
        begin, place = self._actor.write_backs.begin, (x, y)
        return begin(table, world, region=region, place=place, every=every, earth=earth)

    def allow_reconnection(self, client: Client, seconds: float | None) -> Hold:
        """Keep the seat of a client that was lost, for some seconds or for good.

        Returns:
            What can be awaited: it gives the client, or raises `NotReturned`.
        """
        return self.actor.exits.hold(client, seconds)

    def kick(
        self, session_id: str, code: int = Close.CONSENTED, reason: str = ""
    ) -> None:
        """Let a client go; nothing happens if it is not there."""
        client = self.actor.members.get(session_id)
        if client is not None:
            self.actor.exits.let_go(client, code, reason)

    async def disconnect(self, code: int = Close.CONSENTED) -> None:
        """Let everybody go and end the Room."""
        await self.actor.close(code)
