"""Ring: the recent patches, for clients that return and lack only those."""

from __future__ import annotations

from collections import deque

from attrs import define, field

__all__ = ["Ring"]


@define(eq=False)
class Ring:
    """Patches in a row, bounded by their count and their bytes; the oldest go first.

    Args:
        version: The version that the first patch will lead from.
        patches: At most so many are kept.
        size: At most so many bytes of them.
    """

    _version: int = 0
    _patches: int = 2048
    _size: int = 262_144
    _kept: deque[bytes] = field(factory=deque, init=False)
    _bytes: int = field(default=0, init=False)

    def push(self, version: int, patch: bytes) -> None:
        """Keep the patch that leads to a version from the one before."""
        if version != self._version + 1:
            self.clear()
        self._version = version
        self._kept.append(patch)
        self._bytes += len(patch)
        while len(self._kept) > self._patches or self._bytes > self._size:
            self._bytes -= len(self._kept.popleft())

    def since(self, version: int) -> list[bytes] | None:
        """Return the patches that lead from a version to the newest.

        None: one of them is gone, or the version is none of ours.
        """
        lacking = self._version - version
        if not 0 <= lacking <= len(self._kept):
            return None
        start = len(self._kept) - lacking
        return [self._kept[at] for at in range(start, len(self._kept))]

    def clear(self) -> None:
        """Forget all patches."""
        self._kept.clear()
        self._bytes = 0
