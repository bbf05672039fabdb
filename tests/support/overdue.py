"""Ends a run of tests that does not end, and shows where it stood.

Each process of the run has `faulthandler` listening to a signal (see `tests`), so that
even one that hangs in plain code, where no timeout of a test reaches, shows its stack.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from tests import SHOW

__all__ = ["Deadline"]


class Deadline:
    """Kills a process and all below it when its time is over; `passed` says so.

    Used with `with`, around the reading of what the process prints.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], seconds: float, stacks: Path
    ) -> None:
        """Watch a process; below it each writes its stacks into a folder."""
        self.passed = False
        self._process = process
        self._stacks = stacks
        self._seconds = seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.passed = True
        _say(f"\nnot done after {self._seconds:.0f} s; stacks:")
        for pid in _children(self._process.pid):
            _send(pid, SHOW)
        self._await_stacks()
        for path in sorted(self._stacks.iterdir()):
            _say(f"--- {path}\n{path.read_text('utf-8', 'replace')[:20_000]}")
        # From above: who waits for others and sees them end first goes on without them.
        for pid in [self._process.pid, *_below(self._process.pid)]:
            _send(pid, signal.SIGKILL)

    def _await_stacks(self) -> None:
        """Give all that have a file the time to write it; a busy machine needs more."""
        for _ in range(10):
            time.sleep(1)
            if all(path.stat().st_size for path in self._stacks.iterdir()):
                return


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _children(pid: int) -> list[int]:
    """Name the direct children of a process; none where /proc does not tell."""
    try:
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except OSError:
        return []
    return [int(word) for word in said.split()]


def _below(pid: int) -> list[int]:
    """Name all processes below one, parents first."""
    found = _children(pid)
    for child in found:
        found.extend(_children(child))
    return found
