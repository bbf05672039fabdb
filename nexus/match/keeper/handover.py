"""Handover: why a Room goes on with another owner, and what if that one is too late."""

from __future__ import annotations

from typing import Final, Literal

from twisted.logger import Logger

from nexus.archive.port import Archive, Card, Status
from nexus.errors import Code, Refused
from nexus.store.port import StoreError

__all__ = ["LOOKS", "Overtaken", "Reason", "give_back", "reason_of"]

#: So often a card is looked at that is another one before anything comes of it.
LOOKS: Final = 3

Reason = Literal["sleep", "restart", "crash"]


class Overtaken(Refused):
    """A Room has changed since its card was looked at: that has to be done anew."""

    def __init__(self) -> None:
        super().__init__("the room is on its way: try again", Code.STOPPING)


def reason_of(card: Card) -> Reason:
    """Say why a Room goes on; an owner that stops in good order says so."""
    if card.status is Status.HIBERNATING:
        return "sleep"
    return "crash" if card.owner else "restart"


async def give_back(archive: Archive, card: Card, owner: str, log: Logger) -> None:
    """Let a Room that was claimed, and does not go on, be as its card says it was.

    One whose owner died stays ours: nobody can say any more that it did not.
    """
    if card.status is Status.ACTIVE and card.owner:
        return
    try:
        _ = await archive.put_back(card.room_id, card.epoch + 1, owner, card.status)
    except StoreError as error:
        log.error(
            "{room_id} does not go on before the next start, or before somebody"
            " asks for it: {why}",
            room_id=card.room_id,
            why=str(error),
            act="restore",
        )
