"""The package, installed into an environment of its own as users install it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from tests import ROOT
from tests.support.daemon import clean_environment

__all__ = ["Installed", "call"]

#: What a package is made of.
_SOURCES: Final = (
    "LICENSE",
    "README.md",
    "nexus",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "twisted",
)


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


class Installed:
    """A copy of the sources, an environment without Nexus, and an empty folder.

    Args:
        place: Where; it is not there yet.
    """

    def __init__(self, place: Path) -> None:
        self.source, self.wheels = place / "source", place / "wheels"
        self.environment, self.folder = place / "environment", place / "empty"
        self.source.mkdir(parents=True)
        self.folder.mkdir()
        for name in _SOURCES:
            if (ROOT / name).is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "dropin.cache", "*.so")
                shutil.copytree(ROOT / name, self.source / name, ignore=ignore)
            else:
                shutil.copy(ROOT / name, self.source)
        venv = (sys.executable, "-m", "venv", "--without-pip", self.environment)
        call(*venv, folder=self.folder)
        self.python = self.environment / "bin" / "python"

    def wheel(self) -> Path:
        """Make a wheel; the sources are gone then."""
        call(
            *(sys.executable, "-m", "pip", "wheel", "--no-deps"),
            *("-w", self.wheels, self.source),
            folder=self.folder,
        )
        shutil.rmtree(self.source)
        [wheel] = self.wheels.iterdir()
        return wheel

    def pip(self, *arguments: str | Path) -> None:
        """Run pip on the new environment."""
        pip = (sys.executable, "-m", "pip", "--python", self.python)
        call(*pip, *arguments, folder=self.folder)

    def lend(self) -> None:
        """Lend what Nexus depends on, from the environment that runs the tests.

        Being named in a file of the new one, it comes after what was installed there.
        """
        lent = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
        [packages] = self.environment.glob("lib/python*/site-packages")
        packages.joinpath("lent.pth").write_text("\n".join(lent))
