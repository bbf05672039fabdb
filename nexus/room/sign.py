"""Sign: what a Room shows to those who look for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field

from nexus.journal.record import card_record

__all__ = ["Sign", "check_metadata"]

#: How many bytes of it are kept; all read it who look for a Room.
_MOST_METADATA: Final = 1 << 16


@define(eq=False)
class Sign:
    """What hangs outside of one Room.

    Attributes:
        locked: Whether nobody new is to get in, by the author's will.
        private: Whether it is found by its id only.
        unlisted: Whether listings leave it out.
        filters: The options of its kind that joins filter by, as its creator gave them.
    """

    locked: bool = field(default=False, init=False)
    private: bool = field(default=False, init=False)
    unlisted: bool = field(default=False, init=False)
    filters: Mapping[str, Any] = field(factory=dict, init=False)
    _own: Mapping[str, Any] | None = field(default=None, init=False)

    @property
    def metadata(self) -> Mapping[str, Any] | None:
        """What the listing says beyond the usual; what is filtered by stays in it."""
        if self._own is None:
            return self.filters or None
        return {**self.filters, **self._own}

    @metadata.setter
    def metadata(self, metadata: Mapping[str, Any] | None) -> None:
        if metadata is not None and not isinstance(metadata, Mapping):
            raise TypeError(f"metadata is a dict, or None, and not {metadata!r}")
        self._own = metadata

    @property
    def own_metadata(self) -> Mapping[str, Any] | None:
        """What the author said of the Room for its listing."""
        return self._own


def check_metadata(metadata: object) -> None:
    """Check that metadata can be kept.

    Raises:
        ValueError: It is no plain data, or long.
    """
    size = len(card_record({"metadata": metadata}))
    if size > _MOST_METADATA:
        raise ValueError(f"metadata of {size} bytes: at most {_MOST_METADATA} are kept")
