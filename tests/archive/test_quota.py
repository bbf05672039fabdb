"""Tests of `nexus.archive.quota`."""

from __future__ import annotations

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.quota import Quota
from nexus.journal.record import MAX_PAYLOAD


class QuotaTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Allow 1,000 bytes, and listen to the log."""
        self.beyond: list[str] = []
        self.quota = Quota(1_000, lambda room_id, _: self.beyond.append(room_id))
        self.said: list[str] = []

        def hear(event: dict[str, object]) -> None:
            if event.get("act") == "quota":
                self.said.append(str(event["room_id"]))

        globalLogPublisher.addObserver(hear)
        self.addCleanup(globalLogPublisher.removeObserver, hear)

    def test_growth_is_warned_of_once_and_then_told(self) -> None:
        """At four fifths people are warned; beyond all of it the Room is told of."""
        self.quota.replaced("a", 700)
        self.quota.wrote("a", 100)
        self.assertEqual(self.said, [])
        self.quota.wrote("a", 50)
        self.quota.wrote("a", 50)
        self.assertEqual((self.said, self.beyond), (["a"], []))

        self.quota.wrote("a", 101)

        self.assertEqual(self.beyond, ["a"])

    def test_snapshot_takes_the_place_of_the_journal(self) -> None:
        """What was folded counts no more."""
        for _ in range(20):
            self.quota.wrote("a", 700)
            self.quota.replaced("a", 200)

        self.assertEqual(self.beyond, [])

    def test_rooms_are_counted_apart(self) -> None:
        """One Room's size is nothing to another; who is forgotten begins anew."""
        self.quota.wrote("a", 900)
        self.quota.wrote("b", 900)
        self.quota.forget("a")
        self.quota.wrote("a", 900)

        self.assertEqual((self.beyond, self.said), ([], ["a", "b", "a"]))

    def test_what_is_no_rows(self) -> None:
        """Of a Room that nearly nobody could read any more people are warned once."""
        most = 0.8 * MAX_PAYLOAD
        self.quota.folded("gone", MAX_PAYLOAD)
        self.quota.replaced("a", 10)
        self.quota.folded("a", int(most))
        self.assertEqual(self.said, [])
        self.quota.folded("a", int(most) + 1)
        self.quota.folded("a", int(most) + 2)

        self.assertEqual((self.said, self.beyond), (["a"], []))
