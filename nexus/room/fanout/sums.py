"""Sums: several patches made one, for those who missed them all."""

from __future__ import annotations

from typing import Final

from attrs import define, field

from nexus.room.fanout.format import Format

__all__ = ["Sums"]

#: So many are kept for others who lack the same.
_MOST: Final = 8


@define(eq=False)
class Sums:
    """Adds up what clients lack that return with an older version.

    A crowd that was cut off by the same fault returns with the same few versions: what
    each of these lacks is kept until something changes.

    Attributes:
        are_kept: Whether all see the same, so that one may have what was made for
            another.
    """

    are_kept: bool
    _made: dict[int, bytes] = field(init=False, factory=dict)

    def clear(self) -> None:
        """Forget all: something changed."""
        self._made.clear()

    def of(self, format_: Format, missed: list[bytes], version: int) -> bytes:
        """Return one patch that has the effect of those since a version."""
        patch = self._made.get(version)
        if patch is None:
            patch = missed[0] if len(missed) == 1 else format_.merge(missed)
            if self.are_kept:
                # Whoever returns says which version it holds, and may say any.
                if len(self._made) >= _MOST:
                    del self._made[next(iter(self._made))]
                self._made[version] = patch
        return patch
