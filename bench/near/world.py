"""A world in which entities and clients walk about, and our side of it."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Any, Final

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from bench.near.drain import Drain
from nexus.net.outlet import Outlet
from nexus.room.fanout.courier import STATE
from nexus.room.fanout.fanout import Fanout
from nexus.room.fanout.pace import Pace
from nexus.room.space.space import Space
from nexus.sim.grid import Grid
from nexus.sim.interest import Sight
from nexus.state import State, Table, Tree, quantized, uint8
from nexus.wire.dialect import CURRENT
from nexus.wire.envelope import contents
from nexus.wire.native import Replica, encode_outline

__all__ = ["RADIUS", "SIDE", "SLACK", "Invalid", "Moves", "Ours", "Plan"]

Array = NDArray[Any]

#: How wide a Cell is, how far clients see, and how much farther they go on seeing.
SIDE: Final = 50.0
RADIUS: Final = 100.0
SLACK: Final = 12.0
#: How far a client walks in a tick, and how far an entity goes, about.
_PACE: Final = 2.0
_STEP: Final = 2.0
#: Clients of ours say in every so manieth tick what they applied.
_TELLS: Final = 4
#: No world is wider.
_WIDEST: Final = 20_000.0


class Invalid(Exception):
    """A side that did not do the work; its figures mean nothing."""


@frozen(eq=False)
class Moves:
    """Who goes where in one tick."""

    rows: Array
    x: Array
    y: Array
    #: Where each client is.
    walk_x: Array
    walk_y: Array


@define(eq=False)
class Plan:
    """Where all stand, and where they go.

    Args:
        entities: How many there are.
        clients: How many look at them.
        size: How wide and high the world is.
        share: Which part of the entities takes a step in a tick.
    """

    entities: int
    clients: int
    size: float
    share: float = 0.1
    x: Array = field(init=False)
    y: Array = field(init=False)
    _chance: np.random.Generator = field(init=False)
    walk: Array = field(init=False)
    _heading: Array = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._chance = np.random.default_rng(3)
        self.x, self.y = self._chance.uniform(0, self.size, (2, self.entities))
        self.walk = self._chance.uniform(0, self.size, (2, self.clients))
        self._heading = self._chance.uniform(0, 2 * np.pi, self.clients)

    def tick(self) -> Moves:
        """Let all take a step."""
        chance = self._chance
        self._heading += chance.normal(0, 0.1, self.clients)
        turn = np.array([np.cos(self._heading), np.sin(self._heading)])
        self.walk = np.clip(self.walk + _PACE * turn, 0, self.size)
        count = int(self.entities * self.share)
        rows = np.sort(chance.choice(self.entities, count, replace=False))
        by = chance.normal(0, _STEP, (2, count))
        self.x[rows] = np.clip(self.x[rows] + by[0], 0, self.size)
        self.y[rows] = np.clip(self.y[rows] + by[1], 0, self.size)
        walk_x, walk_y = self.walk
        return Moves(rows.astype(np.int32), self.x[rows], self.y[rows], walk_x, walk_y)


class Npc(State):
    """An entity."""

    x: Annotated[float, quantized(0, _WIDEST, 16)]
    y: Annotated[float, quantized(0, _WIDEST, 16)]
    hp: uint8


class World(State):
    """All of them."""

    npcs: Table[Npc]


class _Seat:
    serializer = "nexus"


class _Spot:
    """Where a client is."""

    __slots__ = ("x", "y")

    def __init__(self) -> None:
        self.x = self.y = 0.0


class _Client:
    """A client with its Connection in one.

    Args:
        tree: The State.
        pace: What it takes.
        keeps: Whether it keeps all frames, to be checked.
        on: Where its frames go; None: nowhere.
    """

    def __init__(
        self, tree: Tree, pace: Pace, *, keeps: bool, on: socket.socket | None
    ) -> None:
        self.seat = _Seat()
        self.dialect = CURRENT
        self.format: Any = None
        self.ring: Any = None
        self.sees: Any = None
        self.view = tree.view("client")
        self.pace = pace
        self.ready = False
        self.returns = self.skips_handshake = self.begins_anew = False
        self.resume_from: int | None = None
        self.spot = _Spot()
        self.frames: list[bytes] | None = [] if keeps else None
        self.connection = self.socket = self
        self.outlet = Outlet()
        self._on = on
        if on is not None:
            # As a socket of the daemon that has nothing waiting.
            self.outlet.open(sys.maxsize)
            self.outlet.send = self._take if keeps else on.send
            self.outlet.door = -1 if keeps else on.fileno()
            self.outlet.write = self._keep_waiting

    def deliver(self, frame: bytes) -> None:
        """Take a frame."""
        if self._on is None or self.frames is not None:
            self._take(frame)
        elif self._on.send(frame) != len(frame):
            self._keep_waiting(frame)

    def _take(self, frame: bytes) -> int:
        if self.frames is not None:
            self.frames.append(frame)
        return len(frame) if self._on is None else self._on.send(frame)

    def hang_up(self) -> None:
        """Close its socket."""
        if self._on is not None:
            self._on.close()

    @staticmethod
    def _keep_waiting(_frame: bytes) -> None:
        raise Invalid("the kernel takes no more: what reads it is too slow")


class Ours:
    """Our side.

    Args:
        plan: Where all stand.
        checked: How many clients keep what they are sent, to be checked.
        sends: Whether all is sent, over TCP, to another process.
    """

    def __init__(self, plan: Plan, checked: int, *, sends: bool = False) -> None:
        self.world: Any = World()  # type: ignore[call-arg]  # a Table is made by itself
        self.tree = Tree(self.world)
        self.now = 0.0
        self.fanout = Fanout(self.tree, lambda: self.now)
        self.world.npcs.add(plan.entities, x=plan.x, y=plan.y)
        self.grid = Grid(cell=SIDE, bounds=(0, 0, plan.size, plan.size))
        self.space = Space(
            self.tree, self.grid, [self.world.npcs], Sight(RADIUS, slack=SLACK)
        )
        self.fanout.add(self.space)
        self.drain: Drain | None = None
        sockets = self._connect(plan.clients) if sends else [None] * plan.clients
        self.clients: list[Any] = []
        for number, (x, y) in enumerate(plan.walk.T.tolist()):
            client: Any = _Client(
                self.tree, Pace(), keeps=number < checked, on=sockets[number]
            )
            self.clients.append(client)
            self.fanout.enroll(client)
            client.spot.x, client.spot.y = x, y
            self.space.follow(client, client.spot)
        self.fanout.publish(self.clients)
        for client in self.clients:
            self.fanout.welcome(client, client)
            client.ready = True

    def _connect(self, count: int) -> list[socket.socket | None]:
        """Return as many sockets, each with somebody at the other end."""
        made: list[socket.socket | None] = []
        with socket.create_server(("127.0.0.1", 0), backlog=count) as port:
            port.settimeout(60.0)
            self.drain = Drain.start(port.getsockname()[1], count, upgrade=False)
            for _ in range(count):
                on, _ = port.accept()
                on.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                on.settimeout(0)
                made.append(on)
        return made

    def end(self) -> None:
        """Let go of what it holds beside its memory."""
        for client in self.clients:
            client.hang_up()
        if self.drain is not None:
            self.drain.end()

    def play(self, ticks: Sequence[Moves]) -> list[float]:
        """Pass some ticks, and return what CPU each took."""
        return [self._tick(moves) for moves in ticks]

    def _tick(self, moves: Moves) -> float:
        started = time.process_time()
        self.world.npcs.put(moves.rows, x=moves.x, y=moves.y)
        walk = zip(
            self.clients, moves.walk_x.tolist(), moves.walk_y.tolist(), strict=True
        )
        for client, x, y in walk:
            client.spot.x, client.spot.y = x, y
        self.fanout.publish(self.clients)
        spent = time.process_time() - started
        # All say five times a second what they applied: nobody lags behind.
        self.now += 0.05
        for client in self.clients[self.tree.version % _TELLS :: _TELLS]:
            client.pace.applied(self.tree.version, self.now)
        return spent

    def bytes(self) -> int:
        """Return how many bytes arrived since this was asked last; 0: none is sent."""
        if self.drain is None:
            return 0
        # What each was sent is answered by now, or still on its way.
        paces = [client.pace for client in self.clients]
        return self.drain.bytes(
            sum(each._answered + each.outstanding for each in paces)
        )

    def seen(self) -> float:
        """Return how many entities a client sees, on average."""
        counts = self.space.placement_of(self.world.npcs).counts
        cells = [self._watched(each) for each in self.clients]
        return float(np.mean([counts[each].sum() for each in cells]))

    def _watched(self, client: Any) -> list[int]:
        """Return the Cells that a client sees."""
        watch = self.space.watch_of(client)
        if watch is None:
            raise Invalid("a client does not watch")
        return list(watch.cells)

    def check(self) -> int:
        """Compare what clients hold with the State; return how many rows that is.

        Raises:
            Invalid: A client holds something else than it is to see.
        """
        table, held = self.world.npcs, 0
        x, y = (table.outgoing(name, table.rows) for name in ("x", "y"))
        cells = self.grid.cells(table.column("x"), table.column("y"))
        kinds: dict[str, Any] = {each.name: each.kind for each in table.fields}
        for client in self.clients:
            if client.frames is None:
                continue
            replica = Replica(encode_outline(self.tree.outline))
            for frame in client.frames:
                payload = bytes(contents(frame))
                if payload[:1] == STATE:
                    replica.apply_snapshot(payload[1:])
                else:
                    replica.apply_patch(payload[1:])
            rows = np.flatnonzero(np.isin(cells, self._watched(client)))
            wanted = {
                int(table.ids_of(row)): (int(x[row]), int(y[row])) for row in rows
            }
            found = {
                id_: (kinds["x"].raw(row.x), kinds["y"].raw(row.y))
                for id_, row in replica.state.npcs.items()
            }
            if found != wanted:
                raise Invalid(f"a client holds {len(found)} rows, not {len(wanted)}")
            held += len(found)
        return held
