"""Commands: messages that are applied whole or not at all, and then are kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from nexus.errors import Code, Refused
from nexus.room.client import Client
from nexus.room.message.answer import Answers
from nexus.room.message.message import Listener
from nexus.room.message.verdict import Ident, Verdict
from nexus.wire.frame import Status

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection
    from nexus.room.keeping.durability import Durability

__all__ = ["Commands"]


class _Unsayable(Exception):  # nothing is wrong but the answer
    """What a listener returned cannot be sent, so what it did is taken back."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


class Commands:
    """Applies the commands of one Room that is kept.

    Args:
        actor: The Room.
        answers: Who tells clients what became of them.
    """

    def __init__(self, actor: RoomActor, answers: Answers) -> None:
        self._actor = actor
        self._answers = answers

    def durability(self, listener: Listener) -> Durability:
        """Return what survives of what a listener does."""
        if self._actor.journal is None:
            return "memory"
        return listener.durability or self._actor.room.durability

    def run(
        self,
        calls: Sequence[tuple[Listener, tuple[Any, ...]]],
        client: Client,
        connection: Connection,
        payload: bytes,
        number: int | None,
    ) -> None:
        """Apply a command; it is answered when it is as safe as it is to be.

        Args:
            calls: Who listens, and what with; the first answers.
            client: Whose command it is.
            connection: Where it came from.
            payload: Its body, as it came.
            number: What it is answered by; None: it is no request.
        """
        actor, listener = self._actor, calls[0][0]
        journal = actor.journal
        assert journal is not None
        is_confirmed = self.durability(listener) == "confirmed"
        if is_confirmed and journal.refuses is not None:
            refusal = Failure(Refused(journal.refuses, Code.STOPPING))
            self._answers.failed(listener, client, connection, number, refusal)
            return
        if isinstance(number, Ident):
            client.verdicts.begin(number)
        actor.turns.begin()
        try:
            verdict = self._apply(calls, client)
            code, text = 0, ""
        except _Unsayable as error:
            verdict, code, text = error.verdict, int(Code.APPLICATION), "internal error"
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            verdict, code, text = self._answers.undone(listener, client, Failure())
        finally:
            actor.turns.end()
        if isinstance(number, Ident):
            client.verdicts.decide(number, verdict)
        journal.command(client, listener.type, payload, number, verdict)

        def tell() -> None:
            if number is not None:
                self._answers.deliver(connection, number, verdict)
            elif verdict.status is not Status.OK:
                connection.fail(code, text)

        if is_confirmed:
            journal.when_saved(tell)
        else:
            tell()

    def _apply(
        self, calls: Sequence[tuple[Listener, tuple[Any, ...]]], client: Client
    ) -> Verdict:
        """Call all who listen, in one stretch that is taken back if one raises."""
        tree, verdict = self._actor.tree, None
        with nullcontext() if tree is None else tree.atomic():
            for listener, arguments in calls:
                result = listener.call(*arguments)
                if isawaitable(result):
                    _discard(result)
                    raise TypeError(
                        f'what listens for "{listener.type}" returned something to'
                        " wait for; a command is plain code: declare"
                        ' durability="memory" for one that waits'
                    )
                if verdict is None:
                    verdict = self._answers.done(client, result)
                    if verdict.status is not Status.OK:
                        raise _Unsayable(verdict)
        assert verdict is not None
        return verdict


def _discard(result: Any) -> None:
    """Let nothing go on that was to be waited for, and nobody complain of that."""
    if isinstance(result, Deferred):
        _ = result.addErrback(lambda _: None)
        result.cancel()
    close = getattr(result, "close", None)
    if close is not None:
        close()
