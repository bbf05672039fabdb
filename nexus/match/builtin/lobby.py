"""LobbyRoom: tells its clients which Rooms there are, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twisted.logger import Logger
from typing_extensions import override

from nexus.errors import Code, PeerError, Refused
from nexus.match.builtin.card import FILTER, Card, Cards, Filter, Wish
from nexus.match.matchmaker import Matchmaker
from nexus.room import Client, Room, RoomActor, on_message
from nexus.wire.frame import encode_message
from nexus.wire.message import encode

__all__ = ["LobbyRoom"]

#: What it takes to send one message, next to looking at one card.
_SENDING: Final = 10


class LobbyRoom(Room[Any]):
    """A Room whose clients are told of the Rooms that others may join.

    A client gets `rooms`, an array of cards, when it joined and whenever it sends
    `filter`; then `+` with `[room_id, card]` for a Room that is new or changed, and `-`
    with its id when it is gone, or is not among what the client asked for any more.
    Rooms are told of whose kind was defined with `listed=True`, and that are neither
    private nor unlisted.

    News go out with the patches: however much happens to a Room in between, it is one
    message. What is too much for one patch waits for the next.

    Attributes:
        most_listed: How many cards `rooms` has at most, those of the oldest Rooms.
        effort: How many cards are compared or sent for one patch, more or less, where
            a message counts as ten; half of it for changes, half of it for those who
            wait for `rooms`.
    """

    most_listed: int = 500
    effort: int = 20_000

    _log = Logger()

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Look at all Rooms, and watch them from now on."""
        self._cards = Cards()
        #: Rooms that something happened to, which was not told yet.
        self._changed: dict[str, RoomActor] = {}
        self._wishes: dict[Client, Wish] = {}
        #: Clients that are told of changes, by what they want to know.
        self._audience: dict[Wish, dict[Client, None]] = {}
        #: Clients that wait for `rooms`.
        self._waiting: dict[Client, None] = {}
        matchmaker: Matchmaker = self.matchmaker
        for actor in matchmaker.registry:
            self._cards.put(actor.room_id, self._card(actor))
        self.actor.on_closed(matchmaker.registry.watch(self._watch))
        self.set_matchmaking(unlisted=True)

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Let a client wait for `rooms`, as its option `filter` says."""
        try:
            wanted: Filter | None = FILTER.read(options.get("filter"), "filter")
        except PeerError as error:
            raise Refused(str(error), Code.UNHANDLED) from None
        self._ask(client, Wish.of(wanted))

    @on_message("filter")
    def filter(self, client: Client, wanted: Filter | None) -> None:
        """Let a client wait for `rooms` anew, of other Rooms."""
        self._ask(client, Wish.of(wanted))

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Tell a client nothing any more."""
        self._forget(client)

    @override
    def on_before_patch(self, state: Any) -> None:
        """Tell what changed, and then answer those who wait."""
        self._tell_changes(self.effort // 2)
        self._answer(self.effort // 2)

    def _ask(self, client: Client, wish: Wish) -> None:
        self._forget(client)
        self._wishes[client] = wish
        self._waiting[client] = None

    def _forget(self, client: Client) -> None:
        self._waiting.pop(client, None)
        wish = self._wishes.pop(client, None)
        listeners = None if wish is None else self._audience.get(wish)
        if wish is not None and listeners is not None:
            listeners.pop(client, None)
            if not listeners:
                del self._audience[wish]

    def _watch(self, event: str, actor: RoomActor, client: Client | None) -> None:
        """Note that something happened to a Room; it costs the same for any crowd."""
        if actor.is_open:
            if self._is_listed(actor.kind):
                self._changed[actor.room_id] = actor
        elif event != "dispose":
            # Its id may be another Room's by now.
            return
        elif self._cards.get(actor.room_id) is not None:
            self._changed[actor.room_id] = actor
        else:
            # It came and went between two patches.
            self._changed.pop(actor.room_id, None)

    def _is_listed(self, kind: str) -> bool:
        try:
            return bool(self.matchmaker.catalog.get(kind).listed)
        except Refused:  # its kind was removed while it was open
            return False

    def _card(self, actor: RoomActor) -> Card | None:
        """Return what may be told of a Room now."""
        hidden = actor.sign.private or actor.sign.unlisted or not actor.is_open
        if hidden or not self._is_listed(actor.kind):
            return None
        try:
            return Card.of(self.matchmaker.listing(actor))
        except ValueError as error:
            # What clients said may be among it; the other Rooms are told of.
            self._log.warn(
                "{room_id} is not told of: {why}",
                room_id=actor.room_id,
                why=str(error),
                act="lobby",
            )
            return None

    def _tell_changes(self, effort: int) -> None:
        """Tell of Rooms that changed, as many as the effort allows, but of one."""
        while self._changed and effort > 0:
            room_id = next(iter(self._changed))
            effort -= self._tell_change(room_id, self._changed.pop(room_id))

    def _tell_change(self, room_id: str, actor: RoomActor) -> int:
        """Tell of one Room, and return what that took."""
        old, new = self._cards.get(room_id), self._card(actor)
        if new is old or (new and old and new.payload == old.payload):
            return 1
        self._cards.put(room_id, new)
        took = 1
        frames: dict[bool, bytes] = {}
        for wish, clients in self._audience.items():
            took += 1
            shown = wish.shows(new)
            if not shown and not wish.shows(old):
                continue
            frame = frames.get(shown)
            if frame is None:
                frame = frames[shown] = _news(room_id, new if shown else None)
            self.actor.rhythm.deliver(frame, clients)
            took += _SENDING * len(clients)
        return took

    def _answer(self, effort: int) -> None:
        """Send `rooms` to who waits for it, as many as the effort allows, but one."""
        frames: dict[Wish, tuple[bytes, int]] = {}
        for client in list(self._waiting):
            if effort <= 0:
                return
            connection = client.connection
            if connection is None or not connection.ready:
                continue
            wish = self._wishes[client]
            if wish not in frames:
                cards, looked = self._cards.find(wish, self.most_listed)
                frames[wish] = encode_message("rooms", _array(cards)), len(cards)
                effort -= looked
            frame, count = frames[wish]
            effort -= _SENDING + count
            del self._waiting[client]
            self._audience.setdefault(wish, {})[client] = None
            client.post(frame)


def _news(room_id: str, card: Card | None) -> bytes:
    """Return the message of one change."""
    if card is None:
        return encode_message("-", encode(room_id))
    return encode_message("+", _array([encode(room_id), card.payload]))


def _array(items: list[bytes]) -> bytes:
    """Return the msgpack array of items that are written already."""
    count = len(items)
    head = bytes([0x90 | count]) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    return head + b"".join(items)
