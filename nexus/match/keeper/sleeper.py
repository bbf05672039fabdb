"""Sleepers: finds Rooms that sleep, and looks who may come in, without waking them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from attrs import define, field
from twisted.logger import Logger

from nexus.archive.port import Archive, Card, Found
from nexus.archive.thread import InThread
from nexus.errors import Code, PeerError, Refused
from nexus.journal.record import GoneRecord, MemberRecord, read_records
from nexus.match.catalog import Kind
from nexus.match.code import read_code
from nexus.match.keeper.key import key_text
from nexus.match.registry import Registry
from nexus.room.seat.token import lets_back
from nexus.store.port import Damaged, StoreError

__all__ = ["LONG", "Sleepers"]

#: From so many bytes on, what is kept of a Room is read in a thread.
LONG: Final = 1 << 15

#: Of so many Rooms that sleep, and so many members of each, it is remembered what lets
#: them back in: whoever tries tokens in vain costs one look at a Room.
_ROOMS: Final = 64
_MEMBERS: Final = 1_000

#: By session, what a member's tokens are made of: the secret, and how many were made.
Keys = Mapping[str, tuple[bytes, int]]

#: Tells one rest of a Room from the next: its epoch, and when it was active last. Who
#: reads while others wake it reads an epoch already in which it is still to run.
_Rest = tuple[int, datetime]


@define(eq=False, kw_only=True)
class Sleepers:
    """Knows the Rooms that may be woken.

    Args:
        archive: Where they are.
        registry: What knows the Rooms that run.
        has_ended: Says whether a Room is over, whatever the archive says of it.
        in_thread: Runs what takes long and touches nothing of ours.
        log: Told why the database was of no use.
    """

    _archive: Archive
    _registry: Registry
    _has_ended: Callable[[str], bool]
    _in_thread: InThread
    _log: Logger
    #: By Room, the rest in which that was read; nobody writes while it sleeps.
    _keys: OrderedDict[str, tuple[_Rest, Keys]] = field(factory=OrderedDict, init=False)

    async def named(self, name: str) -> Card | None:
        """Return the card of a Room that may sleep, by its id or code.

        Raises:
            Refused: Nobody can say now.
        """
        return await self._looked_up(lambda: self._find(name))

    async def only(self, kind: Kind, options: Mapping[str, Any]) -> Card | None:
        """Return the card of the only Room of a kind for some options.

        Raises:
            Refused: Nobody can say now.
        """
        key = key_text(kind, options)
        assert key is not None
        return await self._looked_up(lambda: self._archive.find_key(kind.name, key))

    async def lets_in(self, card: Card, token: str) -> bool:
        """Say whether a token may let somebody back into a Room that sleeps.

        Where what is kept cannot be read, it may: who wakes the Room learns why.

        Raises:
            Refused: Nobody can say now.
        """
        session_id = token.partition(".")[0]
        keys = await self._known_keys(card)
        if keys is None:
            return True
        key = keys.get(session_id)
        return key is not None and lets_back(token, session_id, *key)

    async def seats(self, card: Card, session_id: str | None) -> bool:
        """Say whether a session may have a seat in a Room that sleeps.

        Raises:
            Refused: Nobody can say now.
        """
        if session_id is None:
            return False
        keys = await self._known_keys(card)
        return keys is None or session_id in keys

    async def _known_keys(self, card: Card) -> Keys | None:
        """Return what lets members back in; None: what is kept cannot be read."""
        try:
            return await self._keys_of(card)
        except (Damaged, PeerError):
            return None
        except StoreError as error:
            raise self.unread(error) from error

    def unread(self, error: StoreError) -> Refused:
        """Log why the database was of no use, and return what the peer may know."""
        self._log.error(
            "rooms that sleep cannot be read: {why}", why=str(error), act="wake"
        )
        return Refused("rooms that sleep cannot be read now", Code.STOPPING)

    async def _find(self, name: str) -> Card | None:
        card = await self._archive.find(name)
        if card is None:
            try:
                card = await self._archive.find(read_code(name))
            except Refused:
                return None
        return card

    async def _looked_up(
        self, find: Callable[[], Awaitable[Card | None]]
    ) -> Card | None:
        """Return the card of a Room that may sleep, when it is not about to."""
        try:
            card = await find()
            for each in list(self._registry.closing):
                if card is not None and each.room_id == card.room_id:
                    # It goes to sleep, or ends: only then is its card the last one.
                    await each.ended()
                    card = await find()
        except StoreError as error:
            raise self.unread(error) from error
        return None if card is None or self._has_ended(card.room_id) else card

    async def _keys_of(self, card: Card) -> Keys:
        """Return what lets the members of a Room back in.

        Raises:
            PeerError: What is kept of it makes no sense.
            StoreError: The archive did not answer.
        """
        known = self._keys.pop(card.room_id, None)
        if known is None or known[0] != _rest_of(card):
            found = await self._archive.read(card.room_id)
            if found is None:
                return {}
            known = _rest_of(found.card), await self._read(found)
        if len(known[1]) <= _MEMBERS:
            self._keys[card.room_id] = known
            if len(self._keys) > _ROOMS:
                _ = self._keys.popitem(last=False)
        return known[1]

    async def _read(self, found: Found) -> Keys:
        payloads = [found.stored.payload, *(each.payload for each in found.entries)]
        if sum(map(len, payloads)) < LONG:
            return _keys_in(payloads)
        return await self._in_thread(partial(_keys_in, payloads))


def _rest_of(card: Card) -> _Rest:
    return card.epoch, card.active_at


def _keys_in(payloads: list[bytes]) -> Keys:
    """Return what lets those back in who are members after some records.

    Raises:
        PeerError: These bytes are no records.
    """
    members: dict[str, dict[str, Any]] = {}
    for payload in payloads:
        for record in read_records(payload):
            if isinstance(record, MemberRecord):
                members.setdefault(record.session_id, {}).update(record.fields)
            elif isinstance(record, GoneRecord):
                members.pop(record.session_id, None)
    return {
        session_id: (fields.get("secret") or b"", fields.get("counter") or 0)
        for session_id, fields in members.items()
    }
