"""One recorded connection, and the socket that plays it."""

from __future__ import annotations

from typing import Final

from attrs import define

from nexus.wire.frame import Opcode
from tests.scenario.replay.judge import Judge
from tests.scenario.replay.mirror import Mirrors
from tests.support.replay import Closed, Gone, Line, Ping, Silence

__all__ = ["STATES", "Talk"]

#: What carries State.
STATES: Final = (Opcode.ROOM_STATE, Opcode.ROOM_STATE_PATCH)

#: How long we listen for what was not recorded, in seconds.
_AFTERWARDS: Final = 0.12


@define(eq=False)
class Talk:
    """What is said on one connection.

    Attributes:
        line: The socket.
        session: What the recording calls the session.
        patience: How long we wait for what was recorded, in seconds.
        mirrors: What is seen of the State; None: it does not matter, or there is none.
    """

    line: Line
    session: str
    patience: float
    judge: Judge
    mirrors: Mirrors | None = None

    def take(self, seconds: float | None = None) -> bytes | Closed:
        """Take the next frame; pings are answered.

        Raises:
            Silence: None came.
        """
        while True:
            taken = self.line.take(self.patience if seconds is None else seconds)
            if not isinstance(taken, Ping):
                return taken
            self.line.pong(taken.payload)

    def next(self, seconds: float | None = None) -> bytes | Closed | Silence:
        """Take what comes next and is no State."""
        while True:
            try:
                taken = self.take(seconds)
            except Silence as silence:
                return silence
            if isinstance(taken, Closed) or taken[0] not in STATES:
                return taken
            self._mirror(taken)

    def _mirror(self, frame: bytes) -> None:
        """Take what we send of the State."""
        if self.mirrors is not None:
            frame = self.judge.names.to_recorded(frame)
            self.mirrors.take(self.mirrors.ours, frame)

    def state(self, at: int, recorded: bytes) -> None:
        """Take what was recorded of the State, and wait until we show the same."""
        assert self.mirrors is not None, f"{at}: nobody knows what came before"
        self.mirrors.take(self.mirrors.recorded, recorded)
        if recorded[0] == Opcode.ROOM_STATE and not self._take_whole(at):
            return
        self.catch_up(at)

    def _take_whole(self, at: int) -> bool:
        """Take the whole State that is to come now; say whether it came."""
        try:
            taken: object = self.take()
        except Silence as silence:
            taken = silence
        if isinstance(taken, bytes) and taken[0] == Opcode.ROOM_STATE:
            self._mirror(taken)
            return True
        self.judge.note(f"{at}:state", f"no state, but {taken!r}")
        return False

    def catch_up(self, at: int | str) -> None:
        """Take patches until we show what was shown."""
        assert self.mirrors is not None
        while not self.mirrors.alike():
            try:
                taken = self.take()
            except Silence as silence:
                self.judge.note(f"{at}:state", f"{silence}: {self.mirrors.shown()}")
                return
            if isinstance(taken, Closed) or taken[0] not in STATES:
                self.line.put_back(taken)
                self.judge.note(f"{at}:state", f"{taken!r}: {self.mirrors.shown()}")
                return
            self._mirror(taken)

    def compare(self, at: int | str) -> None:
        """Check that we show now what was shown."""
        if self.mirrors is not None and not self.mirrors.alike():
            self.judge.note(f"{at}:state", self.mirrors.shown())

    def listen(self, at: str) -> None:
        """Take note of what comes and was not recorded."""
        while not isinstance(heard := self.next(_AFTERWARDS), Silence):
            self.judge.note(at, heard)
            if isinstance(heard, Closed):
                return
        if isinstance(heard, Gone):
            self.judge.note(at, heard)
        self.compare(at)

    def leave(self) -> None:
        """Leave the room in order, so that nobody else finds it."""
        try:
            self.line.send(b"\x0c")
            while not isinstance(self.take(_AFTERWARDS), Closed):
                pass
        except (OSError, Silence):
            pass  # it was closed before
        self.line.end()
