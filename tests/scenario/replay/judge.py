"""Compares what a Node of ours says with what was recorded, and keeps what differs."""

from __future__ import annotations

import json
from typing import Any, Final

from attrs import define, field

from nexus.wire.dialect import Dialect
from nexus.wire.frame import JoinRoom, encode_join, read_server
from tests.scenario.replay.likeness import (
    Names,
    dateless,
    describe,
    payload_of,
    respelled,
    undated,
)
from tests.support.replay import Answer, Closed

__all__ = ["Judge"]

#: Two of the three bytes that the original begins every map with.
_LONG_MAP: Final = b"\xde\x00"


@define(eq=False)
class Judge:
    """What one story showed so far.

    Attributes:
        dialect: The version of the protocol.
        found: By file and place in it: what we do otherwise.
        names: What is called otherwise in this run.
    """

    dialect: Dialect
    found: dict[str, dict[str, str]] = field(factory=dict, init=False)
    names: Names = field(factory=Names, init=False)
    _file: str = field(default="", init=False)

    def begin(self, file: str) -> None:
        """Go on with a file."""
        self._file = file
        self.found[file] = {}

    def note(self, at: int | str, ours: object) -> None:
        """Keep what we do otherwise at a place."""
        self.found[self._file][str(at)] = str(ours)

    def frame(self, at: int, recorded: bytes, ours: bytes) -> None:
        """Compare two frames that are neither State nor JOIN_ROOM."""
        dialect = self.dialect
        self.names.learn(payload_of(recorded, dialect), payload_of(ours, dialect))
        ours = self.names.to_recorded(ours)
        if undated(ours) == undated(recorded):
            return
        spelled = undated(respelled(recorded, dialect))
        if undated(ours) == spelled and _LONG_MAP in recorded:
            self.note("maps", "short")
        else:
            self.note(at, describe(ours, dialect))

    def join(self, at: int, recorded: bytes, ours: bytes) -> tuple[bytes, bytes]:
        """Compare two JOIN_ROOM but for the handshakes, and return these."""
        theirs = read_server(recorded, self.dialect)
        joined = read_server(ours, self.dialect)
        assert isinstance(theirs, JoinRoom)
        assert isinstance(joined, JoinRoom)
        self.names.bind(theirs.token, joined.token)
        wanted = encode_join(
            self.dialect, joined.token, theirs.serializer, joined.handshake
        )
        if wanted != ours or bool(theirs.handshake) is not bool(joined.handshake):
            self.note(at, describe(ours, self.dialect))
        return theirs.handshake, joined.handshake

    def closing(self, at: int, item: dict[str, Any], ours: object) -> None:
        """Compare how a socket was closed."""
        if ours != Closed(item["code"], item["reason"]):
            if isinstance(ours, bytes):
                ours = describe(ours, self.dialect)
            self.note(at, ours)

    def answer(self, at: int, item: dict[str, Any], answer: Answer) -> None:
        """Compare two answers over HTTP."""
        if answer.status != item["status"]:
            self.note(f"{at}:status", answer.status)
        for name, value in item["headers"].items():
            if name.startswith(("access-control", "content-type")):
                ours = answer.headers.get(name, "")
                if ours.lower().replace("; ", ";") != value.lower():
                    self.note(f"{at}:{name}", ours)
        document = answer.document
        if "json" not in item or document is None:
            if item.get("text") != (said := answer.body.decode()):
                self.note(f"{at}:body", said.strip())
            return
        self.names.learn(item["json"], document)
        document = json.loads(self.names.to_recorded(answer.body))
        if dateless(document) != dateless(item["json"]):
            self.note(f"{at}:body", json.dumps(document))
