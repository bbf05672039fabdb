"""Tests of `nexus.cli.main`."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from io import StringIO
from pathlib import Path

from twisted.scripts import twistd
from twisted.trial.unittest import SynchronousTestCase

from nexus.cli.main import main
from tests.support.daemon import clean_environment


class MainTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Keep what is printed."""
        self.out, self.error = StringIO(), StringIO()
        self.patch(sys, "stdout", self.out)
        self.patch(sys, "stderr", self.error)

    def test_version_is_that_of_the_package(self) -> None:
        """`nexus --version` says what is installed."""
        run = subprocess.run(
            [sys.executable, "-m", "nexus.cli", "--version"],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )

        self.assertEqual(run.stdout, f"nexus {version('nexus-rooms')}\n")

    def test_help_names_the_commands(self) -> None:
        """Who asks for help, or says nothing, is told what there is."""
        self.assertRaises(SystemExit, main, ["--help"])
        self.assertEqual(main([]), 2)

        commands = ("init", "run", "types", "rooms", "inspect", "replay", "export")
        for command in (*commands, "import"):
            self.assertIn(command, self.out.getvalue())
            self.assertIn(command, self.error.getvalue())

    def test_names_keep_their_letters(self) -> None:
        """What a command does is a sentence, in which names are spelt as ever."""
        self.assertRaises(SystemExit, main, ["types", "--help"])

        self.assertIn("Print TypeScript declarations", self.out.getvalue())

    def test_init_says_what_comes_next(self) -> None:
        """The steps can be pasted into a shell."""
        place = Path(self.mktemp()) / "it's mine"

        self.assertEqual(main(["init", str(place)]), 0)
        self.assertEqual(main(["init", str(place)]), 1)

        self.assertIn("rooms.py", self.out.getvalue())
        self.assertIn("""it'"'"'s mine'\n  make test\n""", self.out.getvalue())
        self.assertIn("is not empty", self.error.getvalue())

    def test_run_is_twistd_for_a_developer(self) -> None:
        """What the environment or the command line says stands above."""
        self.patch(os, "environ", {"LOG_FORMAT": "json", "NEXUS_RELOAD": ""})
        self.patch(sys, "argv", [])
        calls: list[list[str]] = []
        self.patch(twistd, "run", lambda: calls.append(list(sys.argv)))

        main(["run", "--port", "7001"])

        said = ["twistd", "-n", "--pidfile=", "nexus", "--port", "7001"]
        self.assertEqual(calls, [said])
        self.assertEqual(
            os.environ,
            {
                "NEXUS_APP": "rooms",
                "NEXUS_DEV": "1",
                "NEXUS_RELOAD": "1",
                "LOG_FORMAT": "json",
            },
        )
