"""The law of returns: the newest socket that was let in is the client's, alone."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.room import ClientStatus, SeatExpired
from nexus.room.seat.token import Tokens
from nexus.state import Map, State, field, int32
from nexus.wire.native import Encoder, Replica, encode_outline, plain
from nexus.wire.phase import Phase
from tests import examples
from tests.support.room import Scripted, scripted
from tests.support.table import NATIVE, Guest, Table


class Piece(State):
    """Something that moves."""

    x: int32 = 0


class Board(State):
    """What is true in the Room."""

    turn: int32 = 0
    pieces: Map[str, Piece] = field(factory=dict)


class ReturnMachine(RuleBasedStateMachine):
    """One client with many sockets, and one that never moves, in a Room that plays."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table()

        def create(room: Any, _: Any) -> None:
            room.state = Board()

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 10.0)

        room = scripted(
            base=Scripted, script={"on_create": create, "on_drop": drop}, max_clients=3
        )
        self.table.define(room)
        self.told = 0

    @initialize()
    def sit(self) -> None:
        """Let both sit down."""
        self.witness = self.table.sit(**NATIVE)
        self.room = self.witness.actor.room
        self.guests: list[Guest] = [self.table.knock(**NATIVE)]
        self.client = self.guests[0].client
        #: The tokens that let the client back in.
        self.good = {self.guests[0].token}
        #: What the callbacks of the client's Replica were told.
        self.shown: dict[str, Any] = {}
        self.listen(self.guests[0].replica)
        #: The socket that the client's Replica follows.
        self.current = self.guests[0]

    def listen(self, replica: Replica) -> None:
        """Keep a copy of the State by callbacks alone; each is to come once."""

        def turned(value: int, old: Any, _: Any) -> None:
            assert value != old
            assert self.shown.get("turn", old) == old
            self.shown["turn"] = value

        def came(piece: Any, path: Any) -> None:
            assert path not in self.shown
            self.shown[path] = piece.x

        def went(piece: Any, path: Any) -> None:
            del self.shown[path]

        def moved(value: int, old: int, path: Any) -> None:
            assert self.shown[path[:2]] == old != value
            self.shown[path[:2]] = value

        replica.on_change("turn", turned)
        replica.on_add("pieces", came)
        replica.on_remove("pieces", went)
        replica.on_change("pieces.*.x", moved)

    @property
    def alive(self) -> bool:
        """Whether the client can still come back."""
        return self.client.status is not ClientStatus.GONE

    @rule(number=st.integers(0, 3))
    def ack(self, number: int) -> None:
        """One of the sockets takes its state."""
        guest = self.guests[number % len(self.guests)]
        guest.ack()
        if guest is self.newest() and guest.connection.phase is Phase.JOINED:
            self.good = {guest.token}
        self.follow()

    @rule(number=st.integers(0, 3))
    def drop(self, number: int) -> None:
        """One of the sockets is gone, maybe long after it was replaced."""
        self.guests[number % len(self.guests)].drop()

    @rule(number=st.integers(0, 3), resumes=st.booleans(), later=st.booleans())
    def back(self, number: int, resumes: bool, later: bool) -> None:
        """A socket comes with the token of one of the others."""
        old = self.guests[number % len(self.guests)]
        if not old.joined:
            return
        fresh = old.token in self.good and self.alive
        query = {"skipHandshake": "1"} if resumes else {}
        guest = old.back(**query)
        self.guests.append(guest)
        assert guest.joined == fresh, (guest.joined, fresh)
        if guest.joined:
            self.good = {old.token, guest.token}
            self.follow()
            guest.replica = self.current.replica
            in_step = guest.replica.in_step
            self.current = guest
            if resumes and in_step:
                guest.send("__nexus.resume", {"version": guest.replica.version})
            if not later:
                guest.ack()
                self.good = {guest.token}
            self.follow()

    def newest(self) -> Guest:
        """Return the last socket that was let in."""
        return [each for each in self.guests if each.joined][-1]

    @rule(turn=st.integers(0, 9))
    def play(self, turn: int) -> None:
        """The State changes."""
        if self.room.actor.is_open:
            self.room.state.turn = turn

    @rule(name=st.sampled_from("abc"), x=st.integers(-3, 3))
    def move(self, name: str, x: int) -> None:
        """A piece comes, moves or goes."""
        if not self.room.actor.is_open:
            return
        pieces = self.room.state.pieces
        if x == 0:
            pieces.pop(name, None)
        elif name in pieces:
            pieces[name].x = x
        else:
            pieces[name] = Piece(x=x)

    @rule(seconds=st.sampled_from((0.05, 0.05, 0.05, 1.0, 9.0)))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.table.clock.advance(seconds)
        self.follow()

    @precondition(lambda self: self.room.actor.is_open)
    @rule()
    def tell(self) -> None:
        """Something is said to the client."""
        self.told += 1
        before = [len(guest.socket.sent) for guest in self.guests]
        connection = self.client.connection
        self.client.send("news", self.told)
        after = [len(guest.socket.sent) for guest in self.guests]
        for guest, was, now in zip(self.guests, before, after, strict=True):
            assert now == was or guest.connection is connection

    @rule()
    def rest(self) -> None:
        """When all is quiet, what the client holds is what the Room has."""
        self.table.clock.advance(0.05)
        self.table.clock.advance(0.05)
        self.follow()
        self.witness.follow()
        expected = plain_state(self.room)
        assert plain(self.witness.replica.state) == expected
        guest = self.current
        if guest.socket.closed is None and guest.connection.ready:
            assert plain(guest.replica.state) == expected
            assert guest.replica.version == self.room.actor.tree.version
            shown = {key[1]: x for key, x in self.shown.items() if key != "turn"}
            pieces = expected["pieces"]
            assert shown == {key: piece["x"] for key, piece in pieces.items()}
            assert self.shown["turn"] == expected["turn"]

    def follow(self) -> None:
        """Let the client's Replica take what came by its socket."""
        replica = self.current.follow()
        if replica.in_step:
            self.shown.setdefault("turn", replica.state.turn)

    @invariant()
    def newest_socket_wins(self) -> None:
        """Only the newest socket that was let in is open, and it is the Client's."""
        if not hasattr(self, "client"):
            return
        let_in = [each for each in self.guests if each.joined]
        for guest in let_in[:-1]:
            assert guest.socket.closed is not None
        newest = let_in[-1]
        if newest.socket.closed is None:
            assert self.client.connection is newest.connection
            assert self.client.status is ClientStatus.JOINED
        members = self.room.actor.members
        assert len(members) == len(self.room.actor.seats) == (2 if self.alive else 1)
        tokens = self.room.actor.entry.tokens
        assert len(tokens) == (2 if self.alive else 1)
        good = {each.token for each in let_in if lets_in(tokens, each.token)}
        assert good == (self.good if self.alive else set())

    @invariant()
    def frames_are_whole(self) -> None:
        """News arrive in order, each once."""
        if not hasattr(self, "client"):
            return
        for guest in self.guests:
            news = guest.messages("news")
            assert news == sorted(set(news))
            assert len(guest.states) <= 1
            if guest.connection.phase is Phase.ANNOUNCED:
                assert len(guest.frames) == 1, "told before it asked"

    @override
    def teardown(self) -> None:
        """When all are gone, nothing is left."""
        for guest in list(self.table.guests):
            guest.drop()
        for _ in range(5):
            self.table.clock.advance(11.0)
        assert self.table.rooms == []
        assert self.table.clock.getDelayedCalls() == []


def lets_in(tokens: Tokens, token: str) -> bool:
    """Say whether a token is good."""
    try:
        _ = tokens.find(token)
    except SeatExpired:
        return False
    return True


def plain_state(room: Any) -> Any:
    """Return the State as a Replica of a fresh snapshot shows it."""
    replica = Replica(encode_outline(room.actor.tree.outline))
    replica.apply_snapshot(Encoder(room.actor.tree).snapshot())
    return plain(replica.state)


class ReturnTests(SynchronousTestCase):
    def test_newest_socket_is_the_clients(self) -> None:
        """No order of sockets, tokens, losses and patches confuses a client."""
        run_state_machine_as_test(
            ReturnMachine,
            settings=settings(
                max_examples=examples(test=120, soak=10_000), stateful_step_count=40
            ),
        )
