"""The network that there is: sockets and HTTP calls by Twisted."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    FileBodyProducer,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse
from typing_extensions import override

from nexus.client.error import JoinError
from nexus.client.port import Answer, Listener, Socket
from nexus.client.socket import WebSocket
from nexus.errors import Close

__all__ = ["TwistedNetwork"]

_NO_REACTOR: Final = (
    "nexus.client lives in Twisted's reactor, not in asyncio:"
    " run it with twisted.internet.task.react"
)

#: How long the answer to a wish may be; it is some hundred bytes.
_MAX_ANSWER: Final = 65_536


@define(eq=False)
class TwistedNetwork:
    """Reaches Nodes through a reactor.

    Args:
        reactor: What connects and waits.
        size: The largest message that may come by a socket.
        timeout: How many seconds an HTTP call may take.
    """

    _reactor: Any
    _size: int
    _timeout: float
    _agent: Agent = field(init=False)

    @_agent.default
    def _make_agent(self) -> Agent:
        return Agent(self._reactor, connectTimeout=self._timeout)

    def open(self, url: str, headers: Mapping[str, str], listener: Listener) -> Socket:
        """Begin to open a socket."""
        socket = WebSocket(self._reactor, listener)
        socket.open(url, headers, self._size)
        return socket

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Make an HTTP call.

        Raises:
            JoinError: There is no answer.
        """
        call = _stoppable(Deferred.fromCoroutine(self._post(url, headers, body)))
        try:
            return await call.addTimeout(self._timeout, self._reactor)
        except (TookTooLong, TimeoutError):
            raise JoinError(Close.ABNORMAL, "the node does not answer") from None
        except (CancelledError, JoinError):
            raise
        except Exception as error:
            if isinstance(error, RuntimeError) and "got bad yield" in str(error):
                # It is what asyncio says of anything that it cannot wait for.
                _ = call.addErrback(lambda _: None)
                call.cancel()
                raise RuntimeError(_NO_REACTOR) from error
            # Connecting, resolving, sending and reading each fail in ways of their own.
            raise JoinError(Close.ABNORMAL, f"no node answers: {error}") from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        fields = Headers({name: [value] for name, value in headers.items()})
        fields.setRawHeaders("content-type", ["application/json"])
        fields.setRawHeaders("accept", ["application/json"])
        try:
            response = await self._agent.request(
                b"POST", url.encode("ascii"), fields, FileBodyProducer(BytesIO(body))
            )
        except (ResponseFailed, RequestTransmissionFailed) as error:
            words = ", ".join(reason.getErrorMessage() for reason in error.reasons)
            raise JoinError(Close.ABNORMAL, f"no node answers: {words}") from error
        return Answer(response.code, await _read(response))


def _stoppable(call: Deferred[Answer]) -> Deferred[Answer]:
    """Return what fires as a call does, but fails as cancelled when it is cancelled.

    What is told to stop fails with all sorts of errors, by what it was just doing.
    """
    is_stopped = False

    def stop(_: Deferred[Answer]) -> None:
        nonlocal is_stopped
        is_stopped = True
        call.cancel()

    def ended(result: Answer | Failure) -> None:
        if not is_stopped:
            outer.callback(result)

    outer: Deferred[Answer] = Deferred(stop)
    _ = call.addBoth(ended)
    return outer


def _read(response: IResponse) -> Deferred[bytes]:
    """Return the body, unless it is too long."""
    reader = _Reader()
    response.deliverBody(reader)
    return reader.done


class _Reader(Protocol):
    """Collects a body, up to a limit."""

    def __init__(self) -> None:
        self.done: Deferred[bytes] = Deferred(lambda _: self._stop())
        self._parts: list[bytes] = []
        self._size = 0

    @override
    def dataReceived(self, data: bytes) -> None:
        """Keep a part."""
        self._size += len(data)
        if self._size > _MAX_ANSWER:
            self._stop()
            self._fail(JoinError(Close.ERROR, "the answer is too long"))
        else:
            self._parts.append(data)

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Hand the body over."""
        if self.done.called:
            return
        if reason.check(ResponseDone):
            self.done.callback(b"".join(self._parts))
        else:
            self.done.errback(reason)

    def _stop(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()

    def _fail(self, error: Exception) -> None:
        if not self.done.called:
            self.done.errback(error)
