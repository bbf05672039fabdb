"""Hold: a seat that is kept for a client whose Connection was lost."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from attrs import define, field
from twisted.internet.defer import Deferred

from nexus.errors import Code, Refused

if TYPE_CHECKING:
    from nexus.room.client import Client

__all__ = ["Hold", "NotReturned"]


class NotReturned(Refused):
    """The client did not come back in time, or was not to."""

    def __init__(self) -> None:
        super().__init__("the client did not return", Code.EXPIRED)


@define(eq=False)
class Hold:
    """The way back for one lost client; awaiting it gives the client, or raises.

    Not awaiting it is fine: the Room goes on either way.
    """

    client: Client
    #: When it ends, by the world's time; None: when somebody ends it.
    until: float | None = field(default=None)
    _settled: list[Callable[[], None]] = field(factory=list, init=False, repr=False)
    _waiting: list[Deferred[Client]] = field(factory=list, init=False, repr=False)
    _ended: Callable[[], None] | None = field(default=None, init=False, repr=False)
    #: None while it is open; then whether the client came back.
    returned: bool | None = field(default=None, init=False)

    def __await__(self) -> Generator[Any, Any, Client]:
        """Wait for the client.

        Raises:
            NotReturned: It did not come in time.
        """
        waiting: Deferred[Client] = Deferred()
        if self.returned is None:
            self._waiting.append(waiting)
        else:
            self._tell(waiting)
        return waiting.__await__()

    def on_settled(self, call: Callable[[], None]) -> None:
        """Call a function when the client came back, or is waited for no longer."""
        self._settled.append(call)

    def on_end(self, ended: Callable[[], None]) -> None:
        """Call a function when the client did not come back."""
        self._ended = ended

    def end(self) -> None:
        """Keep the seat no longer."""
        self._settle(returned=False)

    def take(self) -> None:
        """The client is back."""
        self._settle(returned=True)

    def forget(self) -> None:
        """Tell nobody anything any more: the Room rests."""
        settled, self._settled = self._settled, []
        for call in settled:
            call()
        self._waiting.clear()
        self._ended = None
        self.returned = False

    def _settle(self, *, returned: bool) -> None:
        if self.returned is not None:
            return
        self.returned = returned
        settled, self._settled = self._settled, []
        for call in settled:
            call()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._tell(each)
        ended, self._ended = self._ended, None
        if ended is not None and not returned:
            ended()

    def _tell(self, waiting: Deferred[Client]) -> None:
        if self.returned:
            waiting.callback(self.client)
        else:
            waiting.errback(NotReturned())
