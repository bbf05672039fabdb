"""Courier: brings each client of ours its patches, as fast as it takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from nexus.state.tree import Tree
from nexus.wire.envelope import seal

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.space import Space

__all__ = ["PATCH", "STATE", "Courier"]

STATE: Final = b"\x0e"
PATCH: Final = b"\x0f"


class Courier:
    """Brings clients of the `nexus` format their patches.

    A client that keeps up is sent what all are sent, and what it sees of Spaces. One
    that lags behind is sent less often: what it lacks in one patch, with the newest
    values, and of its Cells as much as it can take.

    Args:
        tree: The State.
        seconds: Tells the time.
        skipped: Is called for each patch that a client is not sent.
    """

    def __init__(
        self,
        tree: Tree,
        seconds: Callable[[], float],
        skipped: Callable[[], object],
    ) -> None:
        self._tree = tree
        self._seconds = seconds
        self._skipped = skipped
        self.spaces: list[Space] = []
        #: Sealed patches of this version, by their parts.
        self._made: dict[tuple[bytes, ...], bytes] = {}

    def begin(self) -> None:
        """Forget what was made for the version before."""
        self._made = {}

    def tell(self, client: Client, patch: bytes) -> bool:
        """Bring a client what all are told, if it keeps up; return whether it does."""
        if not client.pace.keeps_up:
            return False
        near = [space.tell(client) for space in self.spaces] if self.spaces else ()
        self._send(client, self._sealed(patch, near), self._seconds())
        return True

    def carry(
        self,
        client: Client,
        patch: bytes,
        lacking: Callable[[int], bytes | None],
        whole: Callable[[], bytes],
    ) -> None:
        """Bring a client a patch, if it may have it.

        Args:
            client: Who has the State, by a Connection that takes patches.
            patch: What all are told who see what it sees.
            lacking: Returns the patch from a version to the newest; None: it is lost.
            whole: Returns the whole State as the client sees it.
        """
        if self.tell(client, patch):
            return
        pace, now = client.pace, self._seconds()
        if not pace.is_slow:
            for space in self.spaces:
                space.lag(client, pace.version)
            pace.lag(now)
        if not self._bring_some(client, lacking, whole, now):
            pace.skip()
            self._skipped()

    def owes(self, client: Client) -> bool:
        """Tell whether a client that lags behind was not sent the newest yet."""
        return client.pace.is_slow and client.pace.version != self._tree.version

    def _bring_some(
        self,
        client: Client,
        lacking: Callable[[int], bytes | None],
        whole: Callable[[], bytes],
        now: float,
    ) -> bool:
        """Bring a client that lags behind what it can take; return whether it got any.

        The State comes first: of Cells it is told in what room that leaves.
        """
        pace = client.pace
        budget = pace.budget(now)
        if budget <= 0:
            return False
        sum_ = lacking(pace.version)
        if sum_ is None:
            if pace.outstanding:
                return False
            self._begin(client, whole(), now)
            return True
        if len(sum_) > pace.room and pace.outstanding:
            return False
        near = [space.trickle(client, budget - len(sum_)) for space in self.spaces]
        self._send(client, seal(b"".join([PATCH, sum_, *near])), now)
        if all(space.is_told(client) for space in self.spaces) and pace.catch_up():
            for space in self.spaces:
                space.keep_up(client)
        return True

    def restart(self, client: Client, whole: bytes) -> None:
        """Bring a client with a new socket the State, with all it sees of Spaces."""
        client.pace.forget()
        self._begin(client, whole, self._seconds())

    def _begin(self, client: Client, whole: bytes, now: float) -> None:
        """Bring a client the State, with all that it sees of Spaces."""
        client.pace.is_slow = False
        near = [space.whole(client) for space in self.spaces]
        self._send(client, seal(b"".join([STATE, whole, *near])), now)

    def resume(self, client: Client, version: int, patch: bytes) -> bytes | None:
        """Return the sealed patch that a client lacks; None: that is not known."""
        near: list[bytes] = []
        for space in self.spaces:
            missed = space.missed(client, version)
            if missed is None:
                return None
            near.append(missed)
        return seal(b"".join([PATCH, patch, *near]))

    def resumed(self, client: Client, frame: bytes) -> None:
        """Bring a client that is back what it missed."""
        client.pace.forget()
        self._send(client, frame, self._seconds())

    def _send(self, client: Client, frame: bytes, now: float) -> None:
        connection = client.connection
        assert connection is not None
        client.pace.sent(self._tree.version, len(frame), now)
        connection.socket.deliver(frame)

    def _sealed(self, patch: bytes, near: Iterable[bytes]) -> bytes:
        """Return a sealed patch; those who are told the same share it."""
        key = (patch, *near)
        frame = self._made.get(key)
        if frame is None:
            frame = self._made[key] = seal(b"".join([PATCH, *key]))
        return frame
