"""The law of columns for roles: who has a role holds them, and nobody else is told.

Tables at the root and below States that come and go; clients of our own format that
take patches one by one, merged or by snapshots, and the official decoders.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus.state import Map, Role, State, Table, View, field, quantized, uint8
from nexus.wire.native import Encoder, Replica, encode_outline, merge, read_outline
from tests import examples
from tests.support.wiretap import wiretap
from tests.wire.colyseus.stage import StageTestCase, seen

_SEED = st.integers(0, 2**16)
_ROLES = st.sets(st.sampled_from(["gm", "bard", "stranger"]))
_STEP = st.one_of(
    st.tuples(st.just("flush")),
    st.tuples(st.just("add"), _SEED),
    st.tuples(st.just("put"), _SEED),
    st.tuples(st.just("put"), _SEED),
    st.tuples(st.just("edit"), _SEED),
    st.tuples(st.just("remove"), _SEED),
    st.tuples(st.just("found"), _SEED),
    st.tuples(st.just("raze"), _SEED),
    st.tuples(st.just("roles"), st.integers(0, 2), _ROLES),
    st.tuples(st.just("join"), _ROLES),
    st.tuples(st.just("away"), st.integers(0, 2)),
    st.tuples(st.just("return"), st.integers(0, 2)),
    st.tuples(st.just("flip"), st.integers(0, 2), _ROLES),
)


class _Npc(State):
    hp: uint8
    plot: uint8 = field(default=0, visible=Role("gm"))
    mood: Annotated[float, quantized(0, 1, 8)] = 0.0
    rumour: Annotated[float, quantized(0, 1, 16)] = field(
        default=0.0, visible=Role("bard")
    )
    twist: uint8 = field(default=0, visible=Role("gm"))
    seed: uint8 = field(default=0, server_only=True)


class _Town(State):
    npcs: Table[_Npc]


class _World(State):
    npcs: Table[_Npc]
    towns: Map[str, _Town]
    motto: str = field(default="", visible=Role("gm"))


class _Ours:
    """A client of our own format."""

    def __init__(self, play: _Play, view: View, *, is_lazy: bool) -> None:
        self.play, self.view, self.is_lazy = play, view, is_lazy
        self.outline = encode_outline(play.tree.outline)
        self.replica = Replica(self.outline)
        self.waiting: list[bytes] = []
        self.anew()

    def anew(self) -> None:
        """Take a snapshot."""
        self.waiting = []
        self.replica.apply_snapshot(self.play.encoder.snapshot(self.view))

    def follow(self, flush: Any) -> None:
        """Take a patch, or put it by for a while."""
        if self.view in self.play.away:
            return
        patch = self.play.encoder.patch(flush, self.view)
        if not patch:
            return
        self.waiting.append(patch)
        if not self.is_lazy or len(self.waiting) > 2:
            self.catch_up()

    def catch_up(self) -> None:
        """Take what was put by, merged, and see that none of it is for others."""
        if not self.waiting:
            return
        patch = merge(read_outline(self.outline), self.waiting)
        with wiretap() as told:
            self.replica.apply_patch(patch)
        self.waiting = []
        if not self.is_lazy:
            names = {name for each in told for name in each.fields}
            self.play.case.assertLessEqual(names, self.play.fields(self.view))

    def check(self) -> None:
        """Compare what is held with the State."""
        state = self.replica.state
        held = [state.npcs, *[town.npcs for town in state.towns.values()]]
        world = self.play.world
        tables = [world.npcs, *[town.npcs for town in world.towns.values()]]
        names = self.play.fields(self.view)
        for rows, table in zip(held, tables, strict=True):
            self.play.case.assertEqual(
                {
                    id_: {name: getattr(row, name, None) for name in _NAMES}
                    for id_, row in rows.items()
                },
                {
                    id_: {
                        name: _value(table, name, row) if name in names else None
                        for name in _NAMES
                    }
                    for id_, row in zip(table.ids, table.rows, strict=True)
                },
            )


_NAMES = [each.name for each in _Npc.__layout__.fields]


def _value(table: Any, name: str, row: int) -> Any:
    """Return what a client is to hold of one field."""
    kinds: dict[str, Any] = {each.name: each.kind for each in table.fields}
    return kinds[name].value(table.raw(name, row))


class _Play:
    """Does what the steps say."""

    def __init__(self, case: StageTestCase) -> None:
        self.case = case
        self.world: Any = _World()  # type: ignore[call-arg]  # containers are made by themselves
        self.stage = case.stage(self.world)
        self.tree = self.stage.tree
        self.encoder = Encoder(self.tree)
        self.world.npcs.add(3, plot=[1, 2, 3])
        self.tree.flush()
        self.views: list[View] = []
        self.ours: list[_Ours] = []
        self.founded = 0
        self.away: set[View] = set()
        for roles in ([], ["gm"], ["gm", "bard"]):
            self.join(roles)

    def join(self, roles: Any) -> None:
        """Let clients of all formats come that share a view."""
        view = self.stage.view(f"s{len(self.views)}", roles)
        self.views.append(view)
        ours = [_Ours(self, view, is_lazy=lazy) for lazy in (False, True)]
        self.ours += ours
        self.stage.others += [each.follow for each in ours]
        self.stage.join(view)

    def fields(self, view: View) -> set[str]:
        """Return the fields that a client may see."""
        rows: Any = None
        fields = _Npc.__layout__.fields
        return {each.name for each in fields if seen(view, rows, each)}

    def tables(self) -> list[Any]:
        """Return all Tables."""
        return [self.world.npcs, *[town.npcs for town in self.world.towns.values()]]

    def flush(self) -> None:
        """Tell all of what was done, and compare."""
        self.stage.flush()
        for each in self.ours:
            if not each.is_lazy and each.view not in self.away:
                each.check()

    def act(self, step: tuple[Any, ...]) -> None:
        """Do one step."""
        kind, *said = step
        if kind == "flush":
            self.flush()
        elif kind == "roles":
            self.views[said[0]].roles = said[1]
        elif kind == "flip":
            self.flush()
            self.flip(self.views[said[0]], said[1])
        elif kind == "join":
            self.flush()
            if len(self.views) < 5:
                self.join(said[0])
        elif kind == "away":
            self.away.add(self.views[said[0]])
            for client in self.stage.clients:
                client.connected &= client.view not in self.away
        elif kind == "return":
            self.flush()
            self.come_back(self.views[said[0]])
        else:
            self.change(kind, np.random.default_rng(said[0]))

    def flip(self, view: View, roles: set[str]) -> None:
        """Have roles only while our clients take a snapshot, and no flush knows."""
        before, view.roles = view.roles, roles
        for each in self.ours:
            if each.view is view:
                each.anew()
        view.roles = before
        self.world.npcs.add(1)
        self.flush()

    def come_back(self, view: View) -> None:
        """Let clients with a view return, who may have been away."""
        self.away.discard(view)
        for each in self.ours:
            if each.view is view:
                each.anew()
        clients = [each for each in self.stage.clients if each.view is view]
        self.stage.rejoin(clients)

    def change(self, kind: str, chance: np.random.Generator) -> None:
        """Change some rows, or towns."""
        towns, tables = self.world.towns, self.tables()
        table = tables[chance.integers(len(tables))]
        if kind == "found":
            self.founded += 1
            towns[f"t{self.founded}"] = town = _Town()  # type: ignore[call-arg]  # as above
            town.npcs.add(int(chance.integers(0, 5)), plot=chance.integers(9))
        elif kind == "raze" and towns:
            del towns[list(towns)[chance.integers(len(towns))]]
        elif kind == "add":
            table.add(int(chance.integers(1, 12)), twist=chance.integers(9))
        rows = table.rows[chance.random(len(table)) < 0.5]
        if kind == "remove":
            table.remove(table.ids_of(rows))
        elif kind == "put":
            name = _NAMES[chance.integers(len(_NAMES))]
            whole = name not in ("mood", "rumour")
            table.put(rows, **{name: chance.integers(9) if whole else chance.random()})
        elif kind == "edit":
            with table.edit("plot", "mood") as (plot, mood):
                plot[::2] += 1
                mood[1::2] = chance.random()


class ClearanceLaws(StageTestCase):
    @settings(max_examples=examples(test=120, soak=4_000))
    @given(st.lists(_STEP, max_size=30))
    def test_who_has_a_role_holds_its_columns(
        self, steps: list[tuple[Any, ...]]
    ) -> None:
        """Whatever is written, and whoever gets or loses a role; and nobody else."""
        play = _Play(self)
        for step in steps:
            play.act(step)
        play.flush()
        for view in list(play.away):
            play.come_back(view)
        for each in play.ours:
            each.catch_up()
            each.check()
