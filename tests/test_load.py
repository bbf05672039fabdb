"""Tests of `nexus.load`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.load import load_app


class LoadTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Stand in an empty folder, and forget afterwards what was imported."""
        folder = Path(self.mktemp())
        folder.mkdir()
        before, modules = Path.cwd(), set(sys.modules)
        self.addCleanup(os.chdir, before)
        self.patch(sys, "path", list(sys.path))
        os.chdir(folder)

        def forget() -> None:
            for name in set(sys.modules) - modules:
                if name.startswith("loaded_"):
                    del sys.modules[name]

        self.addCleanup(forget)

    def write(self, name: str, text: str) -> None:
        """Write a module into the folder."""
        Path(f"{name}.py").write_text(text)

    def refusal(self, name: str) -> str:
        """Say why an app is not loaded."""
        return str(self.assertRaises(UsageError, load_app, name))

    def test_app_of_the_current_folder(self) -> None:
        """A module beside us is found, and its `app` is taken."""
        self.write(
            "loaded_a", "from nexus.app import App\napp = App()\nother = App()\n"
        )

        self.assertIsInstance(load_app("loaded_a"), App)
        self.assertIs(load_app("loaded_a:other"), sys.modules["loaded_a"].other)

    def test_module_that_is_not_there(self) -> None:
        """A module that does not exist is named."""
        self.assertIn("'loaded_none'", self.refusal("loaded_none"))
        self.assertIn("--app=", self.refusal("loaded_none.rooms"))

    def test_names_that_are_none(self) -> None:
        """What is no name of a module is refused as such."""
        for name in ("", ":", ":app", ".", "..a", ".a", "a..b"):
            self.refusal(name)

    def test_module_without_an_app(self) -> None:
        """A module that has no App, or something else of that name, is refused."""
        self.write("loaded_b", "app = 5\n")

        self.assertIn("no App called 'app'", self.refusal("loaded_b"))
        self.assertIn("no App called 'x'", self.refusal("loaded_b:x"))

    def test_mistakes_in_the_module_are_shown(self) -> None:
        """What the author's own module raises is not hidden behind a usage error."""
        self.write("loaded_c", "1 / 0\n")
        self.write("loaded_d", "import loaded_missing\n")
        self.write("loaded_e", "raise ValueError('a bad kind')\n")

        self.assertRaises(ZeroDivisionError, load_app, "loaded_c")
        self.assertRaises(ModuleNotFoundError, load_app, "loaded_d")
        self.assertRaises(ValueError, load_app, "loaded_e")
