"""Tests of `nexus.net.limit`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.net.limit import SocketLimits


class SocketLimitsTests(SynchronousTestCase):
    def test_limits_are_on_by_default(self) -> None:
        """Nothing is unbounded unless somebody says so."""
        limits = SocketLimits()

        self.assertEqual(limits.max_message, 65_536)
        self.assertEqual(limits.max_waiting, 1_048_576)
        self.assertEqual(limits.max_per_address, 100)
        self.assertEqual(limits.max_sockets, 10_000)
        self.assertEqual(limits.trusted_proxies, 0)
        self.assertGreater(limits.ping_interval, 0)

    def test_senseless_limits_are_refused(self) -> None:
        """A limit that would let nobody in, or never end, is a mistake."""
        for name, value in (
            ("max_message", 0),
            ("max_waiting", 0),
            ("max_per_address", 0),
            ("max_sockets", 0),
            ("handshake_timeout", 0),
            ("close_timeout", 0),
            ("ping_interval", -1),
            ("chatter_per_second", 0),
            ("trusted_proxies", -1),
            ("compress_from", -1),
        ):
            with self.assertRaises(ValueError, msg=name):
                SocketLimits(**{name: value})
