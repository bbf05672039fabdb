"""A Room's Fanout with a Space, and clients that are only what it needs of them."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.net.outlet import Outlet
from nexus.room.fanout.fanout import Fanout
from nexus.room.fanout.pace import Pace
from nexus.room.space.space import Space
from nexus.sim.grid import Grid
from nexus.sim.interest import Band, Sight
from nexus.state import Role, State, Table, Tree, field, quantized, uint8
from nexus.wire.dialect import CURRENT
from nexus.wire.native import Replica, encode_outline
from tests.support.wiretap import wiretap

__all__ = [
    "ALL",
    "KINDS",
    "Court",
    "Courtier",
    "Ear",
    "Npc",
    "Stage",
    "StageTestCase",
    "Walker",
    "World",
]


class Npc(State):
    """An entity of the Table."""

    x: Annotated[float, quantized(0, 100, 16)]
    y: Annotated[float, quantized(0, 100, 16)]
    mood: uint8


class Courtier(State):
    """An entity of which some are told more than others."""

    x: Annotated[float, quantized(0, 100, 16)]
    y: Annotated[float, quantized(0, 100, 16)]
    plot: uint8 = field(default=0, visible=Role("gm"))
    mood: uint8
    rumour: uint8 = field(default=0, visible=Role("bard"))


class Walker(State):
    """Somebody who is followed."""

    x: Annotated[float, quantized(0, 100, 16)]
    y: Annotated[float, quantized(0, 100, 16)]


class World(State):
    """A State with two Tables of one Space."""

    day: uint8
    npcs: Table[Npc]
    birds: Table[Npc]


class Court(State):
    """The same, where one of the Tables has columns for roles."""

    day: uint8
    npcs: Table[Courtier]
    birds: Table[Npc]


class _Seat:
    serializer = "nexus"


class Ear:
    """A client with its Connection and its socket in one."""

    def __init__(self, stage: Stage) -> None:
        tree = stage.tree
        self.stage = stage
        self.replica = Replica(encode_outline(tree.outline))
        self.seat = _Seat()
        self.dialect = CURRENT
        self.format: Any = None
        self.ring: Any = None
        self.view = tree.view("ear")
        self.sees: Any = None
        self.ready = False
        self.returns = self.skips_handshake = self.begins_anew = False
        self.resume_from: int | None = None
        self.pace = Pace(least=20)
        #: Whether it tells what it applied, as clients of ours do.
        self.tells = True
        #: How many bytes of patches came.
        self.heard = 0
        #: Whether all that is sent to it is lost on the way.
        self.deaf = False
        #: How often it was told to take a snapshot, or patches.
        self.told: list[int] = []
        #: How often it was told of a row.
        self.wired = 0
        self.outlet = Outlet()

    @property
    def connection(self) -> Ear | None:
        """Itself, while it is there."""
        return self

    @property
    def socket(self) -> Ear:
        """Itself."""
        return self

    def deliver(self, frame: bytes) -> None:
        """Take a sealed frame as the client does."""
        if self.deaf:
            return
        length = frame[1]
        payload = frame[2 if length < 126 else 4 if length == 126 else 10 :]
        self.heard += len(payload)
        with wiretap() as told:
            if payload[0] == 14:
                self.told.append(14)
                self.replica.apply_snapshot(payload[1:])
            elif payload[0] == 15:
                self.told.append(15)
                self.replica.apply_patch(payload[1:])
        self.check_told({each.id for each in told if each.cls in _ROWS})
        for each in told:
            self.check_fields(each.fields)
        if self.tells:
            self.tell()

    def check_told(self, ids: set[int]) -> None:
        """Refuse to be told of rows that it may not see as the State stands now."""
        if not ids:
            return
        self.wired += len(ids)
        visible = self.stage.visible(self)
        hidden = ids - visible["npcs"].keys() - visible["birds"].keys()
        if hidden:
            raise AssertionError(f"told of rows out of view: {sorted(hidden)}")

    def check_fields(self, names: frozenset[str]) -> None:
        """Refuse to be told of fields that are for others."""
        for name in names:
            if name in _ROLES and _ROLES[name] not in self.view.roles:
                raise AssertionError(f"told of {name} without being {_ROLES[name]}")

    def tell(self) -> None:
        """Say what was applied."""
        self.pace.applied(self.replica.version, self.stage.now)


class Stage:
    """A Room's Fanout with a Space of 10 x 10 Cells, 10 wide each."""

    def __init__(
        self,
        *,
        bands: tuple[Band, ...] = (),
        budget: int = 1000,
        world: Any = None,
        birds: Any = None,
    ) -> None:
        self.world = world or World()
        self.tree = Tree(self.world)
        if birds is None:
            birds = self.world.birds
        self.tables = {"npcs": self.world.npcs, "birds": birds}
        self.now = 0.0
        self.fanout = Fanout(self.tree, lambda: self.now)
        self.grid = Grid(cell=10, bounds=(0, 0, 100, 100))
        self.space = Space(
            self.tree,
            self.grid,
            list(self.tables.values()),
            Sight(20, slack=8, bands=bands),
            budget=budget,
        )
        self.fanout.add(self.space)
        self.ears: list[Ear] = []

    def join(self, x: float, y: float) -> Ear:
        """Let a client join that looks somewhere."""
        ear = Ear(self)
        self.ears.append(ear)
        self.fanout.enroll(ear)  # type: ignore[arg-type]  # all that it needs
        self.space.watch(ear, x, y)  # type: ignore[arg-type]  # the same
        self.publish()
        self.fanout.welcome(ear, ear)  # type: ignore[arg-type]  # the same
        ear.ready = True
        return ear

    def publish(self) -> bool:
        """Let the Room patch once, a twentieth of a second later."""
        self.now += 0.05
        return self.fanout.publish(self.ears)  # type: ignore[arg-type]  # the same

    def resume(self, ear: Ear) -> None:
        """Let a client that was away come back."""
        self.publish()
        ear.returns, ear.resume_from = True, ear.replica.version
        ear.deaf = False
        self.fanout.welcome(ear, ear)  # type: ignore[arg-type]  # the same
        ear.ready = True

    def visible(self, ear: Ear) -> dict[str, dict[int, tuple[Any, ...]]]:
        """Return what a client is to see: the rows in its Cells."""
        found = {}
        for name, table in self.tables.items():
            rows = table.rows
            cells = self.grid.cells(table.column("x")[rows], table.column("y")[rows])
            seen = np.array(
                [self.space.sees(ear, int(cell)) for cell in cells],  # type: ignore[arg-type]  # the same
                np.bool_,
            )
            rows = rows[seen] if len(rows) else rows
            names = [
                each.name
                for each in table.fields
                if _ROLES.get(each.name) in {None, *ear.view.roles}
            ]
            found[name] = {
                int(id_): tuple(
                    int(table.outgoing(n, rows[at : at + 1])[0]) if n in names else None
                    for n in ALL
                )
                for at, id_ in enumerate(table.ids_of(rows))
            }
        return found

    def held(self, ear: Ear) -> dict[str, dict[int, tuple[Any, ...]]]:
        """Return what a client holds, in the same form."""
        state = ear.replica.state
        return {
            name: {
                id_: tuple(_raw(n, getattr(row, n, None)) for n in ALL)
                for id_, row in getattr(state, name).items()
            }
            for name in ("npcs", "birds")
        }


class StageTestCase(SynchronousTestCase):
    """Tests of what the clients on a Stage hold."""

    def settle(self, stage: Stage) -> None:
        """Let the Room patch until all is told."""
        for _ in range(50):
            if not stage.publish():
                return
        self.fail("the Space never comes to rest")

    def assert_right(self, stage: Stage, *ears: Ear) -> None:
        """Each client holds what it is to see."""
        for ear in ears:
            self.assertEqual(stage.held(ear), stage.visible(ear))


ALL = ("x", "y", "mood", "plot", "rumour")
_ROWS = Npc.__name__, Courtier.__name__
_ROLES = {"plot": "gm", "rumour": "bard"}
KINDS = {each.name: each.kind for each in Courtier.__layout__.fields}


def _raw(name: str, value: Any) -> int | None:
    if value is None:
        return None
    kind = KINDS[name]
    assert kind is not None
    return int(kind.raw(value))
