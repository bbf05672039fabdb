"""The process of our Python client: `python -m tests.support.sdk_python`.

It is asked as `sdk.mjs` is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.internet.task import react
from twisted.python.failure import Failure
from typing_extensions import override

from tests.support.sdk_play import Play

__all__: list[str] = []

_REQUEST: Final = struct.Struct("<BII")
_ANSWER: Final = struct.Struct("<BI")
_SIZE: Final = struct.Struct("<I")


def _requests(batch: bytes) -> Iterator[tuple[int, int, bytes]]:
    offset = 0
    while offset < len(batch):
        verb, bot, size = _REQUEST.unpack_from(batch, offset)
        offset += _REQUEST.size
        yield verb, bot, batch[offset : offset + size]
        offset += size


class Control(Protocol):
    """Reads requests from stdin and answers to stdout."""

    def __init__(self, reactor: Any, done: Deferred[None]) -> None:
        self._play = Play(reactor)
        self._done = done
        self._pending = b""

    @override
    def dataReceived(self, data: bytes) -> None:
        """Begin all that is asked."""
        self._pending += data
        while len(self._pending) >= _SIZE.size:
            [size] = _SIZE.unpack_from(self._pending)
            end = _SIZE.size + size
            if len(self._pending) < end:
                return
            batch, self._pending = self._pending[_SIZE.size : end], self._pending[end:]
            Deferred.fromCoroutine(self._answer(batch))

    async def _answer(self, batch: bytes) -> None:
        """Answer a batch when all of it is done."""
        asked = [
            Deferred.fromCoroutine(self._play.answer(*each))
            for each in _requests(batch)
        ]
        parts = []
        for failed, text in await gatherResults(asked):
            body = text.encode()
            parts.append(_ANSWER.pack(failed, len(body)) + body)
        said = b"".join(parts)
        self.transport.write(_SIZE.pack(len(said)) + said)

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the process, as nobody asks any more."""
        if not self._done.called:
            self._done.callback(None)


async def _serve(reactor: Any) -> None:
    done: Deferred[None] = Deferred()
    StandardIO(Control(reactor, done), reactor=reactor)
    await done


if __name__ == "__main__":
    react(lambda reactor: Deferred.fromCoroutine(_serve(reactor)))
