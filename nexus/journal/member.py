"""Members: what is kept of somebody who belongs to a Room."""

from __future__ import annotations

from typing import Any, Final

from attrs import define, field, frozen

from nexus.journal.record import (
    MEMBER_FIELDS,
    member_record,
    outbox_record,
    verdict_record,
)

__all__ = ["KeptMember", "KeptVerdict"]

#: So many verdicts are remembered for a member, and so many bytes of them.
_MOST_VERDICTS: Final = 256
_MOST_BYTES: Final = 1 << 16


@frozen
class KeptVerdict:
    """How a command ended, and the bytes that said so."""

    status: int
    answer: bytes


@define(eq=False)
class KeptMember:
    """What is kept of a member; the fields of `MEMBER_FIELDS` and what came of it.

    Attributes:
        session_id: Its session.
        options: What it came with.
        auth: What the Room's author made of that.
        serializer: The format in which it reads the State.
        address: Where it came from.
        roles: Its roles.
        secret: What its tokens are made with.
        counter: How many tokens were made.
        away: Whether it has no connection.
        last: The largest id of its commands.
        outdated: Whether it may know other classes than the State has.
        outbox: Up to which id it has the messages of its outbox.
        verdicts: By the id of a command, oldest first.
    """

    session_id: str
    options: Any = None
    auth: Any = None
    serializer: str | None = None
    address: str | None = None
    roles: list[str] | None = None
    secret: bytes | None = None
    counter: int | None = None
    away: bool | None = None
    last: int | None = None
    outdated: bool | None = None
    outbox: int = 0
    verdicts: dict[int, KeptVerdict] = field(factory=dict)
    _bytes: int = field(default=0, init=False)

    def remember(self, command: int, verdict: KeptVerdict) -> None:
        """Remember how a command ended, and forget the oldest if they are many.

        The newest is always remembered.
        """
        self.last = max(self.last or 0, command)
        old = self.verdicts.pop(command, None)
        self._bytes += len(verdict.answer) - (0 if old is None else len(old.answer))
        self.verdicts[command] = verdict
        while len(self.verdicts) > 1 and (
            len(self.verdicts) > _MOST_VERDICTS or self._bytes > _MOST_BYTES
        ):
            oldest = next(iter(self.verdicts))
            self._bytes -= len(self.verdicts.pop(oldest).answer)

    def records(self) -> bytes:
        """Return the records that make such a member."""
        fields = {name: getattr(self, name) for name in MEMBER_FIELDS}
        held = {name: each for name, each in fields.items() if each is not None}
        out = [member_record(self.session_id, held)]
        out += [
            verdict_record(self.session_id, command, each.status, each.answer)
            for command, each in self.verdicts.items()
        ]
        if self.outbox:
            out.append(outbox_record(self.session_id, self.outbox))
        return b"".join(out)
