"""What matchmaking and listings know of a Room, for its author to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Listed"]

#: What `set_matchmaking` changes.
_MATCHED: Final = {"locked", "private", "unlisted", "metadata", "max_clients"}


class Listed:
    """What an author says of a Room to those who look for one."""

    _actor: RoomActor

    @property
    def locked(self) -> bool:
        """Whether nobody new gets in, by `lock` or for want of seats."""
        return self._actor.is_locked

    @property
    def metadata(self) -> Mapping[str, Any] | None:
        """What the Room's listing says beyond the usual; `set_metadata` changes it."""
        return self._actor.sign.metadata

    def lock(self) -> None:
        """Take nobody in any more, until `unlock`."""
        self.set_matchmaking(locked=True)

    def unlock(self) -> None:
        """Take people in again, as far as there are seats."""
        self.set_matchmaking(locked=False)

    def set_private(self, private: bool = True) -> None:  # noqa: FBT001, FBT002  # its only argument
        """Be found by id only; other matchmaking and listings do not show it."""
        self.set_matchmaking(private=private)

    def set_metadata(self, metadata: Mapping[str, Any] | None) -> None:
        """Replace what the Room's listing says beyond the usual."""
        self.set_matchmaking(metadata=metadata)

    def set_matchmaking(self, **changes: Any) -> None:
        """Change several things at once.

        Args:
            **changes: Any of `locked`, `private`, `unlisted`, `metadata` and
                `max_clients`.

        Raises:
            TypeError: There is nothing of such a name, or the metadata is no
                mapping.
            ValueError: The Room is kept, and its metadata is no plain data, or long.
        """
        unknown = changes.keys() - _MATCHED
        if unknown:
            raise TypeError(f"matchmaking knows no {', '.join(sorted(unknown))}")
        self._actor.set_matchmaking(changes)
