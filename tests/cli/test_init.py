"""Tests of `nexus.cli.init`."""

from __future__ import annotations

import os
import subprocess
import sys
from fnmatch import fnmatch
from html.parser import HTMLParser
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.cli import create_project
from nexus.cli.init import CannotCreateError
from tests.support.daemon import PATIENCE, clean_environment

#: Names that mean something to a shell, to make, to HTML or to Markdown.
_NAMES = (
    "game",
    "my game",
    "it's $HOME #1",
    "<b>&amp; `x`",
    "スーパー",
    '"; exit 1; "',
    "@PYTHON@",
)


class Title(HTMLParser):
    """Reads the title of a page as a browser does."""

    title = ""
    _inside = False

    @override
    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note where the title begins."""
        self._inside = tag == "title"

    @override
    def handle_data(self, data: str) -> None:
        """Keep the title."""
        if self._inside:
            self.title += data
            self._inside = False


class InitTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Find a place."""
        self.place = Path(self.mktemp()).absolute()

    def run_in(self, folder: Path, *command: str) -> str:
        """Run a command of the project to its end, and return what it says."""
        run = subprocess.run(
            command,
            cwd=folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=4 * PATIENCE,
        )
        self.assertEqual(run.returncode, 0, run.stdout)
        return run.stdout

    def test_project_has_what_it_says(self) -> None:
        """All files are there, with nothing left to be filled in."""
        made = create_project(self.place, python=sys.executable)

        found = {path for path in self.place.rglob("*") if path.is_file()}
        self.assertEqual({self.place / path for path in made}, found)
        self.assertIn(Path(".gitignore"), made)
        for path in found:
            self.assertNotRegex(path.read_text("utf-8"), r"@[A-Z]+@")

    def test_databases_are_not_for_git(self) -> None:
        """Neither a database nor what lies beside it is put into the repository."""
        create_project(self.place, python=sys.executable)
        lines = (self.place / ".gitignore").read_text("utf-8").split()

        for name in (
            "nexus.db",
            "village.db-wal",
            "nexus.db.witness",
            "nexus.db.damaged-20260504T120000Z-wal",
            "nexus.db.salvaged",
        ):
            self.assertTrue(any(fnmatch(name, line) for line in lines), name)

    def test_tests_of_the_project_pass_and_checkers_agree(self) -> None:
        """The game is right as it comes, also for who wants types."""
        create_project(self.place, python=sys.executable)

        self.assertIn("OK", self.run_in(self.place, "make", "test"))
        mypy = (
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--cache-dir=/dev/null",
        )
        self.run_in(self.place, *mypy, "rooms.py", "test_rooms.py")

    def test_page_loads_nothing_from_another_host(self) -> None:
        """Whoever plays is seen by nobody else."""
        create_project(self.place, python=sys.executable)

        for path in (self.place / "page").iterdir():
            self.assertNotRegex(path.read_text("utf-8"), r"https?:|[\"'(]//")

    def test_any_name_will_do(self) -> None:
        """The name of the folder is shown as it is, and breaks nothing."""
        for name in _NAMES:
            folder = self.place / name

            create_project(folder, python=sys.executable)

            title = Title()
            title.feed((folder / "page" / "index.html").read_text("utf-8"))
            self.assertEqual(title.title, name)

    def test_any_interpreter_will_do(self) -> None:
        """Make runs just that program, whatever its path looks like."""
        for name in _NAMES:
            python = self.place / "bin" / name / "python"
            python.parent.mkdir(parents=True)
            python.write_text('#!/bin/sh\nprintf \'%s|\' "$0" "$@"\n')
            python.chmod(0o755)
            folder = self.place / "project" / name
            create_project(folder, python=str(python))

            said = self.run_in(folder, "make", "-s", "test")
            other = self.run_in(folder, "make", "-s", "test", "PYTHON=echo  other")

            self.assertEqual(said, f"{python}|-m|unittest|")
            self.assertEqual(other, "other -m unittest\n")

    def test_folder_with_something_in_it_is_left_alone(self) -> None:
        """Nothing is written, and the reason says what to do."""
        self.place.mkdir()
        mine = self.place / "mine.txt"
        mine.write_text("mine")

        error = self.assertRaises(
            CannotCreateError, create_project, self.place, python=sys.executable
        )

        self.assertIn("is not empty: name a folder", str(error))
        self.assertEqual(list(self.place.iterdir()), [mine])

    def test_empty_folder_is_filled(self) -> None:
        """Who made the folder beforehand, or stands in it, can have the game there."""
        self.place.mkdir()
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.place)

        create_project(Path(), python=sys.executable)

        readme = (self.place / "README.md").read_text("utf-8")
        self.assertTrue(readme.startswith("# " + self.place.name.replace("_", r"\_")))

    def test_file_in_the_way_is_named(self) -> None:
        """What is no folder cannot become one."""
        self.place.write_text("a file")

        for path in (self.place, self.place / "below"):
            error = self.assertRaises(
                CannotCreateError, create_project, path, python=sys.executable
            )
            self.assertIn(str(self.place), str(error))

    def test_name_that_is_no_text_is_refused(self) -> None:
        """A name that no file can hold is refused before anything is made."""
        folder = self.place / os.fsdecode(b"bad\xff")

        with self.assertRaisesRegex(CannotCreateError, "choose another name"):
            create_project(folder, python=sys.executable)

        self.assertFalse(self.place.exists())

    def test_interpreter_that_make_cannot_name_is_refused(self) -> None:
        """A line break in a path would end the line of the Makefile."""
        with self.assertRaises(CannotCreateError):
            create_project(self.place, python="/a\nb")

        self.assertFalse(self.place.exists())
