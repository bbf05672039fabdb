"""Tests of commands, by the examples that the JavaScript client reads as well."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sync import Command, Commands
from tests import ROOT, examples

_VECTORS = json.loads((ROOT / "tests/vectors/client/commands.json").read_text("utf-8"))


class Play:
    """Commands that do the steps of an example."""

    def __init__(self, case: SynchronousTestCase) -> None:
        self.case = case
        self.commands = Commands()
        self.added: list[Command] = []

    def on_open(self, now: float) -> None:
        """They are opened."""
        self.commands.open(now)

    def on_close(self) -> None:
        """They are closed."""
        self.commands.close()

    def on_add(self, body: Any, size: int, times: int | None = None) -> None:
        """They take in."""
        bodies = [body] if times is None else range(body, body + times)
        for each in bodies:
            command = self.commands.add(each, size)
            assert command is not None
            self.added.append(command)

    def on_full(self, body: Any, size: int) -> None:
        """They are full."""
        before = self.commands.size, self.commands.bytes
        self.case.assertIsNone(self.commands.add(body, size))
        self.case.assertEqual((self.commands.size, self.commands.bytes), before)

    def on_count(self, id_: int) -> None:
        """They go on behind that."""
        self.commands.count(id_)

    def on_take(self, now: float, expected: list[Any], wait: float | None) -> None:
        """They hand out."""
        taken = [[each.id, each.body] for each in self.commands.take(now)]
        self.case.assertEqual((taken, self.commands.wait(now)), (expected, wait))

    def on_many(self, now: float, first: int, last: int, wait: float | None) -> None:
        """They hand out many."""
        taken = [each.id for each in self.commands.take(now)]
        expected = list(range(first, last + 1))
        self.case.assertEqual((taken, self.commands.wait(now)), (expected, wait))

    def on_answer(self, id_: int, expected: Any) -> None:
        """They forget what was answered."""
        found = self.commands.answer(id_)
        self.case.assertEqual(found and found.body, expected)

    def on_forget(self, body: Any) -> None:
        """They forget one."""
        [command] = [each for each in self.added if each.body == body]
        self.commands.forget(command)

    def on_kept(self, bodies: list[Any], size: int) -> None:
        """They hold."""
        kept = [*self.commands._sent, *self.commands._waiting]
        self.case.assertEqual([each.body for each in kept], bodies)
        self.case.assertEqual(
            (self.commands.size, self.commands.bytes), (len(bodies), size)
        )

    def on_drain(self, expected: list[Any]) -> None:
        """They give back."""
        self.case.assertEqual([each.body for each in self.commands.drain()], expected)


class CommandsTests(SynchronousTestCase):
    def test_examples(self) -> None:
        """They do what the shared examples say, step by step."""
        for case in _VECTORS["cases"]:
            play = Play(self)
            for number, (verb, *said) in enumerate(case["steps"]):
                try:
                    getattr(play, f"on_{verb}")(*said)
                except AssertionError as error:
                    where = f"{case['note']}, {number}: {verb}"
                    raise AssertionError(where) from error

    def test_examples_know_their_steps(self) -> None:
        """Each verb is explained, and each that is explained occurs."""
        used = {step[0] for case in _VECTORS["cases"] for step in case["steps"]}

        self.assertEqual(used, set(_VECTORS["steps"]))

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(st.lists(st.sampled_from(["add", "take", "lose", "open", "answer", "late"])))
    def test_ids_count_up_and_stay(self, steps: list[str]) -> None:
        """Whatever happens, each has one id for ever, and they go in their order."""
        commands, ids = Commands(), dict[int, int]()
        waiting: list[Command] = []
        for now, step in enumerate(steps):
            if step == "add":
                command = commands.add(now, 1)
                assert command is not None
                waiting.append(command)
            elif step == "lose":
                commands.close()
            elif step == "open":
                commands.open(now)
            elif step == "take":
                taken = commands.take(now)
                for each in taken:
                    self.assertEqual(ids.setdefault(each.body, each.id), each.id)
                numbers = [each.id for each in taken]
                self.assertEqual(numbers, sorted(numbers))
            elif waiting and (step == "late" or waiting[0].id):
                first = waiting.pop(0)
                if step == "late":
                    commands.forget(first)
                else:
                    self.assertIs(commands.answer(first.id), first)
        self.assertEqual(commands.drain(), waiting)
        by_age = [ids[body] for body in sorted(ids)]
        self.assertEqual(by_age, list(range(1, len(ids) + 1)))
