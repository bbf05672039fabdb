"""Tests of `nexus.match.stats`."""

from __future__ import annotations

from nexus.match.stats import KindStats
from tests.support.room import scripted
from tests.support.table import TableTestCase


class StatsTests(TableTestCase):
    def test_rooms_and_clients_are_counted(self) -> None:
        """Open Rooms count, and who is in them, for each kind and in all."""
        keep = scripted(script={"on_drop": lambda r, c, _: r.allow_reconnection(c, 20)})
        self.table.define(scripted(max_clients=1), "duel")
        self.table.define(keep, "town")
        self.table.sit("duel")
        self.table.sit("duel")
        self.table.sit("town")
        self.table.sit("town").drop()
        self.table.reserve("town")

        stats = self.table.matchmaker.stats

        self.assertEqual((stats.rooms, stats.clients), (3, 3))
        self.assertEqual(
            stats.kinds, {"duel": KindStats(2, 2), "town": KindStats(1, 1)}
        )

    def test_nothing_counts_nothing(self) -> None:
        """A Node without Rooms says so."""
        stats = self.table.matchmaker.stats

        self.assertEqual((stats.rooms, stats.clients, stats.kinds), (0, 0, {}))
