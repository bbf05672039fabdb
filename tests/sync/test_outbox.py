"""Tests of the outbox, by the examples that the JavaScript client reads as well."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.sync import Letter, Outbox, OutboxFull
from tests import ROOT, examples

_VECTORS = json.loads((ROOT / "tests/vectors/client/outbox.json").read_text("utf-8"))


def shown(letters: list[Letter]) -> list[list[Any]]:
    """Return letters as the examples write them."""
    return [[letter.id, letter.type, letter.body] for letter in letters]


class Play:
    """An outbox that does the steps of an example, and what it holds by its own word.

    Args:
        case: The test that is asked.
        limits: The bounds, as the example writes them.
    """

    def __init__(self, case: SynchronousTestCase, limits: dict[str, int]) -> None:
        self.case = case
        self.outbox = Outbox(
            max_messages=limits.get("maxMessages", 1000),
            max_bytes=limits.get("maxBytes", 1 << 20),
        )

    def step(self, verb: str, *said: Any) -> None:
        """Do one step, and compare."""
        getattr(self, f"on_{verb}")(*said)

    def on_open(self, now: float) -> None:
        """It is opened."""
        self.outbox.open(now)
        self.case.assertTrue(self.outbox.is_open)

    def on_close(self) -> None:
        """It is closed."""
        self.outbox.close()
        self.case.assertFalse(self.outbox.is_open)

    def on_add(self, type_: str | int, body: Any, size: int, times: int = 1) -> None:
        """It takes in."""
        for _ in range(times):
            self.outbox.add(type_, body, size)

    def on_full(self, type_: str | int, body: Any, size: int) -> None:
        """It is full."""
        with self.case.assertRaisesRegex(OutboxFull, "the outbox is full: [0-9]+ mess"):
            self.outbox.add(type_, body, size)

    def on_ack(self, id_: int, now: float) -> None:
        """It forgets."""
        self.outbox.ack(id_, now)
        self.case.assertTrue(self.outbox.is_open)

    def on_refuse(self, id_: int, expected: list[Any] | None) -> None:
        """It reports what was dropped."""
        letter = self.outbox.refuse(id_)
        self.case.assertEqual(letter and shown([letter])[0], expected)

    def on_wrong(self, verb: str, id_: int) -> None:
        """It does not believe."""
        with self.case.assertRaisesRegex(PeerError, f"message {id_} is .* never sent"):
            if verb == "ack":
                self.outbox.ack(id_, 0)
            else:
                self.outbox.refuse(id_)

    def on_take(self, now: float, ids: list[int], wait: float | None) -> None:
        """It hands out."""
        taken = [letter.id for letter in self.outbox.take(now)]
        self.case.assertEqual((taken, self.outbox.wait(now)), (ids, wait))

    def on_kept(self, ids: list[int], size: int) -> None:
        """It holds."""
        self.case.assertEqual((self.outbox.size, self.outbox.bytes), (len(ids), size))
        kept = [*self.outbox._sent, *self.outbox._waiting]
        self.case.assertEqual([letter.id for letter in kept], ids)

    def on_drain(self, expected: list[Any]) -> None:
        """It gives back."""
        self.case.assertEqual(shown(self.outbox.drain()), expected)


class OutboxTests(SynchronousTestCase):
    def test_examples(self) -> None:
        """It does what the shared examples say, step by step."""
        for case in _VECTORS["cases"]:
            play = Play(self, case.get("limits", {}))
            for number, step in enumerate(case["steps"]):
                try:
                    play.step(*step)
                except AssertionError as error:
                    raise AssertionError(f"{case['note']}, {number}: {step}") from error

    def test_examples_know_their_steps(self) -> None:
        """Each verb is explained, and each that is explained occurs."""
        used = {step[0] for case in _VECTORS["cases"] for step in case["steps"]}

        self.assertEqual(used, set(_VECTORS["steps"]))

    def test_letters_go_when_nothing_waits(self) -> None:
        """A Letter that is alone may go at once; then there is nothing to wait for."""
        outbox = Outbox()
        outbox.open(0)
        outbox.add("a", 1, 1)

        self.assertEqual(outbox.wait(0), 0.0)
        self.assertEqual(len(outbox.take(0)), 1)
        self.assertIsNone(outbox.wait(0))

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(st.lists(st.sampled_from(("add", "take", "hear", "ack", "drop", "return"))))
    def test_each_letter_is_heard_once_and_in_order(self, acts: list[str]) -> None:
        """Whatever is lost, a Node that drops what it knows hears each Letter once."""
        outbox, wire, heard, known = Outbox(), [], [], 0
        outbox.open(0)
        added, now = 0, 0.0
        for act in [*acts, "drop", "return", "take", "hear", "ack"]:
            now += 10_000
            if act == "add":
                added += 1
                outbox.add("a", added, 1)
            elif act == "take":
                wire += outbox.take(now)
            elif act == "hear":
                for letter in wire:
                    if letter.id > known:
                        heard.append(letter.body)
                        known = letter.id
                wire = []
            elif act == "ack" and outbox.is_open:
                outbox.ack(known, now)
            elif act == "drop":
                wire = wire[: len(wire) // 2]
                outbox.close()
                for letter in wire:
                    if letter.id > known:
                        heard.append(letter.body)
                        known = letter.id
                wire = []
            elif act == "return" and not outbox.is_open:
                outbox.ack(known, now)

        self.assertEqual(heard, list(range(1, added + 1)))
        self.assertEqual((outbox.size, outbox.bytes), (0, 0))
