"""The Node of a story, one process after the other on one port."""

from __future__ import annotations

import contextlib
import signal
import socket
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from attrs import define, field

from tests import ROOT
from tests.support.daemon import Daemon, clean_environment, start

__all__ = ["Node"]

_PATIENCE: Final = 30.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@define(eq=False)
class Node:
    """What a story has of its Node.

    Args:
        folder: Where it runs.
        database: Its DATABASE_URL.

    Attributes:
        number: The number of the process that it is now; 0: there was none yet.
    """

    folder: Path
    _database: str
    port: int = field(factory=_free_port, init=False)
    number: int = field(default=0, init=False)
    _daemon: Daemon | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the next process; the log of the one before is kept."""
        self.number += 1
        log = self.folder / "daemon.log"
        if log.exists():
            log.rename(self.folder / f"daemon-{self.number - 1}.log")
        self._daemon = start(
            self.folder,
            ("--app=tests.scenario.kill.game", f"--port={self.port}"),
            environment=clean_environment(
                PYTHONPATH=str(ROOT), DATABASE_URL=self._database
            ),
        )

    def end(self) -> None:
        """End it, and wait for that."""
        if self._daemon is not None:
            self._daemon.process.kill()
            self._daemon.process.wait(_PATIENCE)

    def kill(self) -> None:
        """Kill it -9."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to stop."""
        self._signal(signal.SIGTERM)

    @property
    def is_dead(self) -> bool:
        """Whether the process is gone."""
        return self._daemon is None or self.status is not None

    @property
    def status(self) -> int | None:
        """What the process ended with; None: it did not."""
        return None if self._daemon is None else self._daemon.process.poll()

    def waited(self) -> float:
        """Say how long its threads waited for a processor so far, in seconds in all."""
        if self._daemon is None:
            return 0.0
        tasks = Path(f"/proc/{self._daemon.process.pid}/task")
        waited = 0
        # It, or one of its threads, may end meanwhile.
        with contextlib.suppress(OSError, IndexError):
            for each in tasks.iterdir():
                waited += int((each / "schedstat").read_text("ascii").split()[1])
        return waited / 1e9

    def is_ready(self) -> bool:
        """Ask whether it lets anybody in."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5):
                return True
        except OSError:
            return False

    def last_words(self) -> str:
        """Return the end of its log."""
        return (self.folder / "daemon.log").read_text("utf-8")[-4000:]

    def _signal(self, which: signal.Signals) -> None:
        assert self._daemon is not None
        self._daemon.process.send_signal(which)
