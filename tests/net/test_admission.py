"""Tests of `nexus.net.admission`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.net.admission import Admission, holder_of, outermost, plain_address
from nexus.net.port import Unwelcome


class AddressTests(SynchronousTestCase):
    def test_addresses_are_read_however_they_are_written(self) -> None:
        """Ports, brackets, quotes and detours through IPv6 do not matter."""
        for text, address in (
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1:8080 ", "192.0.2.1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ('"[2001:db8::1]"', "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("unknown", None),
            ("_hidden", None),
            ("", None),
            ("1.2.3", None),
            ("192.0.2.1, 192.0.2.2", None),
        ):
            self.assertEqual(plain_address(text), address, text)

    @given(st.text())
    def test_no_text_hurts(self, text: str) -> None:
        """Any text is an address or none."""
        address = plain_address(text)

        if address is not None:
            self.assertEqual(plain_address(address), address)
            holder_of(address)

    def test_value_of_the_outermost_proxy_counts(self) -> None:
        """It stands as far from the right as there are proxies."""
        for values, proxies, value in (
            ("a, b, c", 1, "c"),
            ("a, b, c", 2, "b"),
            ("a, b, c", 3, "a"),
            ("a, b, c", 4, "a"),
            ("a, b, c", 0, ""),
            ("", 1, ""),
            (None, 1, ""),
        ):
            self.assertEqual(outermost(values, proxies), value)

    def test_network_holds_its_sockets_together(self) -> None:
        """An IPv4 address stands for itself, an IPv6 one for its /64."""
        self.assertEqual(holder_of("192.0.2.1"), "192.0.2.1")
        self.assertEqual(holder_of("2001:db8::1"), holder_of("2001:db8::ffff:1"))
        self.assertNotEqual(holder_of("2001:db8::1"), holder_of("2001:db8:0:1::1"))
        self.assertEqual(holder_of("fe80::1%eth0"), "fe80::/64")
        self.assertEqual(holder_of(""), "")


class AdmissionTests(SynchronousTestCase):
    def test_limits_hold_and_places_come_back(self) -> None:
        """One too many is refused with its status, until somebody leaves."""
        admission = Admission(max_in_all=3, max_per_address=2)
        admission.enter("a")
        admission.enter("a")

        with self.assertRaises(Unwelcome) as of_address:
            admission.enter("a")
        admission.enter("b")
        with self.assertRaises(Unwelcome) as in_all:
            admission.enter("c")
        admission.leave("a")
        admission.enter("a")

        self.assertEqual(of_address.exception.status, 429)
        self.assertEqual(in_all.exception.status, 503)
        self.assertEqual(admission.count, 3)

    def test_local_sockets_count_in_all_only(self) -> None:
        """Without an address there is no limit for an address."""
        admission = Admission(max_in_all=10, max_per_address=1)

        for _ in range(10):
            admission.enter("")
        with self.assertRaises(Unwelcome):
            admission.enter("")

    @given(st.lists(st.sampled_from(["a", "b", "", "2001:db8::/64"]), max_size=60))
    def test_nothing_is_left_of_those_who_left(self, holders: list[str]) -> None:
        """However many came, after all left there is nothing, not even a name."""
        admission = Admission(max_in_all=20, max_per_address=5)
        inside = []
        for holder in holders:
            try:
                admission.enter(holder)
            except Unwelcome:
                continue
            inside.append(holder)
        self.assertEqual(admission.count, len(inside))

        for holder in inside:
            admission.leave(holder)

        self.assertEqual(admission.count, 0)
        self.assertEqual(len(admission._by_holder), 0)
