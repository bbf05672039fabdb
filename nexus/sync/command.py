"""Commands: what a client asked for and its Node has not answered yet."""

from __future__ import annotations

from typing import Any, Final

from attrs import define, field
from typing_extensions import override

from nexus.sync.backlog import Backlog

__all__ = ["Command", "Commands"]

#: So many may wait for their Verdicts, of so many bytes.
_MOST: Final = 256
_MOST_BYTES: Final = 1 << 20

#: What waited goes no faster than this: half the pace of an Outbox, which goes as well.
_COMMANDS_PER_SECOND: Final = 25
_BYTES_PER_SECOND: Final = 65_536


@define(eq=False)
class Command:
    """One Command that waits for its Verdict.

    Attributes:
        body: What its owner keeps of it; nobody looks at it here.
        size: For how many bytes it counts.
        id: Its number, which it keeps; they count up from 1 for each seat. It is 0
            until it is handed out.
    """

    body: Any
    size: int
    id: int = field(default=0, init=False)


class Commands(Backlog[Command]):
    """Commands in order, until they are answered."""

    def __init__(self) -> None:
        super().__init__(_MOST, _MOST_BYTES, _COMMANDS_PER_SECOND, _BYTES_PER_SECOND)
        #: The newest number.
        self._last = 0

    def add(self, body: Any, size: int) -> Command | None:
        """Take one in, and return it; None: there is no room for it."""
        if not self._has_room(size):
            return None
        command = Command(body, size)
        self._put(command)
        return command

    def count(self, id_: int) -> None:
        """Go on behind the newest number that the Node took of this seat.

        It may be one of the client with whose token this one came.
        """
        self._last = max(self._last, id_)

    @override
    def take(self, now: float) -> list[Command]:
        """Return those that are to go now; each has its number from then on."""
        taken = super().take(now)
        for command in taken:
            if not command.id:
                self._last = command.id = self._last + 1
        return taken

    def answer(self, id_: int) -> Command | None:
        """Forget what was answered, and return it, if anybody waits for it."""
        for command in (*self._sent, *self._waiting):
            # What has no number yet cannot be meant.
            if command.id == id_ != 0:
                self.forget(command)
                return command
        return None

    def forget(self, command: Command) -> None:
        """Forget one, if it is here."""
        self._remove(command)
