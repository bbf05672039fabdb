"""Tests of `nexus.room.seat.token`."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.room import SeatExpired
from nexus.room.seat.token import Tokens, lets_back


class Visitor(SimpleNamespace):
    """As much of a Client as is looked at."""

    __hash__ = object.__hash__


class TokensTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Give somebody a token."""
        self.tokens = Tokens(Random(1))
        self.client: Any = Visitor(session_id="ada", reconnection_token="")
        self.tokens.renew(self.client)
        self.first: str = self.client.reconnection_token

    def good(self, token: str, tokens: Tokens | None = None) -> bool:
        """Say whether a token lets the client back in."""
        try:
            return (tokens or self.tokens).find(token) is self.client
        except SeatExpired:
            return False

    def test_token_that_was_used_is_good_until_the_next_was_taken(self) -> None:
        """Between a return and its acknowledgement either token will do."""
        self.tokens.use(self.client)
        self.assertFalse(self.good(self.first))

        self.tokens.renew(self.client, self.first)
        second = self.client.reconnection_token
        self.assertTrue(self.good(self.first) and self.good(second))
        self.tokens.acknowledged(self.client)

        self.assertFalse(self.good(self.first))
        self.assertTrue(self.good(second))

    def test_token_of_a_return_that_did_not_begin_is_restored(self) -> None:
        """Who could not use its token may try again."""
        self.tokens.use(self.client)

        self.tokens.restore(self.client)

        self.assertTrue(self.good(self.first))

    def test_nothing_is_left(self) -> None:
        """Whoever is forgotten comes back by no token, and leaves nothing behind."""
        self.tokens.use(self.client)
        self.tokens.renew(self.client, self.first)

        self.tokens.forget(self.client)

        self.assertFalse(self.good(self.first))
        self.assertFalse(self.good(self.client.reconnection_token))
        self.assertEqual((self.tokens._clients, self.tokens._keys), ({}, {}))

    def test_token_of_the_future_is_not_good(self) -> None:
        """While the Room lives nobody has a token that it did not give."""
        tokens = Tokens(Random(1))
        tokens.renew(self.client)
        tokens.renew(self.client, self.first)
        future = self.client.reconnection_token

        self.assertNotEqual(future, self.first)
        self.assertFalse(self.good(future))

    def test_token_that_went_out_before_a_crash_is_good(self) -> None:
        """Of a Room that died it is not known how many tokens it gave last."""
        key = self.tokens.key(self.client)
        kept = (key.secret, key.counter)
        self.tokens.renew(self.client, self.first)
        second = self.client.reconnection_token

        later = Tokens(Random(2))
        later.admit(self.client, *kept)

        self.assertTrue(self.good(self.first, later) and self.good(second, later))
        later.use(self.client)
        later.renew(self.client, second)
        later.acknowledged(self.client)
        self.assertFalse(self.good(self.first, later) or self.good(second, later))
        self.assertTrue(self.good(self.client.reconnection_token, later))

    def test_what_is_no_token_lets_nobody_in(self) -> None:
        """Whatever comes in the place of a token is refused."""
        session, count, proof = self.first.split(".")
        for wrong in (
            "",
            ".",
            "ada",
            f"{session}.{count}",
            f"{session}.{count}.",
            f"{session}.{count}.{proof}x",
            f"{session}.{count}.{proof[:-1]}",
            f"{session}.2.{proof}",
            f"{session}.-1.{proof}",
            f"{session}.0{count}.{proof}",
            f"{session}.\u0661.{proof}",
            f"{session}.{'9' * 400}.{proof}",
            f"bob.{count}.{proof}",
            f"{self.first}\ud800",
        ):
            self.assertFalse(self.good(wrong), wrong)
        self.assertTrue(self.good(self.first))

    def test_who_has_no_secret_cannot_come_back(self) -> None:
        """A token that is made of nothing, or of too little, lets nobody in."""
        for secret in (b"", b"x" * 15, b"x" * 17):
            later = Tokens(Random(2))
            later.admit(self.client, secret, 1)
            token = self.client.reconnection_token

            self.assertFalse(self.good(token, later))
            self.assertFalse(lets_back(token, "ada", secret, 1))
