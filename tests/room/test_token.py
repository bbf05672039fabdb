"""Tests of `nexus.room.token`."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.room import SeatExpired
from nexus.room.token import Tokens


class Visitor(SimpleNamespace):
    """As much of a Client as is looked at."""

    __hash__ = object.__hash__


class TokensTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Give somebody a token."""
        self.tokens = Tokens(Random(1))
        self.client: Any = Visitor(reconnection_token="")
        self.tokens.renew(self.client)
        self.first: str = self.client.reconnection_token

    def good(self, token: str) -> bool:
        """Say whether a token lets the client back in."""
        try:
            return self.tokens.find(token) is self.client
        except SeatExpired:
            return False

    def test_token_that_was_used_is_good_until_the_next_was_taken(self) -> None:
        """Between a return and its acknowledgement either token will do."""
        self.tokens.use(self.first)
        self.assertFalse(self.good(self.first))

        self.tokens.renew(self.client, self.first)
        second = self.client.reconnection_token
        self.assertTrue(self.good(self.first) and self.good(second))
        self.tokens.acknowledged(self.client)

        self.assertFalse(self.good(self.first))
        self.assertTrue(self.good(second))

    def test_token_of_a_return_that_did_not_begin_is_restored(self) -> None:
        """Who could not use its token may try again."""
        self.tokens.use(self.first)

        self.tokens.restore(self.first, self.client)

        self.assertTrue(self.good(self.first))

    def test_nothing_is_left(self) -> None:
        """Whoever is forgotten comes back by no token, and leaves nothing behind."""
        self.tokens.use(self.first)
        self.tokens.renew(self.client, self.first)

        self.tokens.forget(self.client)

        self.assertFalse(self.good(self.first))
        self.assertFalse(self.good(self.client.reconnection_token))
        self.assertEqual((self.tokens._clients, self.tokens._used), ({}, {}))
