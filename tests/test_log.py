"""Tests of `nexus.log`."""

from __future__ import annotations

import signal
import sys
from io import StringIO
from pathlib import Path

from twisted.application.service import Application
from twisted.logger import ILogObserver, Logger
from twisted.trial.unittest import SynchronousTestCase

from nexus.log import LoggedServices, keep_from, log_file


class KeepFromTests(SynchronousTestCase):
    def test_lower_levels_are_dropped(self) -> None:
        """Only lines at the level or above it are written."""
        out = StringIO()
        log = Logger(namespace="x", observer=keep_from("warn", out))

        log.info("small")
        log.warn("large")
        log.critical("huge")

        self.assertNotIn("small", out.getvalue())
        self.assertIn("[x#warn] large\n", out.getvalue())
        self.assertIn("[x#critical] huge\n", out.getvalue())


class LogFileTests(SynchronousTestCase):
    def test_foreground_logs_to_the_terminal(self) -> None:
        """In the foreground and without a file the log goes to standard output."""
        for path in (None, "-"):
            self.assertIs(log_file({"logfile": path, "nodaemon": 1}), sys.stdout)

    def test_named_file_is_written_and_rotated_on_a_signal(self) -> None:
        """A log file is put aside on SIGUSR1 and a new one is begun."""
        self.addCleanup(signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1))
        path = Path(self.mktemp())
        file = log_file({"logfile": str(path), "nodaemon": 0})
        self.addCleanup(file.close)

        file.write("before\n")
        signal.raise_signal(signal.SIGUSR1)
        file.write("after\n")

        self.assertEqual(path.read_text(), "after\n")


class LoggedServicesTests(SynchronousTestCase):
    def test_application_is_given_the_observer(self) -> None:
        """The application that holds the services logs through their observer."""
        observer = keep_from("info", StringIO())
        application = Application("test")

        LoggedServices(observer).setServiceParent(application)

        self.assertIs(application.getComponent(ILogObserver), observer)
