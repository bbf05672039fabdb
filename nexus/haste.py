"""Haste: whoever asks a second time for the end of a Node gets it at once."""

from __future__ import annotations

import os
import signal
from types import FrameType

from twisted.application.service import Service
from twisted.logger import Logger
from typing_extensions import override

__all__ = ["Haste"]


class Haste(Service):
    """Ends the process when it is told to stop while it stops.

    What was confirmed is safe by then, as at any other time.
    """

    _log = Logger()

    @override
    def stopService(self) -> None:
        """Listen for the second time: the Node has begun to stop."""
        Service.stopService(self)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._end)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self._log.warn("told to stop again: ending at once")
        os._exit(128 + number)
