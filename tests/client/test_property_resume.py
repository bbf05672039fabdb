"""The law of returns, from the client's side: nothing is lost, doubled or late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.client import Reconnection, Setting
from nexus.state.listen import Path
from nexus.wire.native import plain
from tests import examples
from tests.client.rooms import Game, Piece
from tests.support.bot import MemoryNetwork
from tests.support.table import Table

#: It never gives up, and is quick about it.
_SETTING = Setting(reconnection=Reconnection(max_retries=10_000, max_delay=0.5))


class ResumeMachine(RuleBasedStateMachine):
    """One client of ours, whose socket is cut at any moment, in a Room that plays."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table()
        self.table.define(Game)
        self.network = MemoryNetwork(self.table)
        self.room = self.network.begin(setting=_SETTING)
        [actor] = self.table.rooms
        self.there: Any = actor.room
        [self.member] = actor.clients.values()
        #: What listeners make of what they are told.
        self.shown: dict[str, int] = {}
        self.turn: int | None = None
        self.sent: list[int] = []
        self.told = 0
        self.news: list[int] = []
        self.spoiled = 0
        self.events: list[str] = []
        self.wrong: list[Exception] = []
        self.errors: list[Any] = []
        self.listen()

    def listen(self) -> None:
        """Listen to everything."""
        room = self.room
        room.on_add("pieces", self.noting(self.on_add))
        room.on_remove("pieces", self.noting(self.on_remove))
        room.on_change("pieces.*.x", self.noting(self.on_change))
        room.on_change("turn", self.noting(self.on_turn))
        room.on("state", self.noting(self.on_state))
        room.on_message("news", self.news.append)
        room.on("error", self.errors.append)
        for name in ("drop", "reconnecting", "reconnected", "leave", "undelivered"):
            room.on(name, lambda _, name=name: self.events.append(name))

    def noting(self, listener: Callable[..., None]) -> Callable[..., None]:
        """Return a listener whose mistakes are noted: a Room only logs them."""

        def listen(*said: Any) -> None:
            try:
                listener(*said)
            except (AssertionError, KeyError) as error:
                self.wrong.append(error)

        return listen

    # What listeners are told.

    def on_add(self, piece: Any, path: Path) -> None:
        """Nothing comes that is there already."""
        assert path[-1] not in self.shown, path
        self.shown[path[-1]] = piece.x

    def on_remove(self, _: Any, path: Path) -> None:
        """Nothing goes that is not there."""
        del self.shown[path[-1]]

    def on_change(self, value: int, previous: int, path: Path) -> None:
        """What changes was what it was, and is another."""
        key = path[1]
        assert self.shown[key] == previous != value, (path, previous, value)
        self.shown[key] = value

    def on_turn(self, value: int, previous: int, _: Path) -> None:
        """The same, for what is always there."""
        assert self.turn == previous != value, (self.turn, previous, value)
        self.turn = value

    def on_state(self, state: Any) -> None:
        """When all is told, what was told is what there is."""
        if self.turn is None:
            self.turn = state.turn
        assert self.turn == state.turn
        pieces = {key: piece.x for key, piece in state.pieces.items()}
        assert self.shown == pieces

    # What the Room does.

    @rule(turn=st.integers(0, 9))
    def play(self, turn: int) -> None:
        """The State changes."""
        self.there.state.turn = turn

    @rule(name=st.sampled_from("abc"), x=st.integers(-3, 3))
    def move(self, name: str, x: int) -> None:
        """A piece comes, moves or goes."""
        pieces = self.there.state.pieces
        if x == 0:
            pieces.pop(name, None)
        elif name in pieces:
            pieces[name].x = x
        else:
            pieces[name] = Piece(x=x)

    @rule(name=st.sampled_from("abc"), x=st.integers(1, 3))
    def replace(self, name: str, x: int) -> None:
        """A piece is another one."""
        self.there.state.pieces[name] = Piece(x=x)

    @rule()
    def tell(self) -> None:
        """Something is said to the client."""
        self.told += 1
        self.member.send("news", self.told)

    @rule()
    def forget(self) -> None:
        """The Room knows no more what it sent, so that it has to send all."""
        ring = self.there.actor.fanout._ring
        if ring is not None:
            ring.clear()

    # What the client does.

    @rule(count=st.integers(1, 3))
    def say(self, count: int) -> None:
        """The client sends."""
        for _ in range(count):
            self.sent.append(len(self.sent))
            self.room.send("note", self.sent[-1])

    # What the network does.

    @rule(seconds=st.sampled_from((0.0, 0.05, 0.05, 0.2)))
    def wait(self, seconds: float) -> None:
        """Time passes, and nothing moves."""
        self.table.clock.advance(seconds)

    @rule(down=st.integers(0, 3), up=st.integers(0, 3))
    def carry(self, down: int, up: int) -> None:
        """Some of what is on its way arrives, on every wire there is."""
        for wire in self.network.wires:
            if wire.receiver is not None:
                wire.carry(down, up)

    @rule(seconds=st.sampled_from((0.0, 0.05, 0.2)))
    def settle(self, seconds: float) -> None:
        """All that is on its way arrives."""
        self.network.settle(seconds)

    @rule()
    def lose(self) -> None:
        """The newest wire is cut; both hear of it."""
        self.network.wire.end()

    @rule()
    def cut(self) -> None:
        """The client loses its wire; the Node hears of that when it has heard all."""
        self.room.disconnect()

    @precondition(lambda self: self.spoiled < 3)
    @rule()
    def spoil(self) -> None:
        """Something arrives that makes no sense."""
        wire = self.network.wire
        if wire.receiver is None or wire.is_over:
            return
        self.spoiled += 1
        if wire.down and wire.down[-1][0] in b"\x0e\x0f":
            # Much of it can be applied before it turns out that the end is missing.
            wire.down[-1] = wire.down[-1][:-1]
        else:
            wire.down.append(b"\x0f\xc1")

    @rule()
    def rest(self) -> None:
        """When all is quiet, nothing is missing."""
        self.table.clock.advance(0.05)
        for _ in range(100):
            self.network.settle(0.1)
            if self.room.is_joined and not self.room.outbox.size:
                break
        self.network.settle(0.1)
        self.network.settle(0.1)
        assert self.there.heard == self.sent
        assert self.room.outbox.size == 0
        state = self.there.state
        pieces = {key: {"x": piece.x} for key, piece in state.pieces.items()}
        expected = {"turn": state.turn, "pieces": pieces}
        assert plain(self.room.state) == expected
        assert self.room.replica.version == self.there.actor.tree.version
        self.on_state(self.room.state)
        assert "leave" not in self.events
        assert "undelivered" not in self.events

    @invariant()
    def listeners_are_told_right(self) -> None:
        """No listener was told what is not so, nor of errors that nobody made."""
        assert self.wrong == []
        assert len(self.errors) <= self.spoiled, self.errors

    @invariant()
    def nothing_is_doubled(self) -> None:
        """What was heard so far was heard in order, and once."""
        heard = self.there.heard
        assert heard == self.sent[: len(heard)]
        assert self.news == sorted(set(self.news))

    @invariant()
    def events_are_in_order(self) -> None:
        """After a loss come attempts, and then a return, before the next loss."""
        before = "reconnected"
        for name in self.events:
            allowed = {
                "reconnected": {"drop"},
                "drop": {"reconnecting"},
                "reconnecting": {"reconnecting", "reconnected"},
            }
            assert name in allowed[before], self.events
            before = name

    @override
    def teardown(self) -> None:
        """All is well at last, and nothing is left."""
        self.rest()
        self.network.clear()
        self.table.hang_up()
        for _ in range(3):
            self.table.clock.advance(40.0)
        assert self.table.rooms == []
        assert self.table.clock.getDelayedCalls() == []


class ResumeTests(SynchronousTestCase):
    def test_client_misses_nothing(self) -> None:
        """No order of losses, writes, messages and half-carried bytes confuses it."""
        run_state_machine_as_test(
            ResumeMachine,
            settings=settings(
                max_examples=examples(test=100, soak=5_000), stateful_step_count=40
            ),
        )
        self.assertEqual(self.flushLoggedErrors(), [])
