"""Checks what clients saw of a Node that was killed: was anything lost or made up?

For each Room there is one history, its log. A promise is an order and its place in
there: a confirmed answer, what is older than a `saved` Room may forget, and what a
client was told is stored. Each State that anybody sees has to hold all promises that
were made before, and has to be what the orders of its log add up to.
"""

from __future__ import annotations

from attrs import define, field, frozen

from tests.scenario.kill.event import (
    Answered,
    Ended,
    Event,
    Failed,
    Looked,
    Lost,
    Refused,
    Saved,
    Seen,
    Sent,
    Told,
)
from tests.scenario.kill.order import Books
from tests.scenario.kill.promise import Promises

__all__ = ["Checker", "Forgotten"]

#: After so many complaints it is clear enough.
_MOST = 20


@frozen
class Forgotten:
    """What a `saved` Room forgot.

    Attributes:
        order: What it was.
        age: How old that was when its Node ended, in seconds.
    """

    order: str
    age: float


@define(eq=False)
class _View:
    """What one client sees of one process."""

    process: int = -1
    version: int = -1
    log: list[str] = field(factory=list)
    books: Books = field(factory=Books)
    #: Versions, and how long the log was then; newest last.
    lengths: list[tuple[int, int]] = field(factory=list)


@define(eq=False)
class _Room:
    """What is known of one Room."""

    is_confirmed: bool
    sent: dict[str, str] = field(factory=dict)
    refused: set[str] = field(factory=set)
    views: dict[str, _View] = field(factory=dict)
    #: The longest log that was seen of each process.
    logs: dict[int, list[str]] = field(factory=dict)
    #: What must be in any log from now on.
    promises: Promises = field(factory=Promises)
    #: How much of the log is told to be stored.
    stored: int = 0
    #: What a `saved` Room answered since its process began.
    fresh: list[Answered] = field(factory=list)
    #: What it answered shortly before a process ended.
    young: list[tuple[Answered, float]] = field(factory=list)


@define(eq=False)
class Checker:
    """Takes events in their order, and complains.

    Args:
        confirmed: The names of the Rooms that may lose nothing; the others are `saved`.

    Attributes:
        complaints: What is wrong.
        forgotten: What `saved` Rooms lost, as they may; known at the end.
        states: How many States were looked at.
    """

    _confirmed: frozenset[str]
    complaints: list[str] = field(factory=list, init=False)
    forgotten: list[Forgotten] = field(factory=list, init=False)
    states: int = field(default=0, init=False)
    _rooms: dict[str, _Room] = field(factory=dict, init=False)

    def take(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Ended():
                for name, room in self._rooms.items():
                    self._end(name, room, event)
            case Sent(name, order, channel):
                self._room(name).sent[order] = channel
            case Answered():
                self._answer(event, self._room(event.room))
            case Refused(name, order):
                self._room(name).refused.add(order)
                if not order.partition(" ")[2].startswith("fail"):
                    self._complain(name, f"{order!r} was refused")
            case Failed(name, order, error):
                if error != "closed":
                    self._complain(name, f"{order!r} failed: {error}")
            case Seen():
                self._see(event, self._room(event.room))
            case Saved():
                self._store(event, self._room(event.room))
            case Told(name, player, what):
                self._complain(name, f"{player} was told anew of {what}")
            case Lost(name, player, why):
                self._complain(name, f"{player} was lost: {why}")
            case Looked():
                self._look(event, self._room(event.room))

    def finish(self) -> list[str]:
        """Say what is wrong, when all was answered and all clients saw the last State.

        Returns:
            The complaints, the first of them.
        """
        for name, room in self._rooms.items():
            log = room.logs[max(room.logs)] if room.logs else []
            self._complain(name, *room.promises.check(log))
            there = set(log)
            for order, channel in room.sent.items():
                if channel == "message" and order not in there:
                    self._complain(name, f"{order!r} was acknowledged, and is lost")
            for answer, at in room.young:
                if log[answer.turn - 1 : answer.turn] != [answer.order]:
                    self.forgotten.append(
                        Forgotten(answer.order, max(0.0, at - answer.at))
                    )
        return self.complaints[:_MOST]

    def _room(self, name: str) -> _Room:
        if name not in self._rooms:
            self._rooms[name] = _Room(name in self._confirmed)
        return self._rooms[name]

    def _complain(self, room: str, *texts: str) -> None:
        self.complaints.extend(f"{room}: {text}" for text in texts)

    # What was promised.

    def _answer(self, event: Answered, room: _Room) -> None:
        if room.is_confirmed:
            self._promise(event.room, room, event.turn, event.order, event.process)
        else:
            room.fresh.append(event)

    def _end(self, name: str, room: _Room, event: Ended) -> None:
        for answer in room.fresh:
            age = event.at - answer.at
            if age > event.allowance:
                turn, order, process = answer.turn, answer.order, answer.process
                self._promise(name, room, turn, order, process)
            else:
                room.young.append((answer, event.at))
        room.fresh.clear()
        # Who comes late has nothing to say of processes that are long gone.
        for old in [each for each in room.logs if each < event.process - 1]:
            del room.logs[old]

    def _store(self, event: Saved, room: _Room) -> None:
        view = room.views.get(event.player)
        if view is None or view.process != event.process:
            return
        length = 0
        while view.lengths and view.lengths[0][0] <= event.version:
            _, length = view.lengths.pop(0)
        for turn in range(room.stored + 1, length + 1):
            order = view.log[turn - 1]
            self._promise(event.room, room, turn, order, event.process)
        room.stored = max(room.stored, length)

    def _promise(
        self, name: str, room: _Room, turn: int, order: str, process: int
    ) -> None:
        self._complain(name, *room.promises.make(turn, order, process, room.logs))

    # What was seen.

    def _see(self, event: Seen, room: _Room) -> None:
        self.states += 1
        name = event.room
        view = room.views.setdefault(event.player, _View())
        is_new = event.process != view.process
        if is_new:
            view.process = event.process
            view.lengths.clear()
        elif event.start + len(event.tail) < len(view.log):
            self._complain(name, f"the log of {event.player} became shorter")
        if event.version < view.version:
            self._complain(name, f"{event.player} saw versions run back")
        view.version = event.version
        if is_new or event.start != len(view.log):
            kept = view.log[: event.start]
            view.log, view.books = [], Books()
            for order in kept:
                view.books.enter(order)
                view.log.append(order)
        for order in event.tail:
            self._enter(name, room, view, order)
        view.lengths.append((event.version, len(view.log)))
        self._compare(event, room, view)
        if is_new:
            self._check_start(event, room, view)

    def _enter(self, name: str, room: _Room, view: _View, order: str) -> None:
        if order not in room.sent:
            self._complain(name, f"{order!r} is in the log, and nobody sent it")
            return
        if wrong := view.books.enter(order):
            self._complain(name, wrong)
        if order in room.refused:
            self._complain(name, f"{order!r} was refused, and is in the log")
        view.log.append(order)
        wrongs = room.promises.compare(len(view.log), order, view.process)
        self._complain(name, *wrongs)

    def _compare(self, event: Seen, room: _Room, view: _View) -> None:
        """Compare a State with its log, and that with what others saw."""
        books, name = view.books, event.room
        seen = (event.orders, event.total, event.accounts)
        wanted = (books.orders, books.total, tuple(books.accounts))
        if seen != wanted or event.given != books.orders:
            self._complain(
                name,
                f"{event.player} saw a state that never was, at version"
                f" {event.version}: {seen} and {event.given} given, not {wanted}",
            )
        log = room.logs.setdefault(event.process, [])
        since = len(view.log) - len(event.tail)
        if view.log[since : len(log)] != log[since : len(view.log)]:
            self._complain(
                name,
                f"{event.player} saw another history than others, from {since} on",
            )
        log.extend(view.log[len(log) :])

    def _check_start(self, event: Seen, room: _Room, view: _View) -> None:
        """Look whether a process began with all that those before it promised."""
        missing = room.promises.length(event.process) - len(view.log)
        if missing > 0:
            self._complain(
                event.room,
                f"process {event.process} began without the last {missing} orders"
                " that were promised",
            )

    def _look(self, event: Looked, room: _Room) -> None:
        view = room.views.get(event.player, _View())
        books = view.books
        told = (event.orders, event.total, event.accounts)
        if told != (books.orders, books.total, tuple(books.accounts)):
            self._complain(
                event.room, f"{event.player} does not see what is there: {told}"
            )
