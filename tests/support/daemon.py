"""Runs `twistd nexus` as a process of its own, on the loopback address."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import urlopen

from attrs import define

__all__ = ["TWISTD", "Daemon", "clean_environment", "running", "start"]

#: How long a daemon may take to start, to answer or to stop, in seconds.
PATIENCE: Final = 30.0

#: The `twistd` of the environment that runs the tests.
TWISTD: Final = (str(Path(sys.executable).with_name("twistd")),)

#: What a process needs of our own environment; no setting of Nexus is among it.
_KEPT: Final = ("HOME", "LANG", "PATH", "TMPDIR")


def clean_environment(**more: str) -> dict[str, str]:
    """Make an environment that holds nothing of ours but what every process needs."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | more


@define
class Daemon:
    """One process that may serve."""

    process: subprocess.Popen[str]
    log: Path

    def url(self) -> str:
        """Wait for the line that says where it serves.

        Raises:
            AssertionError: It ended, or took too long.
        """
        for _ in range(int(PATIENCE / 0.05)):
            text = self.log.read_text("utf-8")
            if said := re.search(r"serving (http://[^\s\"]+)", text):
                return said[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no daemon:\n{self.log.read_text('utf-8')}")

    def health(self) -> dict[str, Any]:
        """Ask for its health."""
        with urlopen(f"{self.url()}/health", timeout=PATIENCE) as answer:
            document: dict[str, Any] = json.load(answer)
        return document

    def wait_ready(self) -> None:
        """Wait until it lets somebody in.

        Raises:
            AssertionError: It does not.
        """
        for _ in range(int(PATIENCE / 0.02)):
            try:
                with urlopen(f"{self.url()}/health/ready", timeout=PATIENCE):
                    return
            except HTTPError:
                time.sleep(0.02)
        raise AssertionError(f"it is not ready:\n{self.log.read_text('utf-8')}")

    def stop(self) -> int:
        """Ask it to stop, wait until it has, and return its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


def start(
    folder: Path,
    arguments: Sequence[str] = ("--port=0",),
    *,
    twistd: Sequence[str] = TWISTD,
    environment: Mapping[str, str] | None = None,
) -> Daemon:
    """Start a daemon in a folder, which also receives what it prints."""
    log = folder / "daemon.log"
    command = [*twistd, "-n", "--pidfile=", "nexus", *arguments]
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment() if environment is None else environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Daemon(process, log)


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Daemon]:
    """Start a daemon, and end it whatever happens."""
    daemon = start(folder, **options)
    try:
        yield daemon
    finally:
        daemon.process.kill()
        daemon.process.wait(PATIENCE)
