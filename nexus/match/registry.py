"""Registry: the Rooms of one Node, by id, by code and by what is unique of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from twisted.logger import Logger

from nexus.errors import Code, Refused
from nexus.match.code import Codes, read_code
from nexus.match.joinable import ANY, Fit, Joinable, Values
from nexus.room import Client, RoomActor
from nexus.room.ident import fits_path

__all__ = ["Registry"]

Watcher = Callable[[str, RoomActor, Client | None], None]

_LOG: Final = Logger()


class Registry:
    """Knows every Room of a Node, and tells those who watch what becomes of them.

    Args:
        random: Where codes come from.
        log: Where errors of those who watch are logged.
    """

    def __init__(self, random: Random, log: Logger = _LOG) -> None:
        self._log = log
        self._rooms: dict[str, RoomActor] = {}
        self._codes = Codes(random)
        self._coded: dict[str, RoomActor] = {}
        self._watchers: list[Watcher] = []
        self._serial = 0
        self._joinable = Joinable()
        #: By Room, how many were made before, and the values that joins filter by.
        self._places: dict[RoomActor, tuple[int, Values]] = {}
        #: By session, the Rooms where it was promised a seat or has one: of sessions
        #: that somebody vouches for.
        self._seated: dict[str, dict[RoomActor, None]] = {}
        #: Rooms that nobody finds any more, and that have not ended yet.
        self.closing: set[RoomActor] = set()

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[RoomActor]:
        return iter(list(self._rooms.values()))

    def get(self, room_id: str) -> RoomActor:
        """Return a Room by its id, or by its code, as people type it.

        Raises:
            Refused: There is none.
        """
        actor = self._rooms.get(room_id)
        if actor is None and self._coded:
            try:
                actor = self._coded.get(read_code(room_id))
            except Refused:
                actor = None
        if actor is None:
            raise Refused(f'room "{room_id}" not found', Code.NO_ROOM)
        return actor

    def running(self, room_id: str) -> RoomActor | None:
        """Return the Room with an id; None: it does not run."""
        return self._rooms.get(room_id)

    def put(
        self, actor: RoomActor, *, code: bool, values: Values = frozenset()
    ) -> None:
        """Take a Room in, and give it a code if it is to have one.

        Args:
            actor: The Room.
            code: Whether it gets a code.
            values: What joins filter by.

        Raises:
            Refused: All codes are in use.
        """
        if code:
            actor.code = self._codes.take()
            self._coded[actor.code] = actor
        self._place(actor, values)

    def put_back(self, actor: RoomActor, *, code: str | None, values: Values) -> None:
        """Take a Room in that was kept, with the code that it had.

        Raises:
            ValueError: Another Room has its id, or the code.
        """
        if actor.room_id in self._rooms:
            raise ValueError(f"there is a room {actor.room_id!r} already")
        if code is not None:
            self._codes.claim(code)
            actor.code = code
            self._coded[code] = actor
        self._place(actor, values)

    def recode(self, actor: RoomActor) -> None:
        """Give a Room another code: its own is that of one that sleeps.

        Raises:
            Refused: All codes are in use.
        """
        if actor.code is not None:
            code = self._codes.take()
            del self._coded[actor.code]
            self._codes.free(actor.code)
            actor.code = code
            self._coded[code] = actor

    def _place(self, actor: RoomActor, values: Values) -> None:
        self._rooms[actor.room_id] = actor
        self._serial += 1
        self._places[actor] = self._serial, values

    def joinable(self, kind: str, fit: Fit = ANY) -> list[RoomActor]:
        """Return the Rooms of a kind that take people in and fit, the oldest first."""
        return self._joinable.all(kind, fit)

    def oldest(self, kind: str, fit: Fit = ANY) -> RoomActor | None:
        """Return the first of what `joinable` returns, whatever the others are."""
        return self._joinable.oldest(kind, fit)

    def values(self, actor: RoomActor) -> Values:
        """Return what joins filter a Room by."""
        place = self._places.get(actor)
        return frozenset() if place is None else place[1]

    def _note(self, actor: RoomActor) -> None:
        """Note whether a Room takes people in."""
        place = self._places.get(actor)
        if place is None:
            return
        if actor.is_locked or actor.sign.private:
            self._joinable.drop(actor, *place)
        else:
            self._joinable.put(actor, *place)

    def seat(self, session_id: str, actor: RoomActor) -> None:
        """Take note that a session, and nobody who only says so, has a seat."""
        self._seated.setdefault(session_id, {})[actor] = None

    def unseat(self, session_id: str, actor: RoomActor) -> None:
        """Take note that a session has no seat in a Room any more."""
        rooms = self._seated.get(session_id)
        if rooms is not None:
            rooms.pop(actor, None)
            if not rooms:
                del self._seated[session_id]

    def seated(self, session_id: str) -> list[RoomActor]:
        """Return the open Rooms in which a session has a seat."""
        rooms = self._seated.get(session_id, {})
        return [each for each in rooms if each.is_open and session_id in each.seats]

    def rename(self, actor: RoomActor, room_id: str) -> None:
        """Give a Room another id.

        Raises:
            ValueError: It cannot stand in a path, or another Room has it.
        """
        if not fits_path(room_id):
            raise ValueError(f"{room_id!r} is no room id: use letters, digits, _ and -")
        if self._rooms.get(room_id, actor) is not actor:
            raise ValueError(f"there is a room {room_id!r} already")
        self._rooms.pop(actor.room_id, None)
        self._rooms[room_id] = actor
        actor.room_id = room_id

    def drop(self, actor: RoomActor) -> None:
        """Forget a Room."""
        if self._rooms.get(actor.room_id) is actor:
            del self._rooms[actor.room_id]
        place = self._places.pop(actor, None)
        if place is not None:
            self._joinable.drop(actor, *place)
        if actor.code is not None and actor.code in self._coded:
            del self._coded[actor.code]
            self._codes.free(actor.code)

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call back with whatever happens to a Room.

        Returns:
            What ends it.
        """
        self._watchers.append(watcher)

        def end() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return end

    def tell(self, event: str, actor: RoomActor, client: Client | None) -> None:
        """Tell those who watch; one that fails does not keep it from the others."""
        if event == "dispose":
            self.drop(actor)
            self.closing.add(actor)
            actor.on_closed(lambda: self.closing.discard(actor))
        elif event in ("create", "lock", "unlock", "visibility"):
            self._note(actor)
        elif event == "leave" and client is not None:
            self.unseat(client.session_id, actor)
        for watcher in list(self._watchers):
            try:
                watcher(event, actor, client)
            except Exception:  # noqa: BLE001  # the author's code may raise anything
                self._log.failure(
                    "{room_id}: a watcher failed", room_id=actor.room_id, act=event
                )
