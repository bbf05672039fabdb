"""A Node as a process: it starts, answers, and ends as it was told to."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.support.daemon import TWISTD, clean_environment, running


class DaemonTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Give the daemon an empty folder."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def refusal(self, *arguments: str, **environment: str) -> str:
        """Start a daemon that is to end at once with status 1; return what it says."""
        run = subprocess.run(
            [*TWISTD, "-n", "--pidfile=", "nexus", *arguments],
            cwd=self.folder,
            env=clean_environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertNotIn("Traceback", run.stdout + run.stderr)
        return run.stdout

    def test_daemon_serves_health_until_it_is_told_to_stop(self) -> None:
        """A daemon answers on the loopback address, and closes its port on SIGTERM."""
        with running(self.folder) as daemon:
            self.assertTrue(daemon.url().startswith("http://127.0.0.1:"))
            health = daemon.health()
            self.assertEqual(health["status"], "ok")
            self.assertLess(health["uptime"], 60)

            # After an orderly stop twistd ends by the signal that it was sent.
            self.assertIn(daemon.stop(), (0, -signal.SIGTERM))

            log = daemon.log.read_text("utf-8")
            self.assertIn("Server Shut Down.", log)
            self.assertEqual(log.count("serving "), 1)

    def test_environment_is_obeyed(self) -> None:
        """Address, port and log level can come from the environment."""
        environment = clean_environment(HOST="127.0.0.2", PORT="0", LOG_LEVEL="info")
        with running(self.folder, arguments=(), environment=environment) as daemon:
            self.assertTrue(daemon.url().startswith("http://127.0.0.2:"))
            self.assertEqual(daemon.health()["status"], "ok")

    def test_log_level_silences_what_is_below_it(self) -> None:
        """A refused start is all that a daemon at level `error` says."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            said = self.refusal(f"--port={port}", "--log-level=error")

        [line] = said.splitlines()
        self.assertIn("cannot listen on", line)

    def test_port_in_use_ends_the_daemon(self) -> None:
        """A daemon whose port is taken ends, and names the port."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            said = self.refusal(f"--port={port}")

        self.assertIn(f"cannot listen on tcp:{port}:interface=127.0.0.1: ", said)

    def test_wrong_setting_ends_the_daemon(self) -> None:
        """A daemon that is told something wrong ends, and its last line says what."""
        said = self.refusal(PORT="x")
        self.assertIn("PORT is 'x'; it must be", said.splitlines()[-1])

        said = self.refusal(REDIS_URL="redis://127.0.0.1")
        self.assertIn("REDIS_URL is not served yet", said.splitlines()[-1])
