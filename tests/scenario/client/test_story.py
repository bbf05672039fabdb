"""The stories of the official SDKs, played by our clients and in browsers.

A class is made for each pair of a story and a client that may play it.
"""

from __future__ import annotations

from typing import Final

from tests.scenario.sdk.story import Story, casts
from tests.scenario.sdk.test_builtin import Lobbies, Queues, Relays
from tests.scenario.sdk.test_end import Ends
from tests.scenario.sdk.test_entry import (
    Entries,
    LocalClasses,
    Refusals,
    Reservations,
)
from tests.scenario.sdk.test_message import Messages, Pings, RawFrames, Requests
from tests.scenario.sdk.test_mirror import Mirrors, Views
from tests.scenario.sdk.test_return import AutomaticReturns, Leavers, Returns
from tests.support.sdk import CLIENTS, PACKAGES

_STORIES: Final[tuple[type[Story], ...]] = (
    Entries,
    LocalClasses,
    Reservations,
    Refusals,
    Messages,
    RawFrames,
    Pings,
    Requests,
    Mirrors,
    Views,
    Leavers,
    Returns,
    AutomaticReturns,
    Lobbies,
    Queues,
    Relays,
    Ends,
)

#: Stories that a client does not play, each with the reason.
_EXCEPTIONS: Final[dict[tuple[type[Story], str], str]] = {
    (LocalClasses, "18-browser"): "the bundle keeps to itself what classes are made of",
    (LocalClasses, "nexus"): "its State has no classes",
    (LocalClasses, "nexus-browser"): "its State has no classes",
    (LocalClasses, "python"): "its State has no classes",
    (RawFrames, "python"): "it sends no Frame that it did not write itself",
    (Pings, "python"): "it pings by itself",
}


# The official SDKs in Node.js play where the stories are told.
for _client in CLIENTS:
    if _client not in PACKAGES:
        _played = [each for each in _STORIES if (each, _client) not in _EXCEPTIONS]
        globals().update(casts(__name__, _played, [_client]))
