"""Verdicts: what became of one Client's commands, so that none is applied twice."""

from __future__ import annotations

from attrs import define, field, frozen

from nexus.wire.frame import Status

__all__ = ["Ident", "Verdict", "Verdicts"]

#: So many verdicts are remembered for a client, and so many bytes of them.
_MOST = 256
_MOST_BYTES = 65_536


class Ident(int):
    """The id of a command, where a request has its number."""


@frozen
class Verdict:
    """How a command ended.

    Attributes:
        status: Done, refused with a reason, or failed.
        payload: What belongs to that as msgpack; empty: nothing.
    """

    status: Status
    payload: bytes


@define(eq=False)
class Verdicts:
    """Remembers the latest commands of one Client; their ids count up."""

    #: The largest id that was taken.
    last: int = 0
    #: Those that are worked on, or not yet safe.
    _begun: set[int] = field(factory=set, init=False)
    #: What was told, by id, oldest first.
    _known: dict[int, Verdict] = field(factory=dict, init=False)
    _bytes: int = field(default=0, init=False)
    #: Those that are not told yet, for what they say is not safe.
    _unsafe: dict[int, Verdict] = field(factory=dict, init=False)

    def begin(self, ident: int) -> None:
        """Take note that a command is worked on."""
        ident = int(ident)
        self.last = max(self.last, ident)
        self._begun.add(ident)

    def decide(self, ident: int, verdict: Verdict) -> None:
        """Take note how a command ended, which is told when that is safe."""
        self._unsafe[int(ident)] = verdict

    def settle(self, ident: int, verdict: Verdict) -> None:
        """Remember how a command ended, and forget the oldest if they are many.

        The newest is always remembered. That one was forgotten is not worth a place.
        """
        ident = int(ident)
        is_forgotten = ident <= self.last and not self.knows(ident)
        self.last = max(self.last, ident)
        self._begun.discard(ident)
        self._unsafe.pop(ident, None)
        if not is_forgotten:
            self.remember(ident, verdict)

    def remember(self, ident: int, verdict: Verdict) -> None:
        """Take back how a command ended that was told in an earlier life."""
        before = self._known.pop(ident, None)
        self._known[ident] = verdict
        self._bytes += len(verdict.payload) - len(before.payload if before else b"")
        while len(self._known) > 1 and (
            len(self._known) > _MOST or self._bytes > _MOST_BYTES
        ):
            oldest = next(iter(self._known))
            self._bytes -= len(self._known.pop(oldest).payload)

    def all(self) -> list[tuple[int, Verdict]]:
        """Return those that are known, told or not, in the order of their telling."""
        return [*self._known.items(), *self._unsafe.items()]

    def knows(self, ident: int) -> bool:
        """Say whether a command is worked on, or its verdict is remembered."""
        return ident in self._known or ident in self._begun

    def find(self, ident: int) -> Verdict | None:
        """Return how a command ended; None: it is not told yet."""
        return self._known.get(ident)
