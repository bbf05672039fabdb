"""Tests of `tests.run`."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests import ROOT, STACKS
from tests.run import Count, of_node, of_trial, verdict
from tests.support.overdue import Deadline


class CountTests(SynchronousTestCase):
    def test_trial_is_counted(self) -> None:
        """Errors and surprises count as failures, expected failures as passed."""
        output = "PASSED (successes=9)\nRan 9 tests\n\nFAILED (skips=1, failures=2, "
        output += "errors=3, expectedFailures=4, unexpectedSuccesses=5, successes=6)\n"

        self.assertEqual(of_trial(output, 1), Count(10, 10, 1))

    def test_node_is_counted(self) -> None:
        """Cancelled tests count as failures, in both forms that Node.js prints."""
        lines = ["tests 9", "pass 2", "fail 1", "cancelled 1", "skipped 3", "todo 1"]
        for mark in ("#", "\u2139"):
            output = "".join(f"{mark} {line}\n" for line in lines)

            self.assertEqual(of_node(output, 1), Count(2, 2, 4))

    def test_failure_without_a_name_is_counted(self) -> None:
        """A runner that broke down is one failure, whatever it printed before."""
        self.assertEqual(of_trial("PASSED (successes=3)\n", 1), Count(3, 1, 0))
        self.assertEqual(of_node("Killed\n", 137), Count(0, 1, 0))

    def test_sum_is_printed_for_machines(self) -> None:
        """The closing line has the form that machines read."""
        total = Count(1, 0, 2) + Count(3, 4, 5)

        self.assertEqual(str(total), "4 passed, 4 failed, 7 skipped")


class VerdictTests(SynchronousTestCase):
    def test_all_passed_is_success(self) -> None:
        """Only passed tests make a success."""
        self.assertEqual(verdict(Count(1, 0, 0), {"CI": "true"}), 0)

    def test_failure_is_failure(self) -> None:
        """One failed test is enough."""
        self.assertEqual(verdict(Count(9, 1, 0), {}), 1)

    def test_no_test_is_failure(self) -> None:
        """A run that ran nothing has proved nothing."""
        self.assertEqual(verdict(Count(0, 0, 0), {}), 5)
        self.assertEqual(verdict(Count(0, 0, 3), {}), 5)

    def test_skip_is_failure_in_ci_only(self) -> None:
        """A skipped test is forgiven on a laptop, not where all is installed."""
        self.assertEqual(verdict(Count(9, 0, 1), {}), 0)
        self.assertEqual(verdict(Count(9, 0, 1), {"CI": ""}), 0)
        self.assertEqual(verdict(Count(9, 0, 1), {"CI": "true"}), 1)


class DeadlineTests(SynchronousTestCase):
    def test_a_run_that_hangs_is_ended(self) -> None:
        """What it started is ended too, and the workers have said where they stood."""
        stacks = Path(self.mktemp()).resolve()
        stacks.mkdir()
        worker = "import tests, time; print('ready', flush=True); time.sleep(600)"
        runner = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', %r])"
        said = io.StringIO()
        with (
            contextlib.redirect_stdout(said),
            subprocess.Popen(
                [sys.executable, "-c", runner % worker],
                cwd=ROOT,
                env=os.environ | {STACKS: str(stacks)},
                stdout=subprocess.PIPE,
            ) as process,
        ):
            assert process.stdout is not None
            self.assertEqual(process.stdout.readline(), b"ready\n")
            with Deadline(process, 0.0, stacks) as deadline:
                self.assertEqual(process.stdout.read(), b"")

        self.assertTrue(deadline.passed)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertIn("most recent call first", said.getvalue())
