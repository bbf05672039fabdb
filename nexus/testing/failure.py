"""Failures: what the code of Rooms raised, kept until a test looks at it."""

from __future__ import annotations

from typing import cast

from attrs import field, frozen
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from typing_extensions import override
from zope.interface import implementer

from nexus.testing.error import UnseenFailures

__all__ = ["Failed", "Failures"]


@frozen
class Failed:
    """One error that the code of a Room, or of an app, raised.

    Attributes:
        error: What was raised.
        act: What the code did: the name of a hook, or `message` and its type.
        room_id: The Room; None where there is none yet.
        session_id: The client that it was about; None if it was about none.
        error_id: What clients were told instead; None if they were told nothing.
        text: The line of the log.
    """

    error: BaseException
    act: str
    room_id: str | None
    session_id: str | None
    error_id: str | None
    text: str = field(repr=False)

    @override
    def __str__(self) -> str:
        return f"{type(self.error).__name__}: {self.error} ({self.text})"


@implementer(ILogObserver)
class Failures:
    """Takes errors instead of the log, so that each of them is looked at."""

    def __init__(self) -> None:
        self._all: list[Failed] = []
        self._events: list[LogEvent] = []
        self._seen = 0

    def __call__(self, event: LogEvent) -> None:
        """Keep an error; whatever else is logged is passed on."""
        failure = event.get("log_failure")
        if failure is None:
            globalLogPublisher(event)
            return
        failure = cast(Failure, failure)
        assert failure.value is not None
        self._all.append(
            Failed(
                failure.value,
                event.get("act") or "subscriber",
                event.get("room_id"),
                event.get("session_id"),
                event.get("error_id"),
                formatEvent(event),
            )
        )
        self._events.append(event)

    def look(self) -> list[Failed]:
        """Return all errors; they have been looked at."""
        self._seen = len(self._all)
        return list(self._all)

    def find(self, text: str) -> BaseException | None:
        """Return the error that a client was told of as `internal error ...`."""
        for each in self._all:
            if each.error_id is not None and each.error_id in text:
                return each.error
        return None

    def forget_since(self, count: int) -> None:
        """Forget the errors that came after so many."""
        del self._all[count:], self._events[count:]

    def __len__(self) -> int:
        return len(self._all)

    @property
    def unseen(self) -> str:
        """What nobody looked at, for people to read; empty if there is nothing."""
        new = self._all[self._seen :]
        if not new:
            return ""
        lines = "\n".join(f"  {each}" for each in new)
        return (
            "the code of rooms failed; look at house.failures where that is meant to"
            f" be:\n{lines}\n\nThe first of them:\n"
            f"{cast(Failure, self._events[self._seen]['log_failure']).getTraceback()}"
        )

    def tell(self, error: BaseException) -> None:
        """Let an error that ends a test say what nobody looked at: it may be why.

        It becomes a note of the error, and is logged: trial shows no notes, but what
        is logged as a failure.
        """
        if self.unseen:
            error.add_note(self.unseen)
            for event in self._events[self._seen :]:
                globalLogPublisher(event)

    def check(self) -> None:
        """Complain of what nobody looked at.

        Raises:
            UnseenFailures: There is something.
        """
        text = self.unseen
        if text:
            raise UnseenFailures(text) from self._all[self._seen].error
