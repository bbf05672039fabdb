"""Clients of the `schema` format see of Tables in a Space what is near them."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.sim.interest import Band
from tests.room.space.watching import Court, Walker
from tests.support.node import missing
from tests.wire.colyseus.eye import Eye, Gallery


class CellTests(SynchronousTestCase):
    skip = missing()

    @override
    def setUp(self) -> None:
        """Have a Space in which nobody looks anywhere yet."""
        self.stage = Gallery()
        self.npcs = self.stage.world.npcs

    def assert_right(self, *eyes: Eye) -> None:
        """Each client holds what it is to see, and its callbacks say so."""
        for eye in eyes:
            self.assertEqual(eye.held(), self.stage.seen(eye))
            for name, rows in eye.held().items():
                self.assertEqual(eye.present[name], set(rows))
            rows = sum(map(len, eye.held().values()))
            self.assertEqual(eye.refs(), 3 + rows)

    def test_only_what_is_near_is_told(self) -> None:
        """A client gets the rows around it and hears nothing of others."""
        near, far = self.npcs.add(x=[50.0, 95.0], y=[50.0, 95.0]).tolist()
        eyes = self.stage.enter_all(50, 50)
        for eye in eyes:
            eye.frames.clear()

        self.npcs.put(self.npcs.find([far]), mood=3)
        self.stage.publish()

        for eye in eyes:
            self.assertEqual(eye.frames, [])
            self.assertEqual(list(eye.held()["npcs"]), [str(near)])
        self.npcs.put(self.npcs.find([near]), mood=3)
        self.stage.publish()
        self.assert_right(*eyes)

    def test_a_row_that_passes_is_neither_taken_nor_brought(self) -> None:
        """One that goes from Cell to Cell stays itself, until it leaves the view."""
        self.npcs.add(x=[30.0], y=[50.0])
        eyes = self.stage.enter_all(50, 50)
        acts: dict[int, list[str]] = {eye.major: [] for eye in eyes}
        for eye in eyes:
            eye.hear = lambda heard=acts[eye.major], eye=eye: heard.extend(  # type: ignore[method-assign, misc]  # only to look
                act for _, act, _ in Eye.hear(eye)
            )

        for x in np.arange(30.0, 100.0, 5.0):
            self.npcs.put([0], x=x)
            self.stage.publish()
            self.assert_right(*eyes)

        for told in acts.values():
            self.assertEqual(told[-1], "remove")
            self.assertEqual(set(told[:-1]), {"change"})

    def test_who_walks(self) -> None:
        """Cells come into view and go out of it with all their rows."""
        x, y = np.meshgrid(np.arange(2.5, 100, 5), np.arange(2.5, 100, 5))
        self.npcs.add(x=x.ravel(), y=y.ravel())
        self.stage.world.birds.add(x=x.ravel(), y=y.ravel())
        walker = Walker(x=5, y=50)
        eyes = self.stage.enter_all(5, 50)
        for eye in eyes:
            self.stage.space.follow(eye, walker)  # type: ignore[arg-type]  # will do

        for at in (15, 28, 52, 95, 95, 3):
            walker.x = at
            self.npcs.put(self.npcs.rows[at::7], x=np.clip(at + 1.0, 0, 100))
            self.stage.settle()
            self.assert_right(*eyes)
        for eye in eyes:
            self.stage.space.ignore(eye)  # type: ignore[arg-type]  # the same
        self.stage.settle()
        self.assert_right(*eyes)

    def test_a_row_that_leaves_with_its_cell(self) -> None:
        """What is in a Cell that goes out of view, or went from there, is gone, too."""
        self.npcs.add(x=[25.0, 31.0, 26.0, 27.0], y=50.0)
        walker = Walker(x=50, y=50)
        eyes = self.stage.enter_all(50, 50)
        for eye in eyes:
            self.stage.space.follow(eye, walker)  # type: ignore[arg-type]  # will do
        self.stage.publish()

        walker.x = 79
        self.npcs.put([0, 1, 2], x=[45.0, 29.0, 5.0])
        self.npcs.remove(self.npcs.ids[3])
        self.stage.publish()

        self.assert_right(*eyes)
        for eye in eyes:
            self.assertEqual(len(eye.held()["npcs"]), 1)

    def test_those_who_see_the_same_share_bytes(self) -> None:
        """Two clients of one major in one Cell are sent one and the same frame."""
        self.npcs.add(50, x=np.linspace(0, 99, 50), y=50.0)
        eyes = [self.stage.enter(51, 51, 5), self.stage.enter(58, 53, 5)]
        self.stage.settle()

        self.npcs.put(self.npcs.rows, mood=1)
        self.stage.publish()

        self.assertIs(eyes[0].frames[-1], eyes[1].frames[-1])

    def test_those_with_other_roles_are_told_other_things(self) -> None:
        """Of rows that they see alike only who has the role is told of its column."""
        self.stage = Gallery(world=Court())
        npcs = self.stage.world.npcs
        npcs.add(3, x=50.0, y=50.0)
        eyes = [self.stage.enter(51, 51, 5), self.stage.enter(58, 53, 5)]
        eyes[0].view.roles = ["gm"]
        self.stage.settle()
        for plot in (1, 2):
            npcs.put(npcs.rows, plot=plot)
            self.stage.publish()
            self.assert_right(*eyes)

        self.assertIn("plot", str(eyes[0].held()))
        self.assertNotIn("plot", str(eyes[1].held()))

    def test_who_returns_without_its_role(self) -> None:
        """What a client holds of a column for a role it lost is taken away."""
        self.stage = Gallery(world=Court())
        self.stage.world.npcs.add(3, x=50.0, y=50.0, plot=7)
        eyes = self.stage.enter_all(50, 50)
        for eye in eyes:
            eye.view.roles = ["gm", "bard"]
        self.stage.settle()
        self.assert_right(*eyes)
        for eye in eyes:
            eye.ready = False
            eye.view.roles = ["bard"]
            self.stage.come_back(eye)

        self.stage.settle()
        self.assert_right(*eyes)

    def test_what_comes_nearer_is_caught_up(self) -> None:
        """Who walks to a far Cell hears at once what it was not told there."""
        for wait in range(5):
            self.stage = stage = Gallery(bands=(Band(5, 1), Band(30, 4)))
            stage.world.npcs.add(x=[72.0], y=[50.0])
            walker = Walker(x=50, y=50)
            eyes = stage.enter_all(50, 50)
            for eye in eyes:
                stage.space.follow(eye, walker)  # type: ignore[arg-type]  # will do
            for _ in range(wait):
                stage.world.day += 1
                stage.publish()
            stage.world.npcs.put([0], mood=9)
            stage.publish()

            walker.x = 65
            stage.publish()

            self.assert_right(*eyes)

    def test_who_returns(self) -> None:
        """A client that was away holds what it is to see now, and nothing else."""
        self.npcs.add(30, x=np.linspace(0, 99, 30), y=50.0)
        walker = Walker(x=50, y=50)
        eyes = self.stage.enter_all(50, 50)
        for eye in eyes:
            self.stage.space.follow(eye, walker)  # type: ignore[arg-type]  # will do
            eye.ready = False
        walker.x = 80
        self.npcs.put(self.npcs.rows[::2], x=99.0)
        self.npcs.remove(self.npcs.ids[15])
        self.stage.publish()

        for eye in eyes:
            self.stage.come_back(eye)

        self.assert_right(*eyes)
        self.npcs.put(self.npcs.rows, mood=4)
        self.stage.settle()
        self.assert_right(*eyes)

    def test_who_looks_nowhere(self) -> None:
        """A client that watches nothing has empty maps, when it returns as well."""
        self.npcs.add(5, x=50.0, y=50.0)
        for eye in (eyes := self.stage.enter_all(50, 50)):
            self.stage.space.forget(eye)  # type: ignore[arg-type]  # an Eye will do
            eye.ready = False

            self.stage.come_back(eye)

        for eye in eyes:
            self.assertEqual(eye.held(), {"npcs": {}, "birds": {}})
