"""Fanout: what changed is encoded once for all who are told alike, and delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure

from nexus.room.fanout.carrier import Carrier
from nexus.room.fanout.courier import PATCH, STATE, Courier
from nexus.room.fanout.format import Format, SchemaFormat, make_format
from nexus.room.fanout.guide import Guide
from nexus.room.fanout.sums import Sums
from nexus.state.flush import Flush
from nexus.state.tree import Tree
from nexus.state.view import View
from nexus.wire.dialect import Dialect
from nexus.wire.envelope import seal
from nexus.wire.native.encoder import Encoder
from nexus.wire.ours import resumed_frame
from nexus.wire.resume import Ring

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.connection import Connection
    from nexus.room.space.space import Space

__all__ = ["Fanout"]


class Fanout:
    """Tells the Clients of one Room how its State is and becomes.

    Args:
        tree: The State.
        seconds: Tells the time.
        skipped: Is called for each patch that a client is not sent as it lags behind.
        failed: Is called, when all were told, with a client and what kept it from a
            patch: it is not to be sent the next one.
    """

    def __init__(
        self,
        tree: Tree,
        seconds: Callable[[], float],
        skipped: Callable[[], object] = lambda: None,
        failed: Callable[[Client, Failure], object] = lambda _, e: e.raiseException(),
    ) -> None:
        self._tree = tree
        self._failed = failed
        #: Whom something kept from this patch, and what.
        self._failures: list[tuple[Client, Failure]] = []
        self._seconds = seconds
        self._differs = tree.outline.differs
        self._formats: dict[tuple[str, int], Format] = {}
        #: Patches that all clients get alike, for those that return.
        self._ring: Ring | None = None
        #: The whole state as all see it, by format, until something changes.
        self._whole: dict[Format, bytes] = {}
        self._sums = Sums(are_kept=not self._differs)
        #: Takes each patch as it is stored; None: nobody keeps them.
        self._keep: Callable[[bytes], None] | None = None
        self._stored: Encoder | None = None
        self._courier = Courier(tree, seconds, skipped)
        self._guide = Guide(self._courier.spaces)
        self._carrier = Carrier(tree, self._guide, seconds, skipped)

    def keep(self, keep: Callable[[bytes], None]) -> None:
        """Give each patch from now on to somebody, as it is stored."""
        self._keep, self._stored = keep, Encoder(self._tree, stored=True)

    def add(self, space: Space) -> None:
        """Tell each client from now on what it watches in a Space."""
        self._courier.spaces.append(space)

    def format(self, name: str, dialect: Dialect) -> Format:
        """Return the Format that a client is to get, made when it is first wanted."""
        key = (name, dialect.major if name == "schema" else 0)
        made = self._formats.get(key)
        if made is None:
            made = self._formats[key] = make_format(name, self._tree, dialect)
        return made

    def enroll(self, client: Client) -> None:
        """Let a client that has a Connection have the State, in the format it wants."""
        if client.connection is None:
            return
        client.format = self.format(client.seat.serializer, client.connection.dialect)
        if client.connection.returns:
            self._carrier.meet_stranger(client)
        if not client.format.resumes:
            client.ring = None
        elif self._differs:
            client.ring = Ring(self._tree.version)
        else:
            if self._ring is None:
                self._ring = Ring(self._tree.version)
            client.ring = self._ring

    def enroll_again(self, client: Client, members: Iterable[Client]) -> None:
        """Let a client that is back have the State, in what it may have changed to.

        Args:
            client: Who is back.
            members: Everybody who has the State.
        """
        connection, known = client.connection, client.format
        if connection is None or known is None:
            self.enroll(client)
        elif self.format(client.seat.serializer, connection.dialect) is not known:
            self.retire(client, [each for each in members if each is not client])
            self.enroll(client)

    def retire(self, client: Client, members: Iterable[Client]) -> None:
        """Write no more in the format of a client that is gone, if nobody else has it.

        Args:
            client: Who is gone.
            members: Who is still there, or may come back.
        """
        format_, client.format = client.format, None
        self._carrier.forget(client, format_)
        self._courier.forget(client)
        for space in self._courier.spaces:
            space.forget(client)
        if format_ is None or any(each.format is format_ for each in members):
            return
        self._formats = {
            key: each for key, each in self._formats.items() if each is not format_
        }
        self._whole.pop(format_, None)
        if format_.resumes:
            self._ring = None
            self._sums.clear()

    def publish(
        self,
        clients: Iterable[Client],
        newcomer: tuple[Client, Connection] | None = None,
    ) -> bool:
        """Flush, and tell all who have the State what changed; return if anything did.

        Args:
            clients: All of the Room, those that are away included.
            newcomer: Who is welcomed with that State, before listeners may write it.
        """
        # All are asked: each lets its watchers look.
        owes = [space.look() for space in self._courier.spaces]
        flush = self._tree.flush(anyway=any(owes))
        if not flush:
            self._bring_late(clients)
            self._end(newcomer)
            return False
        self._courier.begin()
        self._carrier.begin()
        for space in self._courier.spaces:
            space.advance(flush)
        self._whole.clear()
        self._sums.clear()
        if self._keep is not None and self._stored is not None:
            self._keep(self._stored.patch(flush))
        # Whoever is told may be lost by that, and be gone before the others are told.
        clients = list(clients)
        for each in self._formats.values():
            each.follow(flush)
        if self._differs:
            self._publish_apart(flush, clients)
        else:
            self._publish_alike(flush, clients)
        self._end(newcomer)
        flush.tell()
        return True

    def _end(self, newcomer: tuple[Client, Connection] | None) -> None:
        """Tell the rest, and then a newcomer all."""
        self._failures += self._courier.end()
        if newcomer is not None:
            client, connection = newcomer
            try:
                self.welcome(client, connection)
                connection.open_queue()
            except Exception:  # noqa: BLE001  # it costs nobody else a patch
                self._failures.append((client, Failure()))
        self._report()

    def _report(self) -> None:
        """Tell who was kept from a patch; whoever hears of that may write the State."""
        failures, self._failures = self._failures, []
        for client, failure in failures:
            self._failed(client, failure)

    def _publish_alike(self, flush: Flush, clients: list[Client]) -> None:
        """Tell everybody the same, in the format of each."""
        for format_ in list(self._formats.values()):
            if isinstance(format_, SchemaFormat):
                self._failures += self._carrier.tell_all(format_, flush)
        if self._ring is not None:
            ours = self._formats["nexus", 0].patch(flush, None)
            self._ring.push(flush.version, ours)
            self._failures += self._courier.tell_all(ours, clients, self._carry)

    def _carry(self, client: Client, patch: bytes) -> None:
        """Bring a client of ours a patch, or what else it lacks."""
        if self._courier.tell(client, patch):
            return
        format_, ring = client.format, client.ring
        assert format_ is not None
        assert ring is not None

        def lacking(version: int) -> bytes | None:
            missed = ring.since(version)
            return self._sums.of(format_, missed, version) if missed else None

        def whole() -> bytes:
            return format_.whole(self._view(client))

        self._courier.carry(client, patch, lacking, whole)

    def _publish_apart(self, flush: Flush, clients: Iterable[Client]) -> None:
        """Tell each what its view holds; equal views share the bytes."""
        made: dict[tuple[Any, ...], tuple[bytes, bytes]] = {}
        for client in clients:
            format_, view = client.format, client.view
            if format_ is None or view.group is None:
                continue
            lanes = list(flush.lanes(view))
            is_calm = not (lanes or self._courier.spaces or client.pace.is_slow)
            if is_calm and client.ring is None:
                continue
            key = (format_, *map(id, lanes))
            pair = made.get(key)
            if pair is None:
                patch = format_.patch(flush, view)
                pair = made[key] = patch, seal(PATCH + patch) if patch else b""
            patch, frame = pair
            if client.ring is not None:
                client.ring.push(flush.version, patch)
                if view.sight() != client.sees:
                    # Whoever missed this begins anew, rather than to be told piecemeal
                    # what it may not see any more.
                    client.sees = view.sight()
                    client.ring.clear()
            connection = client.connection
            if connection is None or not connection.ready:
                continue
            try:
                if isinstance(format_, SchemaFormat):
                    self._carrier.tell(client, connection, format_, frame)
                else:
                    self._carry(client, patch)
            except Exception:  # noqa: BLE001  # it costs nobody else a patch
                self._failures.append((client, Failure()))

    def _bring_late(self, clients: Iterable[Client]) -> None:
        """Tell those who lag behind what changed before."""
        # Whoever is told may be lost by that.
        for client in [each for each in clients if each.pace.is_slow]:
            connection, format_ = client.connection, client.format
            if connection is None or not connection.ready:
                continue
            try:
                if isinstance(format_, SchemaFormat):
                    self._carrier.renew(client, connection, format_)
                elif self._courier.owes(client):
                    self._carry(client, b"")
            except Exception:  # noqa: BLE001  # it costs nobody else a patch
                self._failures.append((client, Failure()))

    def welcome(self, client: Client, connection: Connection) -> None:
        """Send a client that acknowledged its join the State, as it was published."""
        format_ = client.format
        if format_ is None:
            return
        if connection.resume_from is not None and self._resume(client, connection):
            return
        if self._differs:
            client.sees = client.view.sight()
        view = self._view(client)
        if client.ring is not None and self._courier.spaces:
            self._courier.restart(client, format_.whole(view))
            return
        near = b""
        if isinstance(format_, SchemaFormat):
            if connection.returns and connection.skips_handshake:
                frame = self._carrier.again(client, format_)
                self._carrier.start(client, connection, frame)
                return
            near = self._guide.whole(client, format_)
        if self._differs or near:
            frame = seal(STATE + format_.whole(view) + near)
        else:
            known = self._whole.get(format_)
            if known is None:
                known = self._whole[format_] = seal(STATE + format_.whole(None))
            frame = known
        if client.ring is None:
            self._carrier.start(client, connection, frame)
        else:
            self._courier.resumed(client, frame)

    def _view(self, client: Client) -> View | None:
        """Return what a client sees, where not all see the same."""
        return client.view if self._differs else None

    def _resume(self, client: Client, connection: Connection) -> bool:
        """Send just what a returning client missed, if that is still known."""
        ring, format_ = client.ring, client.format
        assert connection.resume_from is not None
        assert format_ is not None
        missed = None if ring is None else ring.since(connection.resume_from)
        if connection.begins_anew or (
            self._differs and client.view.sight() != client.sees
        ):
            missed = None
        frame = None
        if missed:
            version = connection.resume_from
            patch = self._sums.of(format_, missed, version)
            frame = self._courier.resume(client, version, patch)
            missed = None if frame is None else missed
        how = "snapshot" if missed is None else "patches"
        connection.deliver(resumed_frame(self._tree.version, how))
        if missed is None:
            return False
        if frame is None:
            self._courier.returned(client)
        else:
            self._courier.resumed(client, frame)
        return True
