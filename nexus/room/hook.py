"""Hooks: what happens to a Room, for its author to override."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nexus.state.state import State

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.clock.overrun import Overrun
    from nexus.room.keeping.restoring import Restoring
    from nexus.room.seat.entry import Context

__all__ = ["Hooks", "S"]

#: The class of a Room's State.
S = TypeVar("S", bound=State)


class Hooks(Generic[S]):
    """What happens to a Room; each does nothing unless it is overridden."""

    @staticmethod
    def on_auth_static(token: str, options: Mapping[str, Any], context: Context) -> Any:
        """Say who asks for a seat, before a Room is chosen or made.

        Override it as a `staticmethod` or `classmethod`, plain or `async`. What it
        returns becomes `client.auth`; None or False denies, True says nothing.
        """
        return True

    def on_create(self, options: Mapping[str, Any]) -> Any:
        """Set the Room up; the creator waits for it."""

    def on_restore(self, info: Restoring) -> Any:
        """Go on where the Room was left; `on_create` is not called again.

        State, members, timers of methods and matchmaking are there again; what lives
        in Python only, such as timesteps, is to be set up once more.
        """

    def on_hibernate(self) -> Any:
        """Change the State a last time before the Room goes to sleep."""

    def on_auth(
        self, client: Client, options: Mapping[str, Any], context: Context
    ) -> Any:
        """Say who the client is; None or False denies, True says nothing."""
        return True

    def on_join(self, client: Client, options: Mapping[str, Any]) -> Any:
        """Meet a client; what is raised denies it."""

    def on_drop(self, client: Client, code: int) -> Any:
        """Take note that a client's connection was lost.

        The place for `allow_reconnection`; without it the client has left.
        """

    def on_reconnect(self, client: Client) -> Any:
        """Take note that a lost client is back; what is raised denies it."""

    def on_leave(self, client: Client, code: int) -> Any:
        """Part from a client for good."""

    def on_before_patch(self, state: S | None) -> None:
        """Change the State a last time before a patch."""

    def on_overrun(self, overrun: Overrun) -> Any:
        """Take note that ticks take longer than `tick_budget`, or are left out.

        It is called once a second at most. The place to do less.
        """

    def on_dispose(self) -> Any:
        """Clean up: the Room ends."""

    def on_error(self, error: BaseException, act: str, client: Client | None) -> None:
        """Take note of an error in the Room's own code; it has been logged."""
