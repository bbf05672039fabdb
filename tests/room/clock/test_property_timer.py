"""The timers of a Room, against a naive model of them."""

from __future__ import annotations

from typing import Any

from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.clock.timer import Timer
from tests import examples
from tests.room.clock.timing import Stage


@define
class Plan:
    """What a Timer of the model does: a naive one, in quarter seconds."""

    number: int
    period: int
    repeats: bool
    #: Which other Timer it asks for what when it fires.
    asks: tuple[int, str]
    deadline: int
    left: int = 0
    paused: bool = False
    active: bool = True
    #: Goes up when the rest of what is due must not fire.
    moved: int = 0


class Model:
    """The clock, written without a thought of speed."""

    def __init__(self) -> None:
        self.now = 0
        self.plans: list[Plan] = []
        self.fired: list[tuple[int, int]] = []

    def start(self, period: int, repeats: bool, asks: tuple[int, str]) -> None:
        """Start a Timer."""
        self.plans.append(
            Plan(len(self.plans), period, repeats, asks, self.now + period)
        )

    def ask(self, number: int, verb: str) -> None:
        """Ask something of a Timer."""
        if not self.plans:
            return
        plan = self.plans[number % len(self.plans)]
        if not plan.active:
            return
        if verb == "pause" and not plan.paused:
            plan.paused, plan.left = True, max(0, plan.deadline - self.now)
            plan.moved += 1
        elif verb == "resume" and plan.paused:
            plan.paused, plan.deadline = False, self.now + plan.left
        elif verb == "reset":
            plan.moved += 1
            plan.left, plan.deadline = plan.period, self.now + plan.period
        elif verb == "cancel":
            plan.active = False
            plan.moved += 1

    def advance(self, quarters: int) -> None:
        """Fire what is due, in order."""
        self.now += quarters
        due = []
        for plan in self.plans:
            if not plan.active or plan.paused:
                continue
            times = 0
            while plan.deadline <= self.now:
                if times < 5:
                    due.append((plan.deadline, plan.number, plan.moved))
                times += 1
                if not plan.repeats:
                    break
                plan.deadline += plan.period
        for _, number, moved in sorted(due):
            plan = self.plans[number]
            if plan.active and plan.moved == moved:
                plan.active = plan.repeats
                self.fired.append((self.now, number))
                self.ask(*plan.asks)


_VERBS = st.sampled_from(["pause", "resume", "reset", "cancel", "nothing"])
_ASKS = st.tuples(st.integers(0, 9), _VERBS)
_STEPS = st.one_of(
    st.tuples(st.just("start"), st.integers(1, 12), st.booleans(), _ASKS),
    st.tuples(st.just("start"), st.just(0), st.just(False), _ASKS),
    st.tuples(st.just("ask"), _ASKS),
    st.tuples(st.just("advance"), st.integers(0, 30)),
)


class PropertyTests(SynchronousTestCase):
    @settings(max_examples=examples(test=200, soak=20_000))
    @given(st.lists(_STEPS, max_size=40))
    def test_clock_is_the_naive_one(self, steps: list[Any]) -> None:
        """Any history of Timers fires as in a model that looks at each of them."""
        stage, model = Stage(), Model()
        timers: list[Timer] = []

        def ask(number: int, verb: str) -> None:
            if timers and verb != "nothing":
                getattr(timers[number % len(timers)], verb)()

        def fire(number: int, asks: tuple[int, str]) -> None:
            stage.call(number)
            ask(*asks)

        for kind, *how in steps:
            if kind == "advance":
                stage.clock.advance(how[0] / 4)
                model.advance(how[0])
            elif kind == "ask":
                ask(*how[0])
                model.ask(*how[0])
            else:
                period, repeats, asks = how
                start = stage.clock.every if repeats else stage.clock.call_later
                timers.append(start(period / 4, fire, len(timers), asks))
                model.start(period, repeats, asks)

        self.assertEqual(
            stage.calls, [(now / 4, number) for now, number in model.fired]
        )
        active = sum(plan.active for plan in model.plans)
        self.assertEqual(stage.clock.timers, active)
