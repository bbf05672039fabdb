"""Tests of `nexus.room.fanout.guide`; see `tests.wire.colyseus.test_cells`, too."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Role, field, uint8
from tests.room.space.watching import World
from tests.support.node import missing
from tests.wire.colyseus.eye import Gallery


class Conspiracy(World):
    """A State of which some see more."""

    plan: uint8 = field(visible=Role("gm"))


class GuideTests(SynchronousTestCase):
    skip = missing()

    def test_nothing_near_is_no_frame(self) -> None:
        """A client is sent nothing when nothing happened that it can see."""
        stage = Gallery()
        far = stage.world.npcs.add(x=[95.0], y=[95.0])
        eye = stage.enter(5, 5, 5)
        eye.frames.clear()

        stage.world.npcs.remove(far)

        self.assertTrue(stage.publish())
        self.assertEqual(eye.frames, [])

    def test_other_majors_have_bytes_of_their_own(self) -> None:
        """Clients of several majors and of ours are told of the same rows at once."""
        stage = Gallery()
        stage.world.npcs.add(20, x=np.linspace(40, 60, 20), y=50.0)
        eyes = stage.enter_all(50, 50)
        ear = stage.join(50, 50)

        stage.world.npcs.put(stage.world.npcs.rows, x=50.0, mood=2)
        stage.settle()

        self.assertEqual(stage.held(ear), stage.visible(ear))
        for eye in eyes:
            self.assertEqual(eye.held(), stage.seen(eye))

    def test_views_and_cells(self) -> None:
        """Those of different roles share what they see of Cells, and nothing else."""
        stage = Gallery(world=Conspiracy())
        world: Any = stage.world
        world.npcs.add(20, x=np.linspace(40, 60, 20), y=50.0)
        eyes = stage.enter_all(50, 50)
        master: Any = stage.enter(50, 50, 5)
        master.view.roles = ["gm"]
        for act in (
            lambda: setattr(world, "plan", 7),
            lambda: world.npcs.put(world.npcs.rows[::2], mood=3),
            lambda: world.npcs.put(world.npcs.rows, x=np.linspace(0, 99, 20)),
            lambda: setattr(world, "day", 2),
        ):
            act()
            stage.settle()
            for eye in (*eyes, master):
                self.assertEqual(eye.held(), stage.seen(eye))

        for eye in (*eyes, master):
            # From here on there is nothing to tell but of Cells.
            stage.space.watch(eye, 80, 50)  # type: ignore[arg-type]  # an Eye will do
        stage.settle()
        for eye in (*eyes, master):
            self.assertEqual(eye.held(), stage.seen(eye))

        shown = [eye.decoder.dump(eye.session).get("plan") for eye in (*eyes, master)]
        self.assertEqual(shown, [None, None, None, 7])
        world.npcs.put(world.npcs.rows, mood=5)
        stage.publish()

        self.assertIs(eyes[2].frames[-1], master.frames[-1])
