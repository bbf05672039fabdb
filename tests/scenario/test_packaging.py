"""The package, installed in each usual way, brings a `twistd nexus` that works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests import ROOT
from tests.support.daemon import clean_environment, running

#: What a package is made of.
_SOURCES = ("LICENSE", "README.md", "nexus", "pyproject.toml", "setup.cfg", "twisted")


def call(*command: str | Path, folder: Path) -> str:
    """Run a command to its end and return what it prints.

    Raises:
        AssertionError: It failed.
    """
    pip = {name: value for name, value in os.environ.items() if name[:4] == "PIP_"}
    run = subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(**pip),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    if run.returncode:
        raise AssertionError(run.stdout)
    return run.stdout


class PackagingTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Copy the sources, and make an environment and an empty folder."""
        place = Path(self.mktemp()).absolute()
        self.source, self.wheels = place / "source", place / "wheels"
        self.environment, self.folder = place / "environment", place / "empty"
        self.source.mkdir(parents=True)
        self.folder.mkdir()
        for name in _SOURCES:
            if (ROOT / name).is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "dropin.cache")
                shutil.copytree(ROOT / name, self.source / name, ignore=ignore)
            else:
                shutil.copy(ROOT / name, self.source)
        venv = (sys.executable, "-m", "venv", "--without-pip", self.environment)
        call(*venv, folder=self.folder)
        self.python = self.environment / "bin" / "python"

    def pip(self, *arguments: str | Path) -> None:
        """Run pip on the new environment."""
        pip = (sys.executable, "-m", "pip", "--python", self.python)
        call(*pip, *arguments, folder=self.folder)

    def assert_serves_from(self, home: Path) -> None:
        """Fail unless what was installed below `home` serves."""
        # What Nexus depends on is lent by the environment that runs the tests; being
        # named in a file of the new one, it comes after what was installed there.
        lent = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
        [packages] = self.environment.glob("lib/python*/site-packages")
        packages.joinpath("lent.pth").write_text("\n".join(lent))

        where = "import nexus.tap, twisted.plugins.nexus_plugin as plugin;"
        where += "print(nexus.tap.__file__, plugin.__file__, sep='\\n')"
        for file in call(self.python, "-c", where, folder=self.folder).splitlines():
            self.assertTrue(Path(file).is_relative_to(home), file)

        twistd = (
            str(self.python),
            "-c",
            "from twisted.scripts.twistd import run; run()",
        )
        said = call(*twistd, "nexus", "--help", folder=self.folder)
        self.assertIn("--port=", said)
        with running(self.folder, twistd=twistd) as daemon:
            self.assertEqual(daemon.health()["status"], "ok")
            daemon.stop()

    def test_wheel_serves(self) -> None:
        """A wheel holds all that a Node needs, types marker and plugin included."""
        call(
            *(sys.executable, "-m", "pip", "wheel", "--no-deps"),
            *("-w", self.wheels, self.source),
            folder=self.folder,
        )
        [wheel] = self.wheels.iterdir()
        shutil.rmtree(self.source)

        self.pip("install", "--no-deps", wheel)

        self.assertTrue(list(self.environment.rglob("nexus/py.typed")))
        self.assert_serves_from(self.environment)

    def test_install_serves(self) -> None:
        """`pip install .` copies all that a Node needs."""
        self.pip("install", "--no-deps", self.source)
        shutil.rmtree(self.source)

        self.assert_serves_from(self.environment)

    def test_editable_install_serves(self) -> None:
        """`pip install -e .` shows the plugin of the source folder to `twistd`."""
        self.pip("install", "--no-deps", "-e", self.source)

        self.assert_serves_from(self.source)
