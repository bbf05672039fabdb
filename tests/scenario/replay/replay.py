"""Plays the client's side of recordings, and waits for the server's."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

from attrs import define, field

from nexus.wire.frame import JoinRoom, Opcode, read_server
from tests.scenario.replay.judge import Judge
from tests.scenario.replay.mirror import Mirrors
from tests.scenario.replay.story import Guest, Story, frames_of
from tests.scenario.replay.talk import STATES, Talk
from tests.support.node import Decoder
from tests.support.replay import Call, Line, Ping

__all__ = ["Replay"]

#: How long a node may take to notice that a connection is gone, in seconds.
_NOTICE: Final = 0.05

_SESSION: Final = re.compile(r"[?&]sessionId=([^&]+)")
_UPGRADE: Final = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
}

_Item = dict[str, Any]


@define(eq=False)
class Replay:
    """One story, played against one Node.

    Attributes:
        story: What is played.
        address: Where the Node is.
        decoder: What shows the State.
        stop: Called where the recorded server was told to stop.
        read: Reads a recording.
        judge: What it showed.
    """

    story: Story
    address: tuple[str, int]
    decoder: Decoder
    stop: Callable[[], object]
    read: Callable[[str], list[_Item]] = frames_of
    judge: Judge = field(init=False)
    #: By the number of the connection in the file.
    _talks: dict[int, Talk] = field(factory=dict, init=False)
    _calls: dict[int, Call] = field(factory=dict, init=False)
    _pings: dict[int, bytes] = field(factory=dict, init=False)
    #: By recorded session, as it may come back.
    _mirrors: dict[str, Mirrors] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.judge = Judge(self.story.dialect)

    def play(self) -> None:
        """Play all files of the story, one after the other."""
        earlier: list[Talk] = []
        try:
            for guest in self.story.guests:
                self._enter(guest)
            for file in self.story.files:
                self.judge.begin(file)
                if file in self.story.cut_before:
                    self._cut(*self._talks)
                if file != self.story.files[0]:
                    earlier += self._talks.values()
                    self._talks = {}
                if self.story.stops:
                    self.stop()
                self._play(self.read(file))
        finally:
            for talk in (*earlier, *self._talks.values()):
                talk.leave()

    def _play(self, items: list[_Item]) -> None:
        for at, item in enumerate(items):
            act = self._ACTS.get((item["dir"], item["kind"]))
            if act is not None:
                act(self, at, item)
        # What comes beside the pings is heard where they are.
        if not self.story.beats:
            for conn, talk in self._talks.items():
                talk.listen(f"end:{conn}")

    def _open(self, conn: int, path: str, headers: dict[str, str]) -> int:
        """Open a connection at a path as it was recorded; return what was answered."""
        found = _SESSION.search(path)
        session = found[1] if found else ""
        path = self.judge.names.to_ours(self.story.prefix + path)
        line, status = Line.open(self.address, path, headers)
        self._talks[conn] = Talk(
            line, session, self.story.patience, self.judge, self._mirrors.get(session)
        )
        return status

    def _meet(self, talk: Talk, recorded: bytes, ours: bytes) -> bool:
        """Take the handshakes, and say whether they mean the same."""
        mirrors = Mirrors(self.decoder)
        talk.mirrors = self._mirrors[talk.session] = mirrors
        return mirrors.meet(recorded, ours)

    def _enter(self, guest: Guest) -> None:
        """Let somebody join before the recording begins, as it must have been."""
        call, names = Call(self.address), self.judge.names
        way = guest.way if guest.beside is None else f"joinById/{guest.beside}"
        path = names.to_ours(f"{self.story.prefix}/matchmake/{way}")
        body = json.dumps(guest.options).encode()
        call.send("POST", path, {"content-type": "application/json"}, body)
        seat = call.answer().document
        names.bind(guest.room, seat["roomId"])
        names.bind(guest.session, seat["sessionId"])
        room = f"/{seat['processId']}/{seat['roomId']}"
        self._open(guest.conn, f"{room}?sessionId={guest.session}", _UPGRADE)
        talk = self._talks[guest.conn]
        frame = talk.take()
        assert isinstance(frame, bytes), frame
        joined = read_server(frame, self.story.dialect)
        assert isinstance(joined, JoinRoom), joined
        names.bind(guest.token, joined.token)
        if guest.seed:
            handshake, *states = guest.recorded()
            assert self._meet(talk, handshake, joined.handshake)
            assert talk.mirrors is not None
            for each in states:
                talk.mirrors.take(talk.mirrors.recorded, each)
        talk.line.send(b"\x0a")
        if guest.seed:
            talk.catch_up("before")

    # What the recorded client did.

    def _request(self, at: int, item: _Item) -> None:
        names = self.judge.names
        body = json.dumps(item["json"]) if "json" in item else item["text"]
        headers = {k: v for k, v in item["headers"].items() if k != "connection"}
        call = self._calls[item["conn"]] = Call(self.address)
        path = names.to_ours(self.story.prefix + item["path"])
        call.send(item["method"], path, headers, names.to_ours(body).encode())

    def _upgrade(self, at: int, item: _Item) -> None:
        status = self._open(item["conn"], item["path"], item["headers"])
        if status != 101:
            self.judge.note(f"{at}:status", status)

    def _send(self, at: int, item: _Item) -> None:
        self._talks[item["conn"]].line.send(bytes.fromhex(item["hex"]))

    def _close(self, at: int, item: _Item) -> None:
        self._talks[item["conn"]].line.close(bytes.fromhex(item["hex"]))

    def _pong(self, at: int, item: _Item) -> None:
        if item["conn"] in self._pings:
            self._talks[item["conn"]].line.pong(self._pings.pop(item["conn"]))

    def _end(self, at: int, item: _Item) -> None:
        self._talks.pop(item["conn"]).line.end()

    def _lose(self, at: int, item: _Item) -> None:
        self._cut(item["conn"] if "conn" in item else item["json"]["conn"])

    def _cut(self, *conns: int) -> None:
        """Lose connections."""
        for conn in conns:
            self._talks.pop(conn).line.cut()
        time.sleep(_NOTICE)

    # What the recorded server did.

    def _answered(self, at: int, item: _Item) -> None:
        self.judge.answer(at, item, self._calls.pop(item["conn"]).answer())

    def _said(self, at: int, item: _Item) -> None:
        talk, recorded = self._talks[item["conn"]], bytes.fromhex(item["hex"])
        if recorded[0] in STATES:
            talk.state(at, recorded)
            return
        ours = talk.next()
        if not isinstance(ours, bytes):
            self.judge.note(at, ours)
        elif recorded[0] == ours[0] == Opcode.JOIN_ROOM:
            handshakes = self.judge.join(at, recorded, ours)
            if all(handshakes) and not self._meet(talk, *handshakes):
                self.judge.note(f"{at}:reflection", handshakes[1].hex())
        else:
            self.judge.frame(at, recorded, ours)
        talk.compare(at)

    def _closed(self, at: int, item: _Item) -> None:
        self.judge.closing(at, item, self._talks[item["conn"]].next())

    def _pinged(self, at: int, item: _Item) -> None:
        """Wait for a ping, but only where the recording is about that."""
        if not self.story.beats:
            return
        talk = self._talks[item["conn"]]
        while not isinstance(heard := talk.line.take(talk.patience), Ping):
            assert isinstance(heard, bytes), heard
            said = read_server(heard, self.story.dialect)
            self.judge.note("beside the pings", getattr(said, "type", said))
        self._pings[item["conn"]] = heard.payload
        if heard.payload.hex() != item["hex"]:
            self.judge.note("pings", f"{len(heard.payload)} bytes")

    _ACTS: ClassVar[dict[tuple[str, str], Callable[..., None]]] = {
        ("c>s", "http-request"): _request,
        ("s>c", "http-response"): _answered,
        ("c>s", "ws-upgrade"): _upgrade,
        ("c>s", "ws-binary"): _send,
        ("s>c", "ws-binary"): _said,
        ("c>s", "ws-close"): _close,
        ("s>c", "ws-close"): _closed,
        ("s>c", "ws-ping"): _pinged,
        ("c>s", "ws-pong"): _pong,
        ("c>s", "tcp-end"): _end,
        ("proxy", "tcp-cut"): _lose,
        ("sdk", "proxy-cut"): _lose,
    }
