"""Requests: what was asked and not answered yet."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from nexus.client.error import RequestError
from nexus.wire.frame import Status
from nexus.wire.message import UNDEFINED

__all__ = ["Requests", "error_of"]

_Key = TypeVar("_Key", bound=Hashable)


@define(eq=False)
class _Waiting:
    """Somebody who waits for an answer, and until when; None: for ever."""

    answer: Deferred[Any]
    end: IDelayedCall | None


@define(eq=False)
class Requests(Generic[_Key]):
    """Who waits for which answer.

    Args:
        clock: What the time is told by.
        noun: What errors call what was asked.
    """

    _clock: IReactorTime
    _noun: str = "request"
    _waiting: dict[_Key, _Waiting] = field(factory=dict, init=False)

    def wait(self, key: _Key, what: str | int, timeout: float | None) -> Deferred[Any]:
        """Return a Deferred that fires with the answer, or fails with RequestError.

        Args:
            key: What the answer will name.
            what: The type of what was asked.
            timeout: In seconds; None: it waits until all fail.
        """
        answer: Deferred[Any] = Deferred(lambda _: self._cancelled(key))
        end = None
        if timeout is not None:
            end = self._clock.callLater(timeout, self._late, key, what, timeout)
        self._waiting[key] = _Waiting(answer, end)
        return answer

    def answered(self, key: _Key, status: Status, body: Any) -> None:
        """Take an answer; one that nobody waits for any more is dropped."""
        waiting = self._forget(key)
        if waiting is None:
            return
        if status is Status.OK:
            waiting.answer.callback(body)
        else:
            waiting.answer.errback(error_of(status, body, self._noun))

    def fail(self, reason: str) -> None:
        """Let all fail: no answer comes any more."""
        for key in tuple(self._waiting):
            waiting = self._forget(key)
            if waiting is not None:
                waiting.answer.errback(RequestError("closed", reason))

    def _cancelled(self, key: _Key) -> None:
        self._forget(key)

    def _late(self, key: _Key, what: str | int, timeout: float) -> None:
        waiting = self._waiting.pop(key)
        text = f"{self._noun} {what!r} was not answered in {timeout:g} s"
        waiting.answer.errback(RequestError("timeout", text))

    def _forget(self, key: _Key) -> _Waiting | None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None and waiting.end is not None and waiting.end.active():
            waiting.end.cancel()
        return waiting


def error_of(status: Status, body: Any, noun: str = "request") -> RequestError:
    """Return the error that an answer tells of.

    Args:
        status: How it was answered; not OK.
        body: The body of the answer.
        noun: What it calls what was asked.
    """
    if status is Status.REJECTED:
        reason = None if body is UNDEFINED else body
        return RequestError("rejected", f"the {noun} was rejected", reason=reason)
    said = body if isinstance(body, dict) else {}
    name, text, code = said.get("name"), said.get("message"), said.get("code")
    is_number = isinstance(code, int) and not isinstance(code, bool)
    return RequestError(
        name if isinstance(name, str) else "Error",
        text if isinstance(text, str) else f"the {noun} failed",
        code if is_number else None,
    )
