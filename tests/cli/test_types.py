"""Tests of `nexus.cli.types`."""

from __future__ import annotations

import os
import sys
from io import StringIO
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from nexus.cli.main import main


class TypesTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Keep what is printed, and find an empty folder."""
        self.out, self.error = StringIO(), StringIO()
        self.patch(sys, "stdout", self.out)
        self.patch(sys, "stderr", self.error)
        self.file = Path(self.mktemp())

    def types(self, *more: str) -> int:
        """Run the command for an app."""
        return main(["types", "--app", "tests.cli.village", *more])

    def test_declarations_are_printed(self) -> None:
        """Without a file they go where the shell wants them."""
        self.assertEqual(self.types(), 0)

        self.assertIn("export interface Rooms {", self.out.getvalue())

    def test_file_is_written_when_it_differs(self) -> None:
        """What is right already is not touched, as others watch it."""
        self.assertEqual(self.types("-o", str(self.file)), 0)
        os.utime(self.file, (1, 1))

        self.assertEqual(self.types("-o", str(self.file)), 0)

        self.assertEqual(self.file.stat().st_mtime, 1)
        self.assertEqual(self.out.getvalue(), "")

    def test_check_fails_for_a_file_that_is_out_of_date(self) -> None:
        """A build may ask whether somebody forgot to write it."""
        check = ("-o", str(self.file), "--check")
        self.assertEqual(self.types(*check), 1)
        self.types("-o", str(self.file))
        self.assertEqual(self.types(*check), 0)
        self.file.write_bytes(b"\xff" + self.file.read_bytes())

        self.assertEqual(self.types(*check), 1)

        self.assertIn("is out of date", self.error.getvalue())
        self.assertEqual(self.file.read_bytes()[:1], b"\xff")

    def test_check_without_a_file_is_refused(self) -> None:
        """There is nothing to be compared."""
        self.assertEqual(self.types("--check"), 2)

        self.assertIn("needs -o", self.error.getvalue())

    def test_app_that_is_none_is_told_in_a_sentence(self) -> None:
        """A wrong name costs no traceback."""
        self.assertEqual(main(["types", "--app", "tests.cli"]), 1)

        self.assertIn("nexus types: tests.cli has no App", self.error.getvalue())

    def test_file_that_cannot_be_written_is_told_in_a_sentence(self) -> None:
        """A folder that is not there is named."""
        self.assertEqual(self.types("-o", str(self.file / "a" / "b.d.ts")), 1)

        self.assertIn("b.d.ts", self.error.getvalue())
