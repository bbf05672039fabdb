"""The clients that bots play with, and what a process that plays with one is asked."""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Any, Final

from attrs import frozen
from typing_extensions import override

from tests import ROOT
from tests.support.browser import missing_browser
from tests.support.part import find_missing, insist

__all__ = ["CLIENTS", "OURS", "PACKAGES", "SdkError", "SdkVerb", "missing"]

#: For each SDK its package and the versions of it and of the schema that it reads.
PACKAGES: Final = {
    "16": ("colyseus.js", "0.16.22", "3.0.76"),
    "17": ("@colyseus/sdk", "0.17.43", "4.0.31"),
    "18": ("@colyseus/sdk", "0.18.4", "5.0.34"),
}

#: Our own clients: in JavaScript in Node.js and in a browser, and in Python.
OURS: Final = ("nexus", "nexus-browser", "python")

#: All that bots play with: the official SDKs, the newest of them also in a browser, and
#: our own.
CLIENTS: Final = (*PACKAGES, "18-browser", *OURS)


@unique
class SdkVerb(IntEnum):
    """What is asked of the process; `sdk.mjs` says what each takes and answers."""

    JOIN = 0
    CONSUME = 1
    SEND = 2
    BYTES = 3
    REQUEST = 4
    LEAVE = 5
    DROP = 6
    STATE = 7
    WAIT = 8
    EVENTS = 9
    TUNE = 10
    PING = 11
    FACTS = 12
    LATENCY = 13
    RAW = 14
    ECHO = 15
    COMPLAINTS = 16
    FAIL = 17
    FORGET = 18
    CONDITION = 19


@frozen
class SdkError(Exception):
    """The SDK rejected or threw, or was not done in time (`Timeout`).

    Attributes:
        name: The name of the error in JavaScript.
        message: What it says.
        code: Its code, None if it has none.
        reason: What the server rejected a request with; the last events of a bot that
            waited in vain.
    """

    name: str
    message: str
    code: Any = None
    reason: Any = None

    @override
    def __str__(self) -> str:
        """Say all that is known."""
        return f"{self.name} {self.code}: {self.message} ({self.reason!r})"


def missing(client: str = "18") -> str | None:
    """Tell what keeps a client from running here, None if nothing does.

    Raises:
        RuntimeError: Something is missing although this is a CI run, which must not
            pass for having skipped its tests.
    """
    return insist(_find_missing(client))


def _find_missing(client: str) -> str | None:
    if client == "python":
        return None
    if reason := find_missing(*(f"sdk{version}" for version in PACKAGES)):
        return reason
    if client == "nexus" and not (ROOT / "clients/js/node_modules").is_dir():
        return "our client lacks the SDK: run npm ci in clients/js/"
    built = ROOT / "nexus/page/client/nexus.mjs"
    if client == "nexus-browser" and not built.is_file():
        return "our client is not built: run sh scripts/setup.sh test"
    return missing_browser() if client.endswith("-browser") else None
