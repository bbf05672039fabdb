"""Mailbox: what a guest sent, numbered, until the Node says that it heard it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.wire.frame import encode_message
from nexus.wire.message import UNDEFINED, encode
from nexus.wire.ours import OURS

__all__ = ["Mailbox"]


class Mailbox:
    """Sends messages once and in order, over as many sockets as it takes.

    Args:
        say: Sends a frame; one that is said while the guest is away is lost.
    """

    def __init__(self, say: Callable[[bytes], None]) -> None:
        self._say = say
        self._last = 0
        self._waiting: dict[int, bytes] = {}
        #: Whether nothing goes out before the next acknowledgement.
        self._holds = False
        #: What the Node dropped, and why.
        self.refused: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, type_: str | int, payload: Any) -> None:
        """Send a message."""
        self._post([type_] if payload is UNDEFINED else [type_, payload])

    def send_bytes(self, type_: str | int, content: bytes) -> None:
        """Send raw bytes."""
        self._post([type_, bytes(content), True])

    def hold(self) -> None:
        """Wait for what the Node says on the next socket: only then it goes on."""
        self._holds = True

    def acknowledged(self, ident: int) -> None:
        """Forget what the Node heard; after a return, send the rest."""
        self._waiting = {
            id_: sent for id_, sent in self._waiting.items() if id_ > ident
        }
        self._last = max(self._last, ident)
        if self._holds:
            self._holds = False
            for sent in list(self._waiting.values()):
                self._say(sent)

    def refuse(self, ident: int, reason: str) -> None:
        """Take note of what the Node dropped."""
        if self._waiting.pop(ident, None) is not None:
            self.refused.append((ident, reason))

    def _post(self, parts: list[Any]) -> None:
        ident = self._last + 1
        sent = encode_message(f"{OURS}out", encode([ident, *parts]))
        self._last = ident
        self._waiting[ident] = sent
        if not self._holds:
            self._say(sent)
