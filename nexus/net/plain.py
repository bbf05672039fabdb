"""How a connection becomes a socket that Autobahn need not read the request of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from autobahn.websocket.utf8validator import Utf8Validator
from twisted.internet.defer import Deferred

from nexus.net.handshake import HandshakeProtocol
from nexus.net.port import Arrival

__all__ = ["PlainProtocol"]


class PlainProtocol(HandshakeProtocol):
    """A connection that can be opened by what `nexus.net.upgrade` has read."""

    def __init__(self) -> None:
        """Set nothing: what Autobahn makes here is made when somebody asks for it.

        Its listeners to events nobody can be, and it names the transport once more when
        the connection is made.
        """

    @cached_property
    def is_closed(self) -> Deferred[Any]:  # type: ignore[explicit-override]  # as the next
        """Fires when the connection is closed."""
        return Deferred()

    @cached_property
    def is_open(self) -> Deferred[Any]:  # type: ignore[explicit-override]  # as the next
        """Fires when the connection is open."""
        return Deferred()

    @cached_property
    def utf8validator(self) -> Utf8Validator:  # type: ignore[override, explicit-override]  # Autobahn makes one at once
        """What checks texts: few peers ever send one."""
        return Utf8Validator()

    def open_plainly(
        self,
        transport: Any,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        answer: bytes,
        compress: Any,
    ) -> None:
        """Open, or refuse to, by a request that Autobahn needs not read.

        Args:
            transport: The connection; it speaks HTTP no more.
            path: As for `Arrival`.
            query: As for `Arrival`.
            headers: As for `Arrival`.
            answer: The whole response that lets the peer in.
            compress: What the response agrees to, as Autobahn has it; None: nothing.
        """
        transport.protocol = self
        self.transport, self.connected = transport, 1
        self.state = self.STATE_CONNECTING
        self.factory.countConnections += 1
        self._take_over()
        try:
            arrival = self._arrival_of(path, query, headers)
            self._enter(arrival)
            undecided = self.factory.check(arrival) if self.factory.check else None
        except Exception as error:  # noqa: BLE001 -- the peer has to be answered
            self._deny(self._denial(error))
            return
        if undecided is None:
            self._let_in(arrival, answer, compress)
            return
        self._is_deciding = True
        late: Any = self.factory.clock.callLater(
            self.factory.limits.handshake_timeout, self.onOpenHandshakeTimeout
        )
        self.openHandshakeTimeoutCall = late
        deciding = Deferred.fromCoroutine(self._decide(undecided))
        _ = deciding.addCallbacks(
            lambda _: self._let_in(arrival, answer, compress),
            lambda failure: self._deny(failure.value),
        )

    def _let_in(self, arrival: Arrival, answer: bytes, compress: Any) -> None:
        """Open, unless the peer is gone or it took too long."""
        self._is_deciding = False
        if self.state != self.STATE_CONNECTING:
            return
        late: Any = self.openHandshakeTimeoutCall
        if late is not None:
            late.cancel()
            self.openHandshakeTimeoutCall = None
        rest, self.data = self.data, b""
        self.state = self.STATE_OPEN
        self._perMessageCompress = compress
        # What the owner says first goes out with the response, at half the cost.
        said, now = [answer], self._now

        def hold(frame: bytes) -> bool:
            said.append(frame)
            return True

        self._now = hold
        try:
            self._begin(arrival)
        finally:
            self._now = now
            self.sendData(b"".join(said))
        self._open_outlet()
        if rest:
            self.dataReceived(rest)

    def _deny(self, denial: ConnectionDeny) -> None:
        """Refuse, as Autobahn does it."""
        self.failHandshake(denial.reason or "", denial.code)

    def _begin(self, arrival: Arrival) -> None:
        """Begin to be a socket."""
        raise NotImplementedError

    def _open_outlet(self) -> None:
        """Let frames go the short way, if there is one."""
        raise NotImplementedError
