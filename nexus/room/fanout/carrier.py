"""Carrier: brings each client of an SDK its patches, as far as echoes tell it can."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.python.failure import Failure

from nexus.net.outlet import send_all
from nexus.room.fanout.courier import PATCH, STATE
from nexus.room.fanout.format import Format, SchemaFormat
from nexus.room.fanout.guide import Guide
from nexus.room.fanout.sounding import Sounding
from nexus.state.flush import Flush
from nexus.state.tree import Tree
from nexus.wire.envelope import seal

if TYPE_CHECKING:
    from nexus.net.outlet import Outlet
    from nexus.room.client import Client
    from nexus.room.connection import Connection

__all__ = ["Carrier"]


class Carrier:
    """Brings clients of the `schema` format their patches.

    These cannot be summed up: one that lags behind is sent nothing until it has taken
    what is on its way, and then the State anew.

    Args:
        tree: The State.
        guide: Shows them what they see of Spaces.
        seconds: Tells the time.
        skipped: Is called for each patch that a client is not sent.
    """

    def __init__(
        self,
        tree: Tree,
        guide: Guide,
        seconds: Callable[[], float],
        skipped: Callable[[], object],
    ) -> None:
        self._tree = tree
        self._guide = guide
        self._seconds = seconds
        self._skipped = skipped
        self._differs = tree.outline.differs
        #: Who came back with a State of which nobody told it here.
        self._strangers: set[Client] = set()
        #: Who was brought the State, and the short way to it.
        self._listeners: dict[SchemaFormat, dict[Client, Outlet]] = {}
        #: The State for those who hold an older one, from here or elsewhere, until
        #: something changes: a crowd that was cut off by the same fault comes at once.
        self._anew: dict[tuple[SchemaFormat, bool], bytes] = {}

    def begin(self) -> None:
        """Forget what was made for the version before."""
        self._anew.clear()
        self._guide.begin()

    def meet_stranger(self, client: Client) -> None:
        """Take note of a client that came back with what it was told elsewhere."""
        self._strangers.add(client)

    def forget(self, client: Client, format_: Format | None) -> None:
        """Take note that a client has its State no more by a Format."""
        self._strangers.discard(client)
        if isinstance(format_, SchemaFormat) and format_ in self._listeners:
            self._listeners[format_].pop(client, None)
            if not self._listeners[format_]:
                del self._listeners[format_]

    def start(self, client: Client, connection: Connection, frame: bytes) -> None:
        """Bring a client with a new socket the State."""
        client.pace.forget()
        connection.sounding = Sounding(client.pace, connection.outlet)
        connection.deliver(frame)
        assert isinstance(client.format, SchemaFormat)
        self._listeners.setdefault(client.format, {})[client] = connection.outlet

    def tell_all(
        self, format_: SchemaFormat, flush: Flush
    ) -> list[tuple[Client, Failure]]:
        """Bring all of a format what changed, which they are told alike.

        Returns:
            Whom something kept from that, and what.
        """
        failures: list[tuple[Client, Failure]] = []
        frame: bytes | None = None
        is_short, size = False, 0
        outlets: list[Outlet] = []
        at_once: list[Client] = []
        others: list[Client] = []
        # Whoever is told may be lost by that, and be gone before the others are told.
        for client, outlet in list(self._listeners.get(format_, {}).items()):
            if frame is None:
                connection = client.connection
                if connection is None or not connection.ready:
                    continue
                try:
                    patch = format_.patch(flush, None)
                except Exception:  # noqa: BLE001  # it costs nobody else a patch
                    failures.append((client, Failure()))
                    continue
                frame = seal(PATCH + patch) if patch else b""
                size, is_short = len(frame), bool(patch and not self._guide.spaces)
            # Mostly there is no more to it, and this is done for each client with
            # each patch: `tell` comes to the same, and takes its time. Whoever is
            # in this list was brought the State, in the turn in which its
            # Connection became ready; one that is so no more closes its outlet.
            if is_short and size < outlet.most and size < outlet.spare:
                outlets.append(outlet)
                at_once.append(client)
            else:
                others.append(client)
        if frame is None:
            return failures
        over, failed = send_all(outlets, [frame] * len(outlets))
        failures += [(at_once[at], why) for at, why in failed]
        for at in over:
            outlets[at].spare += size
            others.append(at_once[at])
        for outlet in outlets:
            outlet.spare -= size
        for client in others:
            connection = client.connection
            try:
                if connection is not None and connection.ready:
                    self.tell(client, connection, format_, frame)
            except Exception:  # noqa: BLE001  # it costs nobody else a patch
                failures.append((client, Failure()))
        return failures

    def tell(
        self,
        client: Client,
        connection: Connection,
        format_: SchemaFormat,
        frame: bytes,
    ) -> None:
        """Bring a client what all are told alike, and what it sees beside that."""
        if client.pace.is_slow:
            if not self.renew(client, connection, format_):
                client.pace.skip()
                self._skipped()
            return
        if self._guide.spaces:
            frame = self._guide.tell(client, format_, frame)
        if not frame:
            return
        connection.socket.deliver(frame)
        sounding = connection.sounding
        assert sounding is not None
        if sounding.went(len(frame)):
            client.pace.version = self._tree.version
            if sounding.look(self._seconds()):
                self._ask(connection, sounding)

    def renew(
        self, client: Client, connection: Connection, format_: SchemaFormat
    ) -> bool:
        """Bring one that lags behind the State; return whether it had room for it."""
        sounding, pace, now = connection.sounding, client.pace, self._seconds()
        assert sounding is not None
        if not sounding.takes_whole(now):
            return False
        if pace.version == self._tree.version:
            sounding.caught_up()
            return True
        pace.version = self._tree.version
        connection.socket.deliver(self.again(client, format_))
        sounding.restarted(now)
        self._ask(connection, sounding)
        return True

    def again(self, client: Client, format_: SchemaFormat) -> bytes:
        """Return the sealed State for a client that holds an older one."""
        is_ours = client not in self._strangers
        near = self._guide.whole(client, format_, is_new=False)
        if self._differs:
            whole = format_.again(client.view, is_ours=is_ours)
            return seal(STATE + whole + near)
        key = format_, is_ours
        known = self._anew.get(key)
        if known is None:
            known = self._anew[key] = format_.again(None, is_ours=is_ours)
        return seal(STATE + known + near)

    def _ask(self, connection: Connection, sounding: Sounding) -> None:
        def echoed() -> None:
            # An answer to a socket that was replaced says nothing of the next one.
            if connection.closed is None and sounding.echoed(self._seconds()):
                self._ask(connection, sounding)

        connection.socket.probe(echoed)
