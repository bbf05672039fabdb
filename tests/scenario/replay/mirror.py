"""What the real decoder makes of a recording, and of what we send."""

from __future__ import annotations

from itertools import count
from typing import Any

from attrs import field, frozen

from nexus.wire.frame import Opcode
from tests.scenario.replay.likeness import meta_reflection, types_of
from tests.support.node import Decoder

__all__ = ["Mirrors"]

_numbers = count(1)


@frozen
class Mirrors:
    """Two sessions of the real decoder: of what was recorded, and of what we send."""

    decoder: Decoder
    recorded: int = field(factory=lambda: next(_numbers))
    ours: int = field(factory=lambda: next(_numbers))

    def meet(self, recorded: bytes, ours: bytes) -> bool:
        """Take the handshakes, and say whether they mean the same."""
        shown = []
        for session, handshake in ((self.recorded, recorded), (self.ours, ours)):
            self.decoder.handshake(session, meta_reflection())
            self.decoder.decode(session, handshake)
            shown.append(types_of(self.decoder.dump(session)))
            self.decoder.handshake(session, handshake)
        return bool(shown[0] == shown[1])

    def take(self, session: int, frame: bytes) -> None:
        """Apply a frame of State to one of the two."""
        if frame[0] == Opcode.ROOM_STATE:
            self.decoder.resync(session, frame[1:])
        else:
            self.decoder.decode(session, frame[1:])

    def shown(self) -> Any:
        """Return what we show."""
        return self.decoder.dump(self.ours)

    def alike(self) -> bool:
        """Say whether both show the same."""
        return bool(self.decoder.dump(self.recorded) == self.decoder.dump(self.ours))
