"""The official SDKs, and what a process that plays with one is asked."""

from __future__ import annotations

import os
import shutil
from enum import IntEnum, unique
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from typing_extensions import override

__all__ = ["PACKAGES", "SdkError", "SdkVerb", "missing", "packages"]

#: For each SDK its package and the versions of it and of the schema that it reads.
PACKAGES: Final = {
    "16": ("colyseus.js", "0.16.22", "3.0.76"),
    "17": ("@colyseus/sdk", "0.17.43", "4.0.31"),
    "18": ("@colyseus/sdk", "0.18.4", "5.0.34"),
}


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


def packages() -> Path:
    """Return the folder that the npm packages of the tests are in."""
    told = os.environ.get("NEXUS_NODE_MODULES")
    return Path(told) if told else Path(__file__).parents[1] / "node_modules"


def missing() -> str | None:
    """Tell what keeps the SDKs from running here, None if nothing does.

    Raises:
        RuntimeError: Something is missing although this is a CI run, which must not
            pass for having skipped its tests.
    """
    reason = None
    if shutil.which("node") is None:
        reason = "node is not installed"
    for version in PACKAGES:
        if not (packages() / f"sdk{version}").is_dir():
            reason = f"sdk{version} is not installed: run npm ci in tests/"
    if reason is not None and os.environ.get("CI"):
        raise RuntimeError(reason)
    return reason
