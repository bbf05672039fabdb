"""Tests of `nexus.net.port`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Refused
from nexus.net.port import Unwelcome


class UnwelcomeTests(SynchronousTestCase):
    def test_it_is_a_refusal_with_a_status(self) -> None:
        """It can be caught as any refusal, and knows its status."""
        refusal = Unwelcome("banned", status=451)

        self.assertIsInstance(refusal, Refused)
        self.assertEqual((str(refusal), refusal.status), ("banned", 451))

    def test_status_has_to_be_one(self) -> None:
        """A number that is no status of HTTP is a mistake."""
        with self.assertRaises(ValueError):
            Unwelcome("banned", status=999)
