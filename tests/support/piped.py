"""A process that does what it is asked on its stdin, and answers on its stdout."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from attrs import define, field

__all__ = ["PipedProcess"]


@define(eq=False)
class PipedProcess:
    """A process that ends with its stdin.

    Usable as a context manager; otherwise call `start` first and `close` at last. It
    can be started again.

    Attributes:
        folder: Where it runs, None for where the tests do.
        farewell: How many seconds it may take to end on its own.
    """

    folder: ClassVar[Path | None] = None

    farewell: float = field(default=1.0, kw_only=True)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def command(self) -> list[str]:
        """Return what is to be run."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Start the process."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()

    def start(self) -> None:
        """Start the process unless it runs."""
        if self._process is None:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )

    def close(self) -> None:
        """End the process, by force if it does not go on its own."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(self.farewell)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
