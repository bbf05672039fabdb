"""Courier: brings each client of ours its patches, as fast as it takes them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from twisted.python.failure import Failure

from nexus.net.outlet import send_all
from nexus.room.fanout.format import SchemaFormat
from nexus.state.tree import Tree
from nexus.wire.envelope import seal, seal_all

if TYPE_CHECKING:
    from nexus.net.outlet import Outlet
    from nexus.room.client import Client
    from nexus.room.fanout.pace import Pace
    from nexus.room.space.space import Space

__all__ = ["PATCH", "STATE", "Courier"]

STATE: Final = b"\x0e"
PATCH: Final = b"\x0f"

#: So many bytes with one patch are for those who lag behind what they watch in Spaces:
#: they are made for each by itself. Who finds them spent comes next time.
_LATE: Final = 65_536


class _Late(NamedTuple):
    """One who lags behind, and what brings it up to date."""

    client: Client
    lacking: Callable[[int], bytes | None]
    whole: Callable[[], bytes]


class Courier:
    """Brings clients of the `nexus` format their patches.

    A client that keeps up is sent what all are sent, and what it sees of Spaces. One
    that lags behind is sent less often: what it lacks in one patch, with the newest
    values, and of its Cells as much as it can take. If many do, as after a fault that
    hit them all, some are brought that with each patch: who waited longest.

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
        #: Who was brought the State, the short way to it, and what it takes. Whoever is
        #: here was brought it in the turn in which its Connection became ready; one
        #: that is so no more closes its outlet.
        self._listeners: dict[Client, tuple[Outlet, Pace]] = {}
        #: Sealed patches of this version, by their parts.
        self._made: dict[tuple[bytes, ...], bytes] = {}
        #: Who is to be brought what it lacks when all others were told.
        self._late: list[_Late] = []

    def begin(self) -> None:
        """Forget what was made for the version before."""
        self._made = {}

    def tell_all(
        self,
        patch: bytes,
        clients: Collection[Client],
        carry: Callable[[Client, bytes], object],
    ) -> list[tuple[Client, Failure]]:
        """Bring all clients of ours a patch, and what each sees of Spaces.

        Args:
            patch: What all are told.
            clients: Those of the Room, of whatever format.
            carry: Brings the patch to a client that is told otherwise than most.

        Returns:
            Whom something kept from that, and what.
        """
        ready, now, version = self._ready(patch), self._seconds(), self._tree.version
        alike = None if self.spaces else seal(PATCH + patch)
        outlets: list[Outlet] = []
        frames: list[bytes] = []
        at_once: list[Client] = []
        others: list[Client] = []
        # Most keep up, and this is done for each of them with each patch.
        for client, (outlet, pace) in self._listeners.items():
            frame = alike or ready.get(client)
            if (
                frame is not None
                and len(frame) < outlet.most
                and pace.takes(version, len(frame), now)
            ):
                at_once.append(client)
                outlets.append(outlet)
                frames.append(frame)
            else:
                others.append(client)
        if len(self._listeners) != len(clients):
            others += [each for each in clients if each not in self._listeners]
        over, failed = send_all(outlets, frames)
        failures = [(at_once[at], why) for at, why in failed]
        for at in over:
            self._deliver(at_once[at], frames[at], failures)
        for client in others:
            connection, format_ = client.connection, client.format
            # It may be lost by what others were told.
            if (
                connection is None
                or not connection.ready
                or format_ is None
                or isinstance(format_, SchemaFormat)
            ):
                continue
            frame = alike or ready.get(client)
            if frame is not None and client.pace.takes(version, len(frame), now):
                self._deliver(client, frame, failures)
                continue
            try:
                carry(client, patch)
            except Exception:  # noqa: BLE001  # it costs nobody else a patch
                failures.append((client, Failure()))
        return failures

    def _deliver(
        self, client: Client, frame: bytes, failures: list[tuple[Client, Failure]]
    ) -> None:
        """Send a frame the long way, if its client is there still."""
        connection = client.connection
        try:
            if connection is not None and connection.ready:
                connection.socket.deliver(frame)
        except Exception:  # noqa: BLE001  # it costs nobody else a patch
            failures.append((client, Failure()))

    def _listen(self, client: Client) -> None:
        """Take note that a client has the State by the Connection that it has."""
        connection = client.connection
        if connection is not None:
            self._listeners[client] = connection.outlet, client.pace

    def forget(self, client: Client) -> None:
        """Take note that a client is gone, or has its State in another format."""
        self._listeners.pop(client, None)

    def _ready(self, patch: bytes) -> dict[Client, bytes]:
        """Return the frames of all clients whom nothing comes into sight.

        They are most of a crowd, so their frames are made together, one for all who
        see the same.

        Args:
            patch: What all are told.
        """
        if len(self.spaces) != 1:
            return {}
        watchers, near = self.spaces[0].calm()
        sealed = seal_all(PATCH + patch, list(near.values()))
        frames = dict(zip(near, sealed, strict=True))
        return {each.client: frames[each.watch.vista] for each in watchers}

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
        """Bring a client a patch, if it may have it; one that lags has it at the end.

        Args:
            client: Who has the State, by a Connection that takes patches.
            patch: What all are told who see what it sees.
            lacking: Returns the patch from a version to the newest; None: it is lost.
            whole: Returns the whole State as the client sees it.
        """
        if self.tell(client, patch):
            return
        pace = client.pace
        if not pace.is_slow:
            for space in self.spaces:
                space.lacking.lag(client, pace.version)
            pace.lag(self._seconds())
        self._late.append(_Late(client, lacking, whole))

    def end(self) -> list[tuple[Client, Failure]]:
        """Bring those who lag behind what they lack, as many as there is time for.

        Returns:
            Whom something kept from that, and what.
        """
        late, self._late = self._late, []
        failures: list[tuple[Client, Failure]] = []
        # What was sent last longest ago goes first, so that nobody waits for ever.
        late.sort(key=lambda each: each.client.pace.version)
        spare = _LATE
        for each in late:
            client, connection = each.client, each.client.connection
            # It may be lost by what others were told.
            if connection is None or not connection.ready:
                continue
            try:
                brought = self._bring_some(*each) if spare > 0 else 0
            except Exception:  # noqa: BLE001  # it costs nobody else a patch
                failures.append((client, Failure()))
                continue
            if self.spaces:
                spare -= brought
            if not brought:
                client.pace.skip()
                self._skipped()
        return failures

    def owes(self, client: Client) -> bool:
        """Tell whether a client that lags behind was not sent the newest yet."""
        return client.pace.is_slow and client.pace.version != self._tree.version

    def _bring_some(
        self,
        client: Client,
        lacking: Callable[[int], bytes | None],
        whole: Callable[[], bytes],
    ) -> int:
        """Bring a client that lags behind what it can take; return how many bytes.

        The State comes first: of Cells it is told in what room that leaves.
        """
        pace, now = client.pace, self._seconds()
        budget = pace.budget(now)
        if budget <= 0:
            return 0
        sum_ = lacking(pace.version)
        if sum_ is None:
            return 0 if pace.outstanding else self._begin(client, whole(), now)
        if len(sum_) > pace.room and pace.outstanding:
            return 0
        near = [
            space.lacking.trickle(client, budget - len(sum_)) for space in self.spaces
        ]
        frame = seal(b"".join([PATCH, sum_, *near]))
        self._send(client, frame, now)
        if (
            all(space.lacking.is_told(client) for space in self.spaces)
            and pace.catch_up()
        ):
            for space in self.spaces:
                space.lacking.keep_up(client)
        return len(frame)

    def restart(self, client: Client, whole: bytes) -> None:
        """Bring a client with a new socket the State, with all it sees of Spaces."""
        client.pace.forget()
        _ = self._begin(client, whole, self._seconds())
        self._listen(client)

    def _begin(self, client: Client, whole: bytes, now: float) -> int:
        """Bring a client the State, with all that it sees of Spaces."""
        client.pace.is_slow = False
        near = [space.whole(client) for space in self.spaces]
        frame = seal(b"".join([STATE, whole, *near]))
        self._send(client, frame, now)
        return len(frame)

    def resume(self, client: Client, version: int, patch: bytes) -> bytes | None:
        """Return the sealed patch that a client lacks; None: that is not known."""
        near: list[bytes] = []
        for space in self.spaces:
            missed = space.lacking.missed(client, version)
            if missed is None:
                return None
            near.append(missed)
        return seal(b"".join([PATCH, patch, *near]))

    def resumed(self, client: Client, frame: bytes) -> None:
        """Bring a client that is back what it missed."""
        client.pace.forget()
        self._send(client, frame, self._seconds())
        self._listen(client)

    def returned(self, client: Client) -> None:
        """Take note that a client is back, and missed nothing."""
        client.pace.forget()
        self._listen(client)

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
