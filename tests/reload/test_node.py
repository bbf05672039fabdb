"""Tests of `nexus.reload.node`."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path

from twisted.application.service import IService
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.config import Config
from nexus.reload import make_reloading_node
from nexus.reload.handover import VARIABLE


class NodeTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Stand in a folder with an app that cannot be loaded."""
        self.folder = Path(self.mktemp()).resolve()
        self.folder.mkdir()
        (self.folder / "reloaded_broken.py").write_text("1 / 0\n")
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)
        self.patch(sys, "path", list(sys.path))
        self.patch(sys, "dont_write_bytecode", sys.dont_write_bytecode)
        self.at_exit: list[object] = []
        self.patch(atexit, "register", lambda call, *_, **__: self.at_exit.append(call))

    def make(self, **environment: str) -> IService:
        """Make a Node of the app."""
        config = Config.load({"app": "reloaded_broken", "reload": "1"}, {})
        reactor = MemoryReactorClock()
        return make_reloading_node(
            config, reactor=reactor, environment=environment, steady=reactor.seconds
        )

    def test_app_that_fails_at_the_first_start_ends_it(self) -> None:
        """Who starts a Node is told at once what is wrong."""
        self.assertRaises(ZeroDivisionError, self.make)

    def test_app_that_fails_after_a_restart_is_waited_for(self) -> None:
        """Who saves once too often is told, and the next save is looked at."""
        said: list[str] = []

        def note(event: dict[str, object]) -> None:
            said.append(str(event.get("wrong", "")))

        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)

        node = self.make(**{VARIABLE: "-1 12.5"})

        self.assertTrue(IService.providedBy(node))
        [wrong] = filter(None, said)
        self.assertIn(f'File "{self.folder}/reloaded_broken.py", line 1', wrong)
        self.assertNotIn("importlib", wrong)
        self.assertEqual(len(self.at_exit), 1)
