"""A Node that is used for long, and started often, stays as it was."""

from __future__ import annotations

from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from twisted.trial.unittest import SkipTest, SynchronousTestCase
from typing_extensions import override

from tests.support.daemon import Daemon, running


def memory(daemon: Daemon) -> int:
    """Say how many bytes of memory the daemon holds."""
    status = Path(f"/proc/{daemon.process.pid}/status")
    if not status.exists():
        raise SkipTest("this system does not tell the memory of a process")
    [line] = [line for line in status.read_text().splitlines() if "VmRSS" in line]
    return int(line.split()[1]) * 1024


class LongRunTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Give the daemon an empty folder."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def ask(self, address: tuple[str, int], path: str, times: int) -> None:
        """Ask for one path again and again, over one connection."""
        connection = HTTPConnection(*address, timeout=30)
        for _ in range(times):
            connection.request("GET", path)
            connection.getresponse().read()
        connection.close()

    def test_requests_leave_no_memory_behind(self) -> None:
        """Tens of thousands of requests do not make a Node grow."""
        with running(self.folder) as daemon:
            parts = urlsplit(daemon.url())
            address = (str(parts.hostname), int(parts.port or 0))
            self.ask(address, "/health", 1_000)
            before = memory(daemon)

            self.ask(address, "/health", 20_000)
            for number in range(1_000):
                self.ask(address, f"/nothing/{number}", 10)

            self.assertLess(memory(daemon) - before, 4_000_000)
            self.assertLess(len(daemon.log.read_bytes()), 2_000)

    def test_port_is_free_after_each_stop(self) -> None:
        """A Node can be stopped and started on its port time after time."""
        with running(self.folder) as daemon:
            port = urlsplit(daemon.url()).port
            daemon.stop()
        for _ in range(10):
            with running(self.folder, arguments=(f"--port={port}",)) as daemon:
                self.assertEqual(daemon.health()["status"], "ok")
                daemon.stop()
