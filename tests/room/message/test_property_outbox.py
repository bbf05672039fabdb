"""The law of outboxes: each message is heard once and in order, or its client knows."""

from __future__ import annotations

from typing import Any

from attrs import define, field
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

from nexus.limit import Limits
from nexus.room import Client, ClientStatus, on_message
from nexus.wire import frame as frames
from nexus.wire import message
from tests import examples
from tests.support.room import Gate, Scripted, scripted
from tests.support.table import NATIVE, Guest, Table

LIMITS = Limits(inbox=8, room_inbox=12, messages_per_second=1e9, messages_burst=10**9)


class Hearing(Scripted):
    """Notes what it hears; what is slow waits for the gate."""

    gate: Gate
    heard: list[int]

    @on_message("quick")
    def quick(self, client: Client, number: int) -> None:
        """Note."""
        self.heard.append(number)

    @on_message("slow")
    async def slow(self, client: Client, number: int) -> None:
        """Note, and wait."""
        self.heard.append(number)
        await self.gate.wait()

    @on_message("wrong")
    def wrong(self, client: Client, number: str) -> None:
        """Never called: nobody sends text."""
        raise AssertionError


@define
class Outbox:
    """What a client of ours does, as the protocol says."""

    guest: Guest
    #: Whether it may send: not on a connection that returned, before the first ack.
    flows: bool = True
    #: Whether what it sends gets lost.
    is_cut: bool = False
    #: None: it came by a token alone, and does not know yet from where to count.
    next_id: int | None = 1
    #: What has no id yet.
    fresh: list[tuple[str, int]] = field(factory=list)
    #: By id, the type and the number that were sent and are not acknowledged.
    waiting: dict[int, tuple[str, int]] = field(factory=dict)
    read: int = 0

    def put(self, type_: str, number: int) -> None:
        """Take a message in, and send it if that can be."""
        if self.next_id is None:
            self.fresh.append((type_, number))
            return
        self.waiting[self.next_id] = (type_, number)
        self.next_id += 1
        self.send(self.next_id - 1)

    def left(self) -> set[int]:
        """Return the numbers of what is not acknowledged."""
        return {number for _, number in (*self.waiting.values(), *self.fresh)}

    def send(self, ident: int) -> None:
        """Send one that waits."""
        if self.flows and not self.is_cut:
            self.guest.send("__nexus.out", [ident, *self.waiting[ident]])


class OutboxMachine(RuleBasedStateMachine):
    """One client with an outbox, and others who keep the Room busy."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(LIMITS)
        self.gate = Gate()
        self.heard: list[int] = []
        #: Numbers by what became of them, as their client sees it.
        self.done: set[int] = set()
        self.refused: set[int] = set()
        self.undelivered: set[int] = set()
        self.abandoned: set[int] = set()
        self.number = 0
        room = scripted(
            base=Hearing,
            script={"on_drop": lambda room, who, _: room.allow_reconnection(who, 1e6)},
            heard=self.heard,
            gate=self.gate,
            message_seconds=0,
            auto_dispose=False,
        )
        self.table.define(room)

    @initialize()
    def sit(self) -> None:
        """Let the client and another one sit down."""
        self.other = self.table.sit(**NATIVE)
        self.begin()

    def begin(self) -> None:
        """Let the client join."""
        self.out = Outbox(self.table.sit(**NATIVE))
        self.client = self.out.guest.client

    @property
    def alive(self) -> bool:
        """Whether the client is there, or may come back."""
        gone = (ClientStatus.LEAVING, ClientStatus.GONE)
        return self.client.status not in gone

    @rule(
        types=st.lists(st.just("quick"), min_size=1, max_size=6)
        | st.lists(
            st.sampled_from(("quick", "slow", "slow", "wrong")),
            min_size=1,
            max_size=6,
        )
    )
    def say(self, types: list[str]) -> None:
        """The client's game sends something."""
        for type_ in types:
            self.number += 1
            # What is wrong ends the client, so it is rarer than it seems.
            is_wrong = type_ == "wrong" and self.number % 3 == 0
            self.out.put(
                "wrong" if is_wrong else type_.replace("wrong", "quick"), self.number
            )
        self.look()

    @rule(place=st.integers(0, 9))
    def say_again(self, place: int) -> None:
        """Something that waits is sent twice, and all that stands behind it."""
        waiting = list(self.out.waiting)
        for ident in waiting[place % (len(waiting) or 1) :]:
            self.out.send(ident)
        self.look()

    @rule(count=st.integers(1, 6))
    def crowd(self, count: int) -> None:
        """Somebody else keeps the Room busy."""
        for _ in range(count):
            if len(self.other.client.inbox or ()) < LIMITS.inbox:
                self.other.send("slow", 0)

    @rule()
    def cut(self) -> None:
        """What the client sends from now on gets lost, until its socket is."""
        self.out.is_cut = True

    @rule(reads=st.booleans())
    def drop(self, reads: bool) -> None:
        """The socket is gone; what came may have been read, or not."""
        if reads:
            self.hear()
        self.out.flows = False
        self.out.guest.drop()
        self.look()

    @rule(knows=st.booleans(), later=st.booleans(), reads=st.booleans())
    def back(self, knows: bool, later: bool, reads: bool) -> None:
        """The client comes back, as the object that it was or as another one."""
        if not self.alive:
            return
        if reads:
            self.hear()
        if not self.alive:
            return
        query = {"skipHandshake": "1"} if knows else {}
        guest = self.out.guest.back(**query)
        if not guest.joined:
            return
        if knows:
            self.out.guest, self.out.read = guest, 0
            self.out.flows = self.out.is_cut = False
        else:
            self.abandoned |= self.out.left()
            self.out = Outbox(guest, flows=False, next_id=None)
        if later:
            self.table.clock.advance(0.15)
        guest.ack()

    @rule()
    def hear(self) -> None:
        """The client reads what came."""
        self.read()
        self.look()

    def read(self) -> None:
        """Take note of what is acknowledged and refused in what came."""
        out = self.out
        new, out.read = out.guest.frames[out.read :], len(out.guest.socket.sent)
        for each in new:
            if not isinstance(each, frames.Message):
                continue
            value: Any = message.decode(each.payload)
            if each.type == "__nexus.refused":
                kept = out.waiting.pop(value[0], None)
                if kept is not None:
                    self.refused.add(kept[1])
            elif each.type == "__nexus.ack":
                self.acknowledged(value)

    def acknowledged(self, ident: int) -> None:
        """Forget what was heard; go on with the rest."""
        out = self.out
        for each in [each for each in out.waiting if each <= ident]:
            number = out.waiting.pop(each)[1]
            assert number in self.heard, f"{number} was not heard and is acknowledged"
            self.done.add(number)
        if not out.flows and out.guest.socket.closed is None:
            out.flows = True
            for each in list(out.waiting):
                out.send(each)
            if out.next_id is None:
                out.next_id = ident + 1
                for type_, number in out.fresh:
                    out.put(type_, number)
                out.fresh = []

    @rule(seconds=st.sampled_from((0.01, 0.05, 0.1, 0.3)))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.table.clock.advance(seconds)
        self.look()

    @rule()
    def go_on(self) -> None:
        """What is slow comes to its end."""
        self.gate.open()
        self.look()

    @rule(kick=st.booleans(), odds=st.integers(0, 3))
    def leave(self, kick: bool, odds: int) -> None:
        """The client leaves, or is told to."""
        if odds:
            return
        if kick:
            self.client.leave()
        elif not self.out.is_cut:
            self.out.guest.leave()
        self.look()

    def look(self) -> None:
        """When the client is let go, what waits is reported; another one comes."""
        if self.alive:
            return
        out = self.out
        orderly = not out.guest.lost and out.guest.connection is self.client.connection
        out.flows = False
        self.read()
        left = out.left()
        if orderly:
            assert not left & set(self.heard), "heard, and reported as undelivered"
        self.undelivered |= left
        out.guest.drop()
        self.begin()

    @invariant()
    def nothing_is_heard_twice_or_late(self) -> None:
        """What is heard comes in the order in which it was sent, once."""
        mine = [number for number in self.heard if number]
        assert mine == sorted(set(mine))
        assert not self.refused & set(mine), "heard, and reported as refused"
        assert self.done <= set(mine)

    @precondition(lambda self: hasattr(self, "out"))
    @rule()
    def rest(self) -> None:
        """When all is quiet, nothing is left: all was heard, or its client knows."""
        self.gate.open()
        if self.out.is_cut or self.out.guest.lost or not self.out.flows:
            self.drop(reads=False)
            self.back(knows=True, later=False, reads=False)
        for _ in range(4):
            self.hear()
            for _ in range(20):
                self.gate.open()
            self.table.clock.advance(0.1)
        self.hear()
        assert not self.out.left()
        known = self.done | self.refused | self.undelivered | self.abandoned
        assert known == set(range(1, self.number + 1))

    @override
    def teardown(self) -> None:
        """When all are gone, nothing is left."""
        if hasattr(self, "out"):
            self.rest()
            room = self.other.actor
            self.table.background.spawn(room.close(), "end")
            assert room.dispatch._inboxes._count == 0
        for guest in list(self.table.guests):
            guest.drop()
        self.table.clock.advance(1.0)
        assert self.table.rooms == []
        assert self.table.clock.getDelayedCalls() == []


class OutboxTests(SynchronousTestCase):
    def test_each_message_is_heard_once_or_reported(self) -> None:
        """No order of sends, losses, returns and slow messages confuses an outbox."""
        run_state_machine_as_test(
            OutboxMachine,
            settings=settings(
                max_examples=examples(test=150, soak=8_000), stateful_step_count=40
            ),
        )
