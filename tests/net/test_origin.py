"""Tests of `nexus.net.origin`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.net.origin import spelled_out


class OriginTests(SynchronousTestCase):
    def test_usual_ports_are_spelled_out(self) -> None:
        """A pattern without a port gets the one that its origins have."""
        for pattern, whole in (
            ("https://game.example", "https://game.example:443"),
            ("http://*.game.example", "http://*.game.example:80"),
            ("http://[::1]", "http://::1:80"),
            ("http://[::1]:3000", "http://::1:3000"),
            ("capacitor://localhost", "capacitor://localhost:None"),
        ):
            self.assertEqual(spelled_out(pattern), whole)

    def test_other_patterns_stay(self) -> None:
        """A pattern that names a port, or ends in anything, is left as it is."""
        for pattern in (
            "*",
            "https://*",
            "https://game.example:8443",
            "https://game.example:*",
        ):
            self.assertEqual(spelled_out(pattern), pattern)
