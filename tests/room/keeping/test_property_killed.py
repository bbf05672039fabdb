"""A Room that is killed and replayed is the one that lived, whatever its classes."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from attrs import define, evolve
from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import Rejected
from nexus.room import Client, Room, on_message
from nexus.state import State, Tree
from nexus.state.place import walk
from nexus.testing import Guest, Harness, Order
from nexus.wire.native import plain
from nexus.wire.native.store import read_saved, save
from tests import examples
from tests.room.keeping.player import is_done
from tests.strategies import WorldPlan, build, steps, worlds
from tests.support.world import Step, World

#: What happens behind a command: nothing; some time passes, in which it is committed,
#: or half of it is; the Node is stopped in good order; or it is killed, at once, or
#: when it has committed what it could answer nobody.
_THEN: Final = ("", "", "wait", "half", "stop", "kill", "kill", "away")


@define(eq=False)
class Hand(World):
    """Writes in a tree that somebody else made."""

    @override
    def __attrs_post_init__(self) -> None:
        """Make no tree."""

    @classmethod
    def on(cls, plan: WorldPlan, classes: list[type[State]], tree: Tree) -> Hand:
        """Return what writes in a tree."""
        hand = cls(plan)
        hand.classes, hand.tree = classes, tree
        return hand

    def act(self, step: Step) -> bool:
        """Carry out a step, or the beginning of one; return whether it is to stay."""
        act, where, which, first, second = step
        if act < 20:
            states = list(walk(self.tree.root))
            states[where % len(states)].owner = [None, "a", "b", "c"][second % 4]
        elif act < 30:
            self.move(where, which, first)
        else:
            self.write(where, which, first, second, act)
        return which % 5 != 0


def _stored(plan: WorldPlan) -> WorldPlan:
    """Return a plan of which all fields are kept: what is not is lost by a death."""
    return evolve(
        plan,
        classes=tuple(
            tuple(
                evolve(each, flag="") if each.flag == "transient" else each
                for each in fields
            )
            for fields in plan.classes
        ),
    )


def _room(plan: WorldPlan, classes: list[type[State]]) -> type[Room[Any]]:
    """Return a Room with the State of a plan, which clients write in."""
    root: Any = classes[-1]

    class Killed(Room[root]):
        durability = "confirmed"

        @override
        def on_create(self, options: Any) -> None:
            self.state = root()

        @override
        def on_drop(self, client: Client, code: int) -> None:
            self.allow_reconnection(client, 600)

        @on_message("step")
        def step(self, client: Client, step: list[int]) -> None:
            tree = self._actor.tree
            assert tree is not None
            act, where, which, first, second = step
            hand = Hand.on(plan, classes, tree)
            if not hand.act((act, where, which, first, second)):
                raise Rejected("not that")

    return Killed


def _held(tree: Tree) -> tuple[Any, list[str | None]]:
    """Return all that is kept of a tree, and whose each State is."""
    _ = tree.flush()
    return (
        plain(read_saved(save(tree)).replica().state),
        [each.owner for each in walk(tree.root)],
    )


def _live(hand: Hand, step: Step) -> bool:
    """Carry out a step where nobody dies, or put it back; return whether it stays."""
    with contextlib.suppress(_PutBack), hand.tree.atomic():
        if not hand.act(step):
            raise _PutBack
        return True
    return False


class _PutBack(Exception):
    """A step is not to stay."""


def _let(house: Harness, guest: Guest, what: str) -> None:
    """Let happen what stands behind a command."""
    match what:
        case "wait":
            house.advance(0.2)
        case "half":
            house.advance(0.04)
        case "stop":
            house.restart()
            guest.rejoin()
        case "kill":
            house.crash()
            guest.rejoin()
        case "away":
            guest.drop()
            house.advance(0.2)
            house.crash()
            guest.rejoin()


class KilledLaws(SynchronousTestCase):
    @given(worlds(), steps, st.lists(st.sampled_from(_THEN), min_size=4, max_size=12))
    @settings(max_examples=examples(60, 1500))
    def test_killed_room_is_the_one_that_lived(
        self, plan: WorldPlan, happened: list[Step], then: list[str]
    ) -> None:
        """Each command is answered, and did once what it did where nobody died."""
        plan = _stored(plan)
        classes = build(plan)
        lived = Hand.on(plan, classes, Tree(classes[-1]()))
        orders: list[tuple[Order, bool]] = []
        unanswered = 0
        with Harness(_room(plan, classes)) as house:
            guest = house.join_or_create()
            for number, step in enumerate(happened):
                orders.append((guest.order("step", list(step)), _live(lived, step)))
                what = then[number % len(then)]
                if what in ("kill", "away"):
                    unanswered += sum(not order.is_answered for order, _ in orders)
                _let(house, guest, what)
            house.advance(2)
            event(f"unanswered when it was killed: {min(unanswered, 3)}")
            [room] = house.rooms
            tree: Any = room.room._actor.tree

            found = [(order.is_answered, is_done(order)) for order, _ in orders]
            self.assertEqual(found, [(True, stays) for _, stays in orders])
            self.assertEqual(_held(tree), _held(lived.tree))
