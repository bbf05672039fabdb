"""Tests of `nexus.reload.look`."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

from twisted.trial.unittest import SynchronousTestCase

from nexus.reload import Look


class LookTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a folder with one module that is in use."""
        self.folder = Path(self.mktemp()).resolve()
        self.folder.mkdir()
        self.modules: dict[str, ModuleType] = {}
        self.look = Look(str(self.folder), self.modules)
        self.use("rooms.py")

    def write(self, name: str, text: str = "x = 1\n") -> Path:
        """Write a file below the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def use(self, name: str) -> None:
        """Write a module and import it, so to say."""
        module = ModuleType(name)
        module.__file__ = str(self.write(name))
        self.modules[name] = module

    def names(self) -> list[str]:
        """Name the files that are seen."""
        return sorted(os.path.relpath(path, self.folder) for path in self.look.stamps())

    def test_python_files_below_are_seen(self) -> None:
        """Modules in use and others are seen, and files of other sorts are not."""
        self.write("game/map.py")
        self.write("page/game.js")

        self.assertEqual(self.names(), ["game/map.py", "rooms.py"])

    def test_folders_of_tools_are_passed_over(self) -> None:
        """What others put below the folder costs no look."""
        for name in (".git", "__pycache__", "node_modules", "env"):
            self.write(f"{name}/a.py")
        self.write("env/pyvenv.cfg")
        self.use(".venv/lib/dependency.py")
        self.use("env/lib/python3/site-packages/dependency.py")

        self.assertEqual(self.names(), ["rooms.py"])

    def test_links_to_folders_are_not_followed(self) -> None:
        """A folder that contains itself by a link has an end."""
        (self.folder / "again").symlink_to(self.folder)

        self.assertEqual(self.names(), ["rooms.py"])

    def test_huge_folder_is_cut_and_modules_in_use_are_seen(self) -> None:
        """However many files there are, those that matter most are looked at."""
        for number in range(9):
            self.write(f"a{number}.py")
        self.use("deep/down/used.py")
        self.look = Look(str(self.folder), self.modules, 5)

        seen = self.names()

        self.assertTrue(self.look.is_cut)
        self.assertIn("deep/down/used.py", seen)
        self.assertEqual(len(seen), 5 + 2)

    def test_change_of_a_module_in_use_matters(self) -> None:
        """Another content, another file of that name, and no file are changes."""
        for change in (
            lambda path: path.write_text("x = 22\n"),
            lambda path: os.replace(self.write("rooms.tmp", "x = 1\n"), path),
            lambda path: path.unlink(),
        ):
            self.use("rooms.py")
            before = self.look.stamps()
            change(self.folder / "rooms.py")

            now = self.look.stamps()

            among = self.look.used()
            found = self.look.changed(before, now, among=among)
            self.assertEqual(found, ["rooms.py"])

    def test_files_that_nobody_imported_matter_when_they_are_new(self) -> None:
        """A test that is edited starts nothing again; a module that appears does."""
        test = self.write("test_rooms.py")
        before = self.look.stamps()
        test.write_text("edited = True\n")
        edited = self.look.stamps()
        self.write("new.py")

        now = self.look.stamps()

        used = self.look.used()
        self.assertEqual(self.look.changed(before, edited, among=used), [])
        self.assertEqual(self.look.changed(before, edited), ["test_rooms.py"])
        self.assertEqual(self.look.changed(edited, now, among=used), ["new.py"])

    def test_modules_from_elsewhere_are_not_watched(self) -> None:
        """A folder beside, whose name begins alike, is none below."""
        beside = ModuleType("beside")
        beside.__file__ = f"{self.folder}-old/rooms.py"
        self.modules["beside"] = beside
        self.modules["built-in"] = ModuleType("built-in")

        self.assertEqual(self.look.used(), {str(self.folder / "rooms.py")})
