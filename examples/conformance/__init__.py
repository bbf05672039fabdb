"""Rooms that show every behaviour that clients rely on; the tests play in them.

twistd -n nexus --app examples.conformance
"""

from __future__ import annotations

from examples.conformance.absence import Drop
from examples.conformance.entry import (
    Auth,
    Codes,
    CreateFails,
    Full,
    JoinFails,
    Kick,
    Lock,
    Private,
)
from examples.conformance.play import Bench, Echo
from examples.conformance.sight import Views
from examples.conformance.talk import Boom, Requests, WithPlugin
from examples.conformance.world import Mirror
from nexus import App, Limits, LobbyRoom, QueueRoom, RelayRoom

__all__ = ["app"]


class Pairs(QueueRoom):
    """Leads two at a time to the bench."""

    match_kind = "bench"
    max_players = 2


#: Crowds of a measurement come from one address, and all of a sudden.
_LIMITS = Limits(
    connections_per_address=10_000,
    joins_per_second=1_000,
    joins_burst=10_000,
    seats_per_address=10_000,
    clients_per_room=10_000,
    messages_per_second=200,
    messages_burst=1_000,
)

app = App(limits=_LIMITS)
app.define("echo", Echo)
app.define("bench", Bench, listed=True)
app.define("state", Mirror)
app.define("auth", Auth)
app.define("join-fails", JoinFails)
app.define("create-fails", CreateFails)
app.define("kick", Kick)
app.define("lock", Lock)
app.define("full", Full)
app.define("private", Private, listed=True)
app.define("views", Views)
app.define("drop", Drop)
app.define("lobby", LobbyRoom)
app.define("queue", Pairs)
app.define("relay", RelayRoom)
app.define("boom", Boom)
app.define("requests", Requests)
app.define("plugin", WithPlugin)
app.define("codes", Codes, codes=True)
