"""Founding: new Rooms are put into an archive, where there is place for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field
from twisted.logger import Logger

from nexus.archive.port import Archive, Card, Status
from nexus.errors import Code, Refused
from nexus.journal.entry import Stored
from nexus.match.registry import Registry
from nexus.room import RoomActor, Surroundings
from nexus.store.port import Conflict, StoreError

__all__ = ["Founding"]

#: So often a code is drawn for a Room, as one that sleeps may have it: with as many
#: Rooms as there may be codes at once, it is in vain once in ten million times.
_CODES: Final = 16

#: A Room with one of these takes a place, and keeps its code.
_THERE: Final = (Status.ACTIVE, Status.HIBERNATING, Status.QUARANTINED)


@define(eq=False)
class Founding:
    """Puts new Rooms into an archive.

    Args:
        archive: The archive.
        registry: What gives codes.
        around: Says how many Rooms there may be.
        owner: What this Node is called.
        card_of: Returns what the archive is told of a Room.
        log: Told why a Room cannot be kept.
    """

    _archive: Archive
    _registry: Registry
    _around: Surroundings
    _owner: str
    _card_of: Callable[[RoomActor], Card]
    _log: Logger
    #: How many Rooms there were when they were counted last, and were made since.
    _count: int = field(default=0, init=False)
    #: Whether the log has it that there are too many.
    _is_full: bool = field(default=False, init=False)

    def counted(self, stored: Mapping[str, int]) -> None:
        """Take note of how many Rooms are stored, by status."""
        self._count = sum(stored.get(each.value, 0) for each in _THERE)
        if self._count < self._around.limits.stored_rooms:
            self._is_full = False

    async def found(self, actor: RoomActor, stored: Stored) -> int:
        """Keep a new Room; returns the epoch.

        Raises:
            Refused: It cannot be kept now.
        """
        self._check_place()
        self._count += 1
        try:
            return await self._created(actor, stored)
        except StoreError as error:
            self._count -= 1
            self._log.error(
                "{room_id} cannot be kept: {why}",
                room_id=actor.room_id,
                why=str(error),
                act="create",
            )
            raise Refused("the room cannot be kept now", Code.STOPPING) from error
        except BaseException:
            self._count -= 1
            raise

    def _check_place(self) -> None:
        most = self._around.limits.stored_rooms
        if self._count < most:
            return
        self._around.meters.beyond.labels("stored_rooms").inc()
        if not self._is_full:
            self._is_full = True
            self._log.warn(
                "no other room is kept: there are {most}, with those that sleep;"
                " LIMITS=stored_rooms=... allows more, and fewer hours in"
                " ROOM_ABANDON_HOURS make place",
                most=most,
                act="create",
            )
        raise Refused("there is no place to keep another room", Code.LIMIT)

    async def _created(self, actor: RoomActor, stored: Stored) -> int:
        for _ in range(_CODES):
            try:
                return await self._archive.create(
                    self._card_of(actor), stored, self._owner
                )
            except Conflict:
                # A Room that sleeps has this code, or this id or key.
                if actor.code is None or not await self._archive.find(actor.code):
                    raise
                self._registry.recode(actor)
        self._log.warn(
            "{count} room codes in a row are those of rooms that sleep: they are"
            " running out; LIMITS=stored_rooms=... keeps fewer rooms",
            count=_CODES,
            act="create",
        )
        raise Refused("no room code is free: try again", Code.LIMIT)
