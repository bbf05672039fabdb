"""What has to be so before a recording begins, by file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from nexus.wire.dialect import CURRENT, DIALECTS, Dialect
from nexus.wire.frame import JoinRoom, read_server
from tests import ROOT
from tests.support.replay import PATIENCE

__all__ = ["NOT_REPLAYED", "RECORDINGS", "STORIES", "Guest", "Story", "frames_of"]

RECORDINGS: Final = ROOT / "tests" / "vectors" / "colyseus"

#: A recording of somebody who joins the demo alone, and the session there.
_DEMO: Final = "join-or-create.json"
_DEMO_SESSION: Final = "76NdseN8Y"


@frozen
class Guest:
    """Somebody who was in a room when a recording began.

    Attributes:
        conn: The number that the recording gives to the connection.
        session: What the recording calls its session; so `room` and `token`.
        way: How it came in.
        beside: The recorded id of a room to join instead.
        seed: A recording from which it is known which State it has; empty: it does not
            matter.
        seen: Whose session stands in that State.
        then: What it was told after that, in hex.
    """

    conn: int
    session: str = field()
    room: str = field()
    token: str = "<token>"
    way: str = "create/demo"
    options: Mapping[str, Any] = field(factory=lambda: {"name": "ann"})
    beside: str | None = None
    seed: str = ""
    seen: str = ""
    then: tuple[str, ...] = ()

    @session.default
    def _any_session(self) -> str:
        return f"<session-{self.conn}>"

    @room.default
    def _any_room(self) -> str:
        return f"<room-{self.conn}>"

    def recorded(self) -> list[bytes]:
        """Return the handshake and the States that it was told before."""
        sent = [
            bytes.fromhex(item["hex"])
            for item in frames_of(self.seed)
            if item["dir"] == "s>c" and item["kind"] == "ws-binary"
        ]
        joined = read_server(sent[0], CURRENT)
        assert isinstance(joined, JoinRoom)
        state = sent[1].replace(
            _DEMO_SESSION.encode(), (self.seen or self.session).encode()
        )
        return [joined.handshake, state, *map(bytes.fromhex, self.then)]


@frozen
class Story:
    """Recordings that are played one after the other against one Node.

    Attributes:
        files: Their names.
        guests: Who is there before, in order.
        app: The module with the rooms.
        version: The word for the SDK's version in the path; empty: none.
        cut_before: Before which files all connections are lost.
        stops: Whether the Node is told to stop at the beginning.
        beats: Whether the recording is about pings.
        patience: How long we wait for what was recorded, in seconds.
        leaves: Whether it leaves something in the Node that other stories would meet.
    """

    files: tuple[str, ...]
    guests: tuple[Guest, ...] = ()
    app: str = "rooms"
    version: str = ""
    cut_before: tuple[str, ...] = ()
    stops: bool = False
    beats: bool = False
    leaves: bool = False
    patience: float = PATIENCE

    @property
    def alone(self) -> bool:
        """Whether it wants a Node of its own."""
        return self.stops or self.beats or self.leaves

    @property
    def prefix(self) -> str:
        """What stands before every path."""
        return f"/v{self.version}" if self.version else ""

    @property
    def dialect(self) -> Dialect:
        """The version that the recorded client speaks."""
        return DIALECTS[self.version] if self.version else CURRENT


def frames_of(file: str) -> list[dict[str, Any]]:
    """Return what was recorded, in order."""
    text = (RECORDINGS / file).read_text("utf-8")
    frames: list[dict[str, Any]] = json.loads(text)["frames"]
    return frames


def _demo(conn: int = 2, session: str = _DEMO_SESSION, **said: Any) -> Guest:
    """Return somebody who is in a demo and has its State."""
    return Guest(conn, session, seed=_DEMO, **said)


#: The second of two in a demo: its own entry came on top of what the first one saw.
_SECOND: Final = Guest(
    4,
    session="<second>!",
    beside="mEOwAnl3D",
    options={"name": "bob"},
    seed=_DEMO,
    seen="ICW_4YTgU",
    then=(
        "0fff028001a9"
        + b"<second>!".hex()
        + "09ff0980a3626f62816482018 30aff0a80000000008100000000".replace(" ", ""),
    ),
)

STORIES: Final = (
    Story(("auth-token.json",)),
    Story(
        ("devmode-unknown-message.json",),
        (_demo(4, options={"name": "ann", "tolerant": True}),),
    ),
    Story(
        (
            "drop-auto-reconnect.json",
            "manual-reconnect.json",
            "error-reconnect-used-token.json",
        ),
        (_demo(session="yYa0sB6a-", room="Sq2Mu6AG5", token="yoa6dLSvn"),),
        cut_before=("manual-reconnect.json",),
    ),
    Story(
        ("drop-reconnect-refused.json",),
        (
            Guest(
                2,
                session="ICW_4YTgU",
                room="mEOwAnl3D",
                token="a76VcMrlP",
                options={"name": "ann", "forgets": True},
            ),
            _SECOND,
        ),
    ),
    Story(("error-invalid-room-id.json",)),
    Story(("error-join-none.json",)),
    Story(("error-no-handler.json",)),
    Story(("error-onauth-false.json",)),
    Story(("error-onauth-throws.json",)),
    Story(("error-oncreate.json",)),
    Story(("error-onjoin-plain.json",)),
    Story(("error-onjoin-servererror.json",)),
    Story(("error-reconnect-bad-token.json",), (Guest(0, room="f-HJ3cu4-"),)),
    Story(("error-reconnect-unknown-room.json",)),
    Story(
        ("error-room-locked.json",),
        (Guest(0, room="_MpFM_ZYy", options={"alone": True}),),
    ),
    Story(("error-static-onauth.json",)),
    Story(
        ("heartbeat.json",),
        (Guest(2, way="create/nostate"), Guest(4, way="create/nostate")),
        beats=True,
    ),
    Story(("http-custom-route.json",)),
    Story(("http-raw.json",), leaves=True),
    Story(("join-or-create.json",)),
    Story(("join-with-onjoin-message.json",)),
    Story(("kick-default.json",), (_demo(),)),
    Story(("kick.json",), (_demo(),)),
    Story(("latency-probe-idle.json",)),
    Story(("latency-probe.json",)),
    Story(("leave-consented.json",), (_demo(),)),
    Story(("leave-unconsented.json",), (_demo(),)),
    Story(("lobby.json",), leaves=True, patience=1.0),
    Story(("messages.json",), (_demo(),)),
    Story(("no-state-room.json",)),
    Story(("older-0.16.json",), app="older", version="16"),
    Story(("older-0.17.json",), app="older", version="17"),
    Story(("queue.json",), leaves=True),
    Story(("rate-limit.json",), (Guest(2, way="create/counted"),), app="strict"),
    Story(
        ("relay.json",),
        (
            Guest(2, session="Z9s0cPhMD", room="<relay>", way="create/relay"),
            Guest(4, beside="<relay>"),
        ),
    ),
    Story(("request-response.json",), (_demo(),)),
    Story(("room-disconnect.json",), (_demo(),)),
    Story(("server-shutdown.json",), (Guest(2), Guest(4)), stops=True),
    Story(("state-patches.json",), (_demo(),)),
    Story(("unknown-message.json",), (_demo(),)),
    Story(("view-room.json",)),
    Story(("ws-bad-reconnection-token.json",), (Guest(0, room="ElTdktFNP"),)),
    Story(("ws-no-seat.json",), (Guest(0, room="ElTdktFNP"),)),
    Story(("ws-unknown-room.json",)),
)

_INPUTS: Final = "rooms with inputs are not part of the protocol that we speak"
_PLAYGROUND: Final = "the playground is a tool that Nexus does not have yet"

#: Recordings of what Nexus does not have, and why.
NOT_REPLAYED: Final = {
    "devmode-restart.json": "restarts with rooms that are kept come with their storage",
    "http-auth.json": "accounts over HTTP come with the accounts",
    "http-monitor.json": "the monitor is a tool that Nexus does not have yet",
    "http-playground.json": _PLAYGROUND,
    "input-room.json": _INPUTS,
    "join-with-root-schema.json": _INPUTS,
    "playground-join.json": _PLAYGROUND,
}
