"""The law of a Space for clients of the `schema` format: they hold what they see."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.interest import Band
from nexus.wire.colyseus.mapping import MAJORS
from tests import examples
from tests.room.space.watching import Court, Walker, World
from tests.support.node import missing
from tests.wire.colyseus.eye import Eye, Gallery

_WHO, _TABLE, _SEED = st.integers(0, 2), st.integers(0, 1), st.integers(0, 2**16)
_BY = st.integers(-12, 12)
_STEP = st.one_of(
    st.tuples(st.just("publish")),
    st.tuples(st.just("publish")),
    st.tuples(st.just("add"), _TABLE, _SEED),
    st.tuples(st.just("move"), _TABLE, _SEED),
    st.tuples(st.just("move"), _TABLE, _SEED),
    st.tuples(st.just("mood"), _TABLE, _SEED),
    st.tuples(st.just("remove"), _TABLE, _SEED),
    st.tuples(st.just("plot"), st.just(0), _SEED),
    st.tuples(st.just("role"), _WHO, st.sets(st.sampled_from(["gm", "bard", "x"]))),
    st.tuples(st.just("walk"), _WHO, st.integers(0, 100), st.integers(0, 100)),
    st.tuples(st.just("stroll"), _WHO, _BY, _BY),
    st.tuples(st.just("stroll"), _WHO, _BY, _BY),
    st.tuples(st.just("drop"), _WHO),
    st.tuples(st.just("back"), _WHO),
)


class _Play:
    """Does what the steps say, with a client of each major."""

    def __init__(self, *, banded: bool, budget: int, guarded: bool) -> None:
        bands = (Band(5, 1), Band(15, 2), Band(30, 4)) if banded else ()
        world = Court() if guarded else World()
        self.guarded = guarded
        self.stage = Gallery(bands=bands, budget=budget, world=world)
        self.tables = (self.stage.world.npcs, self.stage.world.birds)
        self.tables[0].add(60, x=np.random.default_rng(7).uniform(0, 100, 60), y=50.0)
        self.walkers = [Walker(x=10, y=10), Walker(x=55, y=45), Walker(x=90, y=20)]
        self.eyes: list[Eye] = []
        for walker, major in zip(self.walkers, MAJORS, strict=True):
            eye: Any = self.stage.enter(walker.x, walker.y, major)
            self.stage.space.follow(eye, walker)
            self.eyes.append(eye)
        if guarded:
            self.eyes[0].view.roles = ["gm"]
            self.eyes[2].view.roles = ["gm", "bard"]

    def act(self, step: tuple[Any, ...]) -> None:
        """Do one step."""
        kind, *said = step
        if kind == "publish":
            self.stage.publish()
        elif kind in ("plot", "role") and not self.guarded:
            pass
        elif kind == "role":
            self.eyes[said[0]].view.roles = said[1]
        elif kind in ("add", "move", "mood", "plot", "remove"):
            self.change(kind, self.tables[said[0]], np.random.default_rng(said[1]))
        elif kind == "walk":
            self.walkers[said[0]].x, self.walkers[said[0]].y = said[1:]
        elif kind == "stroll":
            walker = self.walkers[said[0]]
            walker.x = min(100, max(0, walker.x + said[1]))
            walker.y = min(100, max(0, walker.y + said[2]))
        elif kind == "drop":
            self.eyes[said[0]].ready = False
        elif not self.eyes[said[0]].ready:
            self.stage.come_back(self.eyes[said[0]])

    def change(self, kind: str, table: Any, chance: np.random.Generator) -> None:
        """Change some rows of a Table."""
        if kind == "add":
            count = int(chance.integers(1, 30))
            table.add(x=chance.uniform(0, 100, count), y=chance.uniform(0, 100))
            return
        rows = table.rows[chance.random(len(table)) < 0.3]
        if kind == "remove":
            table.remove(table.ids_of(rows))
        elif kind == "plot":
            table.put(rows, plot=int(chance.integers(0, 9)))
            table.put(rows[::2], rumour=int(chance.integers(0, 9)))
        elif kind == "mood":
            table.put(rows, mood=int(chance.integers(0, 9)))
        else:
            by = chance.uniform(-9, 9, (2, len(rows)))
            x, y = table.column("x")[rows] + by[0], table.column("y")[rows] + by[1]
            table.put(rows, x=np.clip(x, 0, 100), y=np.clip(y, 0, 100))


class SpaceLaws(SynchronousTestCase):
    skip = missing()

    @settings(max_examples=examples(test=60, soak=2_000))
    @given(
        st.lists(_STEP, min_size=1, max_size=40),
        st.booleans(),
        st.sampled_from([5, 1000]),
        st.booleans(),
    )
    def test_maps_are_the_state_cut_to_the_view(
        self, steps: list[tuple[Any, ...]], banded: bool, budget: int, guarded: bool
    ) -> None:
        """Whatever walks, comes and goes: no ghost, none missing, all right at last."""
        play = _Play(banded=banded, budget=budget, guarded=guarded)
        for step in steps:
            play.act(step)
            if step[0] == "publish":
                self.check(play, whole=not banded)
        for eye in play.eyes:
            if not eye.ready:
                play.stage.come_back(eye)
        play.stage.settle()
        self.check(play, whole=True)
        for eye in play.eyes:
            eye.decoder.drop(eye.session)

    def check(self, play: _Play, *, whole: bool) -> None:
        """Compare who is there, and (whole) what each of them is, with the State."""
        for eye in play.eyes:
            if not eye.ready:
                continue
            held, seen = eye.held(), play.stage.seen(eye)
            for name, rows in held.items():
                self.assertEqual(set(rows), set(seen[name]))
                self.assertEqual(eye.present[name], set(rows))
            self.assertEqual(eye.refs(), 3 + sum(map(len, held.values())))
            if whole:
                self.assertEqual(held, seen)
