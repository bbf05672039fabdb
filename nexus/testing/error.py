"""What the test kit raises, beside what a client would see."""

from __future__ import annotations

from nexus.errors import NexusError

__all__ = ["NotJoined", "StillWaiting", "UnseenFailures"]


class NotJoined(NexusError):
    """A guest cannot do this: it is away, or has left, or was let go."""


class StillWaiting(AssertionError):
    """Something did not end, however much virtual time passed.

    What waits for a thread, a socket or a real clock waits for ever here.
    """


class UnseenFailures(AssertionError):
    """The code of a Room failed, and the test did not look at `Harness.failures`."""
