"""Applied: when a client tells the Node which version of the State it holds."""

from __future__ import annotations

from typing import Final

from attrs import define, field

__all__ = ["Applied"]

#: A version is told at most so many milliseconds after it was applied.
_INTERVAL: Final = 200.0
#: It is told at once when so many bytes came since the last one was.
_MANY: Final = 16_384


@define(eq=False)
class Applied:
    """Which version was applied, and whether to tell it.

    By that the Node knows how fast we take what it sends. Times are milliseconds.
    """

    _version: int | None = field(default=None, init=False)
    _size: int = field(default=0, init=False)
    _told_at: float = field(default=float("-inf"), init=False)

    def note(self, version: int, size: int) -> None:
        """Take note that a payload led to a version."""
        self._version = version
        self._size += size

    def take(self, now: float) -> int | None:
        """Return the version that is to be told now, if one is."""
        if self.wait(now) != 0:
            return None
        version, self._version = self._version, None
        self._size, self._told_at = 0, now
        return version

    def wait(self, now: float) -> float | None:
        """Return in how many milliseconds to take; None: there is nothing to tell."""
        if self._version is None:
            return None
        if self._size >= _MANY:
            return 0
        return min(_INTERVAL, max(0.0, self._told_at + _INTERVAL - now))

    def forget(self) -> None:
        """Tell nothing of what came by a socket that is gone."""
        self._version, self._size = None, 0
