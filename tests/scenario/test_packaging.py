"""The package, installed in each usual way, brings a `twistd nexus` that works."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.support.daemon import clean_environment, running
from tests.support.package import Installed, call


class PackagingTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Copy the sources, and make an environment and an empty folder."""
        self.installed = Installed(Path(self.mktemp()).absolute())
        self.folder = self.installed.folder

    def assert_serves_from(self, home: Path) -> None:
        """Fail unless what was installed below `home` serves."""
        self.installed.lend()
        python = self.installed.python
        where = "import nexus.tap, twisted.plugins.nexus_plugin as plugin;"
        where += "print(nexus.tap.__file__, plugin.__file__, sep='\\n')"
        for file in call(python, "-c", where, folder=self.folder).splitlines():
            self.assertTrue(Path(file).is_relative_to(home), file)

        twistd = (str(python), "-c", "from twisted.scripts.twistd import run; run()")
        said = call(*twistd, "nexus", "--help", folder=self.folder)
        self.assertIn("--port=", said)
        with running(self.folder, twistd=twistd) as daemon:
            self.assertEqual(daemon.health()["status"], "ok")
            daemon.stop()
        environment = clean_environment(DATABASE_URL="sqlite:///fresh.db")
        with running(self.folder, twistd=twistd, environment=environment) as daemon:
            daemon.wait_ready()
            daemon.stop()
        with contextlib.closing(sqlite3.connect(self.folder / "fresh.db")) as made:
            names = {row[0] for row in made.execute("SELECT name FROM sqlite_master")}
        self.assertLessEqual({"rooms", "game_states", "journal"}, names)

    def test_wheel_serves(self) -> None:
        """A wheel holds all that a Node needs, types marker and plugin included."""
        self.installed.pip("install", "--no-deps", self.installed.wheel())

        environment = self.installed.environment
        self.assertTrue(list(environment.rglob("nexus/py.typed")))
        self.assert_serves_from(environment)

    def test_install_serves(self) -> None:
        """`pip install .` copies all that a Node needs."""
        self.installed.pip("install", "--no-deps", self.installed.source)
        shutil.rmtree(self.installed.source)

        self.assert_serves_from(self.installed.environment)

    def test_editable_install_serves(self) -> None:
        """`pip install -e .` shows the plugin of the source folder to `twistd`."""
        self.installed.pip("install", "--no-deps", "-e", self.installed.source)

        self.assert_serves_from(self.installed.source)
