"""Laws of `nexus.room.space`: what a client holds is the State cut to its view."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.interest import Band
from tests import examples
from tests.room.space.watching import Court, Ear, Stage, Walker, World

_SPOT = st.tuples(st.integers(0, 100), st.integers(0, 100))
_BY = st.integers(-12, 12)
_ROLES = st.sets(st.sampled_from(["gm", "bard", "x"]))
_STEP = st.one_of(
    st.tuples(st.just("publish")),
    st.tuples(st.just("publish")),
    st.tuples(
        st.just("add"), st.integers(0, 1), st.integers(1, 30), st.integers(0, 99)
    ),
    st.tuples(
        st.just("move"), st.integers(0, 1), st.integers(0, 2**16), st.integers(1, 9)
    ),
    st.tuples(
        st.just("mood"), st.integers(0, 1), st.integers(0, 2**16), st.integers(1, 9)
    ),
    st.tuples(st.just("plot"), st.integers(0, 2**16), st.integers(1, 9)),
    st.tuples(st.just("role"), st.integers(0, 2), _ROLES),
    st.tuples(st.just("role"), st.integers(0, 2), _ROLES),
    st.tuples(st.just("remove"), st.integers(0, 1), st.integers(0, 2**16)),
    st.tuples(st.just("walk"), st.integers(0, 2), _SPOT),
    st.tuples(st.just("stroll"), st.integers(0, 2), st.tuples(_BY, _BY)),
    st.tuples(st.just("stroll"), st.integers(0, 2), st.tuples(_BY, _BY)),
    st.tuples(st.just("deafen"), st.integers(0, 2)),
    st.tuples(st.just("drop"), st.integers(0, 2)),
    st.tuples(
        st.just("stall"), st.integers(0, 2), st.sampled_from([10.0, 40.0, 200.0])
    ),
    st.tuples(st.just("tell"), st.integers(0, 2)),
    st.tuples(st.just("back"), st.integers(0, 2)),
)


class _Play:
    """Does what the steps say, and looks after each patch."""

    def __init__(self, *, banded: bool, budget: int, guarded: bool) -> None:
        bands = (Band(5, 1), Band(15, 2), Band(30, 4)) if banded else ()
        self.banded, self.guarded = banded, guarded
        world = Court() if guarded else World()
        self.stage = Stage(bands=bands, budget=budget, world=world)
        self.chance = np.random.default_rng(7)
        self.walkers = [Walker(x=10, y=10), Walker(x=55, y=45), Walker(x=90, y=20)]
        self.tables = (self.stage.world.npcs, self.stage.world.birds)

    def begin(self) -> list[Ear]:
        """Let three clients join that follow walkers."""
        ears = []
        for walker in self.walkers:
            ear = self.stage.join(walker.x, walker.y)
            self.stage.space.follow(ear, walker)  # type: ignore[arg-type]  # an Ear will do
            ears.append(ear)
        if self.guarded:
            ears[0].view.roles, ears[1].view.roles = ["gm"], ["gm", "bard"]
        return ears

    def rows(self, table: int, seed: int) -> Any:
        """Pick some rows."""
        rows = self.tables[table].rows
        chance = np.random.default_rng(seed)
        return rows[chance.random(len(rows)) < 0.3]

    def act(self, step: tuple[Any, ...], ears: list[Ear]) -> None:
        """Do one step."""
        kind, *said = step
        if kind == "publish":
            self.stage.publish()
        elif kind == "add":
            x = self.chance.uniform(0, 100, said[1])
            self.tables[said[0]].add(x=x, y=np.full(said[1], float(said[2])))
        elif kind in ("move", "mood"):
            rows = self.rows(said[0], said[1])
            if kind == "mood":
                self.tables[said[0]].put(rows, mood=said[2])
            else:
                table = self.tables[said[0]]
                by = self.chance.uniform(-said[2], said[2], (2, len(rows)))
                table.put(
                    rows,
                    x=np.clip(table.column("x")[rows] + by[0], 0, 100),
                    y=np.clip(table.column("y")[rows] + by[1], 0, 100),
                )
        elif kind == "plot" and self.guarded:
            rows = self.rows(0, said[0])
            field = "plot" if said[1] % 2 else "rumour"
            self.tables[0].put(rows, **{field: said[1]})
        elif kind == "role" and self.guarded:
            ears[said[0]].view.roles = said[1]
        elif kind in ("plot", "role"):
            pass
        elif kind == "remove":
            table = self.tables[said[0]]
            table.remove(table.ids_of(self.rows(said[0], said[1])))
        elif kind == "walk":
            self.walkers[said[0]].x, self.walkers[said[0]].y = said[1]
        elif kind == "stroll":
            walker = self.walkers[said[0]]
            walker.x = min(100, max(0, walker.x + said[1][0]))
            walker.y = min(100, max(0, walker.y + said[1][1]))
        elif kind == "stall":
            # It takes little a second, and says rarely what it took.
            pace = ears[said[0]].pace
            ears[said[0]].tells, pace.rate, pace.is_sure = False, said[1], True
        elif kind == "tell":
            ears[said[0]].tell()
        elif kind == "deafen":
            ears[said[0]].deaf = ears[said[0]].ready
        elif kind == "drop":
            ears[said[0]].ready = False
        elif not ears[said[0]].ready:
            self.stage.resume(ears[said[0]])


class SpaceLaws(SynchronousTestCase):
    def test_eyes_that_close_and_open_while_away(self) -> None:
        """Who sees again what it saw when it was lost has missed nothing of that."""
        stage = Stage()
        npcs = stage.world.npcs
        npcs.add(4, x=50.0, y=50.0)
        ear: Any = stage.join(50, 50)
        stage.publish()
        ear.ready = False
        stage.space.ignore(ear)
        stage.space.watch(ear, 50, 50)
        npcs.put(npcs.rows[:1], mood=7)
        npcs.remove(npcs.ids[1:2])
        stage.publish()

        stage.resume(ear)
        while stage.publish():
            pass

        self.assertEqual(stage.held(ear), stage.visible(ear))

    @settings(max_examples=examples(test=150, soak=3_000))
    @given(
        st.lists(_STEP, min_size=12, max_size=60),
        st.booleans(),
        st.sampled_from([5, 1000]),
        st.booleans(),
    )
    def test_replica_is_the_state_cut_to_its_view(
        self, steps: list[tuple[Any, ...]], banded: bool, budget: int, guarded: bool
    ) -> None:
        """Whatever walks, comes and goes: no ghost, nobody twice, all right at last."""
        play = _Play(banded=banded, budget=budget, guarded=guarded)
        stage = play.stage
        play.tables[0].add(60, x=play.chance.uniform(0, 100, 60), y=50.0)
        ears = play.begin()
        # The last one is slow from the first.
        play.act(("stall", 2, 20.0), ears)
        for step in steps:
            play.act(step, ears)
            if step[0] == "publish":
                for ear in ears:
                    self.check(play, ear)
        for ear in ears:
            if not ear.ready or ear.deaf:
                stage.resume(ear)
                event("resumed with patches" if ear.told[-1] == 15 else "or anew")
        quiet = 0
        slow = sum(ear.pace.is_slow for ear in ears)
        event(f"{slow} lagged behind")
        for ear in ears:
            ear.tells = True
            ear.tell()
        while stage.publish():
            quiet += 1
            self.assertLess(quiet, 2000, "the Space never comes to rest")
        for ear in ears:
            self.assertEqual(stage.held(ear), stage.visible(ear))

    def check(self, play: _Play, ear: Ear) -> None:
        """Compare who is there, and what is near, with the State."""
        if not ear.ready or ear.deaf or ear.pace.is_slow:
            return
        held, visible = play.stage.held(ear), play.stage.visible(ear)
        for name in held:
            self.assertEqual(set(held[name]), set(visible[name]))
        if not play.banded:
            self.assertEqual(held, visible)
