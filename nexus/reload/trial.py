"""Trial: new code is imported in a process of its own before it is trusted."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.python.usage import UsageError
from typing_extensions import override

from nexus.load import load_app

__all__ = ["Trial", "main"]

#: How long an import may take, in seconds.
PATIENCE: Final = 30.0

#: How much of what a trial prints is kept, in bytes.
_KEPT: Final = 16_384

#: How long the pipes of a process may stay open once it has ended, in seconds.
_REST: Final = 1.0

#: What stands in a traceback between a program and a module that it imports.
_WAY: Final = frozenset(
    (
        "<string>",
        __file__,
        str(Path(__file__).with_name("node.py")),
        str(load_app.__code__.co_filename),
        str(importlib.__file__),
    )
)

_PROGRAM: Final = "from nexus.reload.trial import main; main()"


@define(eq=False)
class Trial:
    """Tries whether an app can be loaded as it lies on disk.

    Args:
        app: What `--app` says.
        folder: The folder that it is imported from.
        environment: The environment of the process that tries.
        reactor: Starts processes.
        clock: The time of the world.
        patience: How long the import may take, in seconds.
    """

    _app: str
    _folder: str
    _environment: Mapping[str, str]
    _reactor: IReactorProcess
    _clock: IReactorTime
    _patience: float = PATIENCE

    def run(self) -> Deferred[str]:
        """Try it, and return what is wrong, or nothing."""
        watched = _Watched(self._clock, self._patience)
        self._reactor.spawnProcess(
            watched,
            sys.executable,
            # The caches that it would write know files by the second only.
            [sys.executable, "-B", "-c", _PROGRAM, self._app],
            env=dict(self._environment),
            path=self._folder,
        )
        return watched.ended


@define(eq=False)
class _Watched(ProcessProtocol):
    """The process that tries, which must end in time."""

    _clock: IReactorTime
    _patience: float
    ended: Deferred[str] = field(init=False)
    _said: bytes = field(default=b"", init=False)
    _is_late: bool = field(default=False, init=False)
    _late: IDelayedCall | None = field(default=None, init=False)
    _rest: IDelayedCall | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.ended = Deferred(lambda _: self._kill())

    @override
    def connectionMade(self) -> None:
        """Wait, but not for ever."""
        cast(Any, self.transport).closeStdin()
        self._late = self._clock.callLater(self._patience, self._give_up)

    @override
    def outReceived(self, data: bytes) -> None:
        """Keep the end of what it prints."""
        self._said = (self._said + data)[-_KEPT:]

    errReceived = outReceived  # noqa: N815 -- the name that Twisted calls

    @override
    def processExited(self, reason: Failure) -> None:
        """Wait for the rest of what it printed, though others may hold its pipes."""
        self._rest = self._clock.callLater(
            _REST, cast(Any, self.transport).loseConnection
        )

    @override
    def processEnded(self, reason: Failure) -> None:
        """Say what was wrong."""
        for each in (self._late, self._rest):
            if each is not None and each.active():
                each.cancel()
        if self.ended.called:
            return
        if self._is_late:
            self.ended.callback(f"it took longer than {self._patience:g} s to import")
        elif getattr(reason.value, "exitCode", None) == 0:
            self.ended.callback("")
        else:
            said = self._said.decode("utf-8", "replace").strip()
            self.ended.callback(said or reason.getErrorMessage())

    def _give_up(self) -> None:
        self._is_late = True
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessExitedAlready):
            cast(Any, self.transport).signalProcess("KILL")


def main() -> None:
    """Load the app that the command line names; print why if that fails.

    Raises:
        SystemExit: It cannot be loaded.
    """
    try:
        load_app(sys.argv[1])
    except UsageError as error:
        said = str(error)
    except BaseException as error:  # noqa: BLE001  # an author's module may raise anything
        said = explained(error)
    else:
        # Threads that the app started, and what it wants done at its end, are not ours.
        os._exit(0)
    sys.exit(said)


def explained(error: BaseException) -> str:
    """Return the traceback of what a module raised, from the module on."""
    told = traceback.TracebackException.from_exception(error)
    while told.stack and _is_on_the_way(told.stack[0].filename):
        del told.stack[0]
    return "".join(told.format()).strip()


def _is_on_the_way(file: str) -> bool:
    """Say whether a file only leads to a module: it is ours, or Python's own."""
    return file in _WAY or file.startswith("<frozen importlib")
