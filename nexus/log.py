"""Where the log goes and which of its lines are kept."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final, cast

from twisted.application.service import IServiceCollection, MultiService
from twisted.logger import (
    FileLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    formatEvent,
    formatEventAsClassicLogText,
)
from twisted.python.components import Componentized
from twisted.python.logfile import LogFile
from typing_extensions import override
from zope.interface import provider

__all__ = [
    "FORMATS",
    "LoggedServices",
    "json_line",
    "keep_from",
    "log_file",
    "text_line",
]

#: How a line of the log may look.
FORMATS: Final = ("json", "text")

#: Control characters, but those that part lines and words.
_STEERING: Final = {
    code: "?" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"
}

#: What of an event stands in every line, or in none.
_ELSEWHERE: Final = frozenset(("message", "time", "level", "logger", "error"))


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


def keep_from(level: str, out: IO[Any], form: str = "text") -> ILogObserver:
    """Make an observer that writes what is at `level` or above to `out`.

    Args:
        level: The name of the least level.
        out: A file for text.
        form: One of `FORMATS`.
    """
    least = LogLevel.levelWithName(level)
    kept = {each for each in LogLevel.iterconstants() if each >= least}
    write = FileLogObserver(out, json_line if form == "json" else text_line)

    # Twisted's own filter looks up a level for each part of a namespace; that costs
    # more than a line that is dropped, as those of joins often are, should.
    @provider(ILogObserver)
    def observe(event: LogEvent) -> None:
        if event.get("log_level") in kept and event.get("log_namespace"):
            write(event)

    return cast(ILogObserver, observe)


def text_line(event: LogEvent) -> str | None:
    """Write an event as people read it; what would steer their terminal is left out."""
    text = formatEventAsClassicLogText(event)
    return None if text is None else text.translate(_STEERING)


def json_line(event: LogEvent) -> str:
    """Write an event as one line of JSON: time, level, logger, message, its fields.

    A failure's traceback stands under `error`. Fields that are no plain values are told
    by the message only.
    """
    moment = datetime.fromtimestamp(event["log_time"], UTC)
    line: dict[str, Any] = {
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": event["log_level"].name if "log_level" in event else "info",
        "logger": event.get("log_namespace", "-"),
        "message": formatEvent(event),
    }
    for name, value in event.items():
        plain = value is None or isinstance(value, str | int | float)
        if plain and not name.startswith("log_") and name not in _ELSEWHERE:
            line[name] = value
    failure = event.get("log_failure")
    if failure is not None:
        line["error"] = failure.getTraceback()
    return json.dumps(line) + "\n"


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
