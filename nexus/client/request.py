"""Requests: what was asked and not answered yet."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from nexus.client.error import RequestError
from nexus.wire.frame import Status
from nexus.wire.message import UNDEFINED

__all__ = ["Requests", "error_of"]


@define(eq=False)
class _Waiting:
    """Somebody who waits for an answer, and until when."""

    answer: Deferred[Any]
    end: IDelayedCall


@define(eq=False)
class Requests:
    """Who waits for which answer; nobody waits for ever."""

    _clock: IReactorTime
    _waiting: dict[int, _Waiting] = field(factory=dict, init=False)

    def wait(self, number: int, what: str | int, timeout: float) -> Deferred[Any]:
        """Return a Deferred that fires with the answer, or fails with RequestError."""
        answer: Deferred[Any] = Deferred(lambda _: self._cancelled(number))
        end = self._clock.callLater(timeout, self._late, number, what, timeout)
        self._waiting[number] = _Waiting(answer, end)
        return answer

    def answered(self, number: int, status: Status, body: Any) -> None:
        """Take an answer; one that nobody waits for any more is dropped."""
        waiting = self._forget(number)
        if waiting is None:
            return
        if status is Status.OK:
            waiting.answer.callback(body)
        else:
            waiting.answer.errback(error_of(status, body))

    def fail(self, reason: str) -> None:
        """Let all fail: no answer comes any more."""
        for number in tuple(self._waiting):
            waiting = self._forget(number)
            if waiting is not None:
                waiting.answer.errback(RequestError("closed", reason))

    def _cancelled(self, number: int) -> None:
        self._forget(number)

    def _late(self, number: int, what: str | int, timeout: float) -> None:
        waiting = self._waiting.pop(number)
        text = f"request {what!r} was not answered in {timeout:g} s"
        waiting.answer.errback(RequestError("timeout", text))

    def _forget(self, number: int) -> _Waiting | None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None and waiting.end.active():
            waiting.end.cancel()
        return waiting


def error_of(status: Status, body: Any) -> RequestError:
    """Return the error that an answer tells of.

    Args:
        status: How it was answered; not OK.
        body: The body of the answer.
    """
    if status is Status.REJECTED:
        reason = None if body is UNDEFINED else body
        return RequestError("rejected", "the request was rejected", reason=reason)
    said = body if isinstance(body, dict) else {}
    name, text, code = said.get("name"), said.get("message"), said.get("code")
    is_number = isinstance(code, int) and not isinstance(code, bool)
    return RequestError(
        name if isinstance(name, str) else "Error",
        text if isinstance(text, str) else "the request failed",
        code if is_number else None,
    )
