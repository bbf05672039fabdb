"""Tests of the answer to a wish."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.client.error import JoinError
from nexus.client.port import Answer
from nexus.client.seat import Seat, read_seat
from tests import examples

_GOOD = {"name": "room", "roomId": "r", "sessionId": "s", "processId": "p"}


def answer(said: Any, status: int = 200) -> Answer:
    """Make an answer of JSON."""
    return Answer(status, json.dumps(said).encode())


class SeatTests(SynchronousTestCase):
    def test_seat(self) -> None:
        """An answer that grants names the seat."""
        self.assertEqual(read_seat(answer(_GOOD)), Seat("room", "r", "s", "p"))
        elsewhere = read_seat(answer({**_GOOD, "publicAddress": "h:1/x"}))
        self.assertEqual(elsewhere.address, "h:1/x")

    def test_denial(self) -> None:
        """An answer that denies has a code and a sentence, or at least its status."""
        for given_, code, text in (
            (answer({"code": 521, "error": "none fits"}, 521), 521, "none fits"),
            (answer({"code": 9, "error": "own"}, 500), 9, "own"),
            (answer({"code": True, "error": 5}, 404), 404, "the answer is status 404"),
            (answer([], 502), 502, "the answer is status 502"),
            (Answer(503, b"\xff"), 503, "the answer is status 503"),
        ):
            with self.assertRaises(JoinError) as caught:
                read_seat(given_)
            self.assertEqual(caught.exception.code, code)
            self.assertEqual(str(caught.exception), text)

    def test_what_is_no_seat(self) -> None:
        """What would not be an id is not put into a URL."""
        wrong: Any
        for wrong in (
            [],
            {},
            {**_GOOD, "name": 5},
            {**_GOOD, "roomId": "r/../x"},
            {**_GOOD, "sessionId": ""},
            {**_GOOD, "processId": None},
            {**_GOOD, "publicAddress": "h\r\n"},
            {**_GOOD, "publicAddress": 5},
        ):
            with self.assertRaises(JoinError):
                read_seat(answer(wrong))

    @settings(max_examples=examples(test=100, soak=10_000))
    @given(st.binary(max_size=50), st.sampled_from((200, 404)))
    def test_any_bytes(self, body: bytes, status: int) -> None:
        """No bytes do more than deny."""
        with self.assertRaises(JoinError):
            read_seat(Answer(status, body))
