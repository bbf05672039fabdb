"""The law of seats: whatever happens in which order, their count is exact."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Refused
from nexus.match import Reservation
from nexus.room import ClientStatus, Context, RoomActor
from nexus.room.phase import RoomPhase
from nexus.room.seat.seat import Held
from tests import examples
from tests.support.room import Gate, scripted
from tests.support.table import Guest, Table, begin

#: How a hook ends: at once, after a while, badly, or never.
FATES = ("done", "done", "hang", "hang", "fail", "refuse", "leave", "kick", "close")
HOOKS = ("on_create", "on_auth", "on_join", "on_drop", "on_reconnect", "on_leave")
SEATS = 3

NAMES = st.sampled_from(("room", "room", "only"))
KEYS = st.sampled_from("ab")
SESSIONS = st.sampled_from(("", "ada"))
FATE = st.sampled_from(FATES)
KEEP = st.sampled_from(("keep", "await", "busy", "late"))
NUMBERS = st.integers(0, 3)


def outside(session: str) -> Context:
    """Make the context of a wish for a session of one's own."""
    return Context(session, "192.0.2.7", {})


class SeatMachine(RuleBasedStateMachine):
    """Guests come, go, are cut off and come back, and every hook does what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table()
        self.gate = Gate()
        self.fates: dict[str, list[str]] = {hook: [] for hook in HOOKS}
        self.seats: list[Reservation] = []
        self.seen: set[RoomActor] = set()
        script = {hook: self.player(hook) for hook in HOOKS}
        script["on_dispose"] = self.player("on_leave")

        async def ask(token: str, options: Any, context: Any) -> Any:
            return {"session_id": token} if token else True

        room = scripted(
            script=script,
            max_clients=SEATS,
            seat_seconds=5.0,
            message_seconds=4.0,
            on_auth_static=staticmethod(ask),
        )
        self.table.define(room)
        self.table.define(room, "only", unique_by=("key",))
        self.table.matchmaker.registry.watch(lambda _, actor, __: self.seen.add(actor))

    def player(self, hook: str) -> Any:
        """Return what a hook does: the next of its fates."""

        def play(room: Any, *arguments: Any) -> Any:
            fates = self.fates[hook]
            fate = fates.pop(0) if fates else "done"
            client = arguments[0] if arguments and hook != "on_create" else None
            if hook == "on_drop" and fate in ("done", "hang"):
                hold = room.allow_reconnection(client, 6.0)
                return hold if fate == "hang" else None
            if client and fate in ("keep", "await", "busy", "late"):
                return self.keep(room, client, fate)
            return self.act(room, client, fate)

        return play

    async def keep(self, room: Any, client: Any, fate: str) -> None:
        """Keep a client's seat, and be slow about it in different ways."""
        if fate == "late":
            await self.gate.wait()
        hold = room.allow_reconnection(client, 6.0)
        if fate == "await":
            await hold
        if fate == "busy":
            await self.gate.wait()

    def act(self, room: Any, client: Any, fate: str) -> Any:
        """Do something in a hook, at the worst moment."""
        if fate == "hang":
            return self.gate.wait()
        if fate == "fail":
            raise KeyError("mistake")
        if fate == "refuse":
            raise Refused("no")
        if fate == "leave" and client is not None:
            client.leave()
        if fate == "kick":
            for other in list(room.actor.members):
                room.kick(other, 4001)
        if fate == "close":
            return room.disconnect(4001)
        return True

    @rule(name=NAMES, key=KEYS, session=SESSIONS)
    def reserve(self, name: str, key: str, session: str) -> None:
        """Somebody asks for a seat, some by a session of their own."""
        self.wish(
            self.table.matchmaker.join_or_create(name, {"key": key}, outside(session))
        )

    @rule(name=NAMES, session=SESSIONS, hook=st.sampled_from(HOOKS[:3]), fate=FATE)
    def knock(self, name: str, session: str, hook: str, fate: str) -> None:
        """Somebody asks and comes, and one hook ends as it is ordained."""
        before = len(self.seats)
        self.fates[hook] = [fate]
        self.reserve(name, "a", session)
        if len(self.seats) > before:
            self.table.come(self.seats[-1])

    @rule(name=NAMES, key=KEYS)
    def create(self, name: str, key: str) -> None:
        """Somebody wants a new Room."""
        self.wish(self.table.matchmaker.create(name, {"key": key}))

    def wish(self, work: Any) -> None:
        """Keep the seat that a wish ends in, if it is granted."""
        wish: Deferred[Any] = begin(work)
        wish.addCallbacks(self.seats.append, lambda failure: failure.trap(Refused))

    def pick(self, things: list[Any], number: int) -> Any:
        """Choose one of the latest of some things."""
        return things[-1 - number % min(len(things), 4)] if things else None

    @rule(number=NUMBERS)
    def claim(self, number: int) -> None:
        """A socket comes for a seat, maybe too late, maybe for the second time."""
        if seat := self.pick(self.seats, number):
            self.table.come(seat)

    @rule(
        number=NUMBERS,
        drop=st.one_of(FATE, KEEP),
        leave=st.one_of(FATE, KEEP),
    )
    def drop(self, number: int, drop: str, leave: str) -> None:
        """A socket is gone."""
        if guest := self.pick(self.table.guests, number):
            self.fates["on_drop"], self.fates["on_leave"] = [drop], [leave]
            guest.drop()

    @rule(number=NUMBERS, what=st.sampled_from((b"\x0c", b"\x0d")), leave=FATE)
    def go(self, number: int, what: bytes, leave: str) -> None:
        """A client leaves, or breaks the protocol."""
        if guest := self.pick(self.table.guests, number):
            self.fates["on_leave"] = [leave]
            guest.say(what)

    @rule(number=NUMBERS, drop=st.one_of(FATE, KEEP), reconnect=FATE)
    def back(self, number: int, drop: str, reconnect: str) -> None:
        """A client presents its token, whatever has become of it."""
        guest: Guest | None = self.pick(self.table.guests, number)
        if guest is not None and guest.joined:
            self.fates["on_drop"], self.fates["on_reconnect"] = [drop], [reconnect]
            guest.back()

    @rule(seconds=st.sampled_from((0.0, 0.05, 1.0, 5.0)))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.table.clock.advance(seconds)

    @rule()
    def go_on(self) -> None:
        """What hung goes on."""
        self.gate.open()

    @rule()
    def break_down(self) -> None:
        """What hung fails."""
        self.gate.fail(KeyError("broken"))

    @invariant()
    def count_is_exact(self) -> None:
        """Seats are promised, or are those of a Client that joins, is in, or away."""
        for actor in self.seen:
            seats = actor.seats._seats
            assert len(seats) <= SEATS, "more seats than there are"
            taken = {name for name, seat in seats.items() if seat.held is Held.TAKEN}
            inside = actor.members.keys() | actor.entry.joining.keys()
            assert taken == inside, f"{taken} are taken by {inside}"
            in_time = [seat.expiry for seat in seats.values() if seat.expiry]
            assert len(in_time) == actor.seats.promised()

    @invariant()
    def nobody_is_there_twice(self) -> None:
        """A session has one Client in a Room, and a Client one open socket."""
        owners: Counter[tuple[int, str]] = Counter()
        for guest in self.table.guests:
            connection = guest.connection
            client = connection.client
            if client is None or client.connection is not connection:
                continue
            if guest.socket.closed is None and client.status is not ClientStatus.GONE:
                owners[id(connection.actor), client.session_id] += 1
        assert not owners or max(owners.values()) == 1, owners

    @invariant()
    def clients_are_members(self) -> None:
        """Who is in is a member, and nobody who is gone is in."""
        for actor in self.seen:
            assert actor.clients.keys() <= actor.members.keys()
            for client in actor.members.values():
                assert client.status is not ClientStatus.GONE
            if actor.phase is RoomPhase.CLOSED:
                assert not actor.members
                assert not actor.entry.joining
                assert not len(actor.seats)

    @invariant()
    def unique_rooms_are_unique(self) -> None:
        """Of a key there is one Room that has not ended."""
        keys = Counter(
            (actor.sign.metadata or {}).get("key")
            for actor in self.seen
            if actor.kind == "only" and actor.phase is not RoomPhase.CLOSED
        )
        assert not keys or max(keys.values()) == 1, keys

    def teardown(self) -> None:
        """When all are gone, no seat, Room, timer or work is left."""
        for _ in range(3):
            for guest in list(self.table.guests):
                guest.drop()
            for _ in range(30):
                self.table.clock.advance(1.0)
        self.count_is_exact()
        assert self.table.rooms == [], self.table.rooms
        assert all(actor.phase is RoomPhase.CLOSED for actor in self.seen)
        assert not self.table.matchmaker.registry.closing
        assert not self.table.matchmaker.maker._unique
        assert not self.table.matchmaker.maker._making
        assert self.table.clock.getDelayedCalls() == []
        assert len(self.table.background) == 0


class SeatTests(SynchronousTestCase):
    def test_count_of_seats_is_exact(self) -> None:
        """No order of comings, goings, stalls and mistakes loses or doubles a seat."""
        forget = self.flushLoggedErrors

        class Quiet(SeatMachine):
            def teardown(self) -> None:
                """Forget what the hooks were ordained to raise."""
                super().teardown()
                forget()

        run_state_machine_as_test(
            Quiet,
            settings=settings(
                max_examples=examples(test=150, soak=10_000), stateful_step_count=40
            ),
        )
