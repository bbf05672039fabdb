"""Where the log goes and which of its lines are kept."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from typing import IO, Any, cast

from twisted.application.service import IServiceCollection, MultiService
from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    textFileLogObserver,
)
from twisted.python.components import Componentized
from twisted.python.logfile import LogFile
from typing_extensions import override

__all__ = ["LoggedServices", "keep_from", "log_file"]


class LoggedServices(MultiService):
    """Services that bring the log observer of the application they are put into.

    `twistd` asks the application for its observer before it starts to log, and that is
    the only place where it can be given one that knows our options.
    """

    def __init__(self, observer: ILogObserver) -> None:
        super().__init__()
        self._observer = observer

    @override
    def setServiceParent(self, parent: IServiceCollection) -> None:
        """Enter the application."""
        super().setServiceParent(parent)
        if isinstance(parent, Componentized):
            parent.setComponent(ILogObserver, self._observer)


def keep_from(level: str, out: IO[Any]) -> ILogObserver:
    """Make an observer that writes what is at `level` or above to `out`."""
    least = LogLevel.levelWithName(level)
    return FilteringLogObserver(
        textFileLogObserver(out), [LogLevelFilterPredicate(defaultLogLevel=least)]
    )


def log_file(twistd: Mapping[str, Any]) -> IO[Any]:
    """Open the file that the options of `twistd` name, as `twistd` itself does.

    A file is rotated when it is large, and on SIGUSR1.
    """
    path = twistd["logfile"]
    if path == "-" or (not path and twistd["nodaemon"]):
        return sys.stdout
    file = LogFile.fromFullPath(path or "twistd.log")
    signal.signal(signal.SIGUSR1, lambda _number, _frame: file.rotate())
    return cast(IO[Any], file)  # it has what an observer calls
