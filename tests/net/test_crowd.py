"""Tests of `nexus.net.crowd`."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from nexus.metrics import Counter
from nexus.net.admission import Admission
from nexus.net.crowd import Crowd


def four(host: str) -> IPv4Address:
    """Return an address to come from."""
    return IPv4Address("TCP", host, 1)


class CrowdTests(SynchronousTestCase):
    def test_address_has_so_many(self) -> None:
        """What is too much of an address is refused, until one of its own ends."""
        refused = Counter()
        crowd = Crowd(Admission(10, 2), refused=refused)
        first, _ = (crowd.enter(four("192.0.2.1")) for _ in "ab")

        self.assertIsNone(crowd.enter(four("192.0.2.1")))
        self.assertIsNotNone(crowd.enter(four("192.0.2.2")))
        assert first is not None
        first()

        self.assertIsNotNone(crowd.enter(four("192.0.2.1")))
        self.assertEqual((crowd.count, refused.value), (3, 1))

    def test_network_is_one_address(self) -> None:
        """Whoever has a network of IPv6 addresses is counted as one."""
        crowd = Crowd(Admission(10, 2))
        for host in ("2001:db8::1", "2001:db8::2"):
            self.assertIsNotNone(crowd.enter(IPv6Address("TCP", host, 1)))

        self.assertIsNone(crowd.enter(IPv6Address("TCP", "2001:db8::3", 1)))

    def test_proxies_and_local_peers_have_a_limit_in_all_only(self) -> None:
        """Those whose address tells nothing are counted together."""
        for crowd, address in (
            (Crowd(Admission(3, 2), proxied=True), four("192.0.2.1")),
            (Crowd(Admission(3, 2)), UNIXAddress(b"")),
            (Crowd(Admission(3, 2)), None),
        ):
            for _ in range(3):
                self.assertIsNotNone(crowd.enter(address))
            self.assertIsNone(crowd.enter(address))
