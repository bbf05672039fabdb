"""Meters: what Rooms count, under the names that a Node shows."""

from __future__ import annotations

from typing import Final

from nexus.metrics import Metrics
from nexus.store.writeback import WriteBackMeters

__all__ = ["Meters"]


#: What the time of a step is counted in, in seconds.
_TICKS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)


class Meters:
    """The counters of all Rooms of a Node.

    Args:
        metrics: Where they are registered.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.failures = metrics.counter(
            "nexus_room_failures_total", "Errors in the code of rooms"
        )
        self.seats_expired = metrics.counter(
            "nexus_seats_expired_total", "Seats that nobody claimed in time"
        )
        self.beyond = metrics.counter(
            "nexus_limits_total", "What was refused for being too much", ("limit",)
        )
        self.denials = metrics.counter(
            "nexus_denials_total", "Joins that were denied, by code", ("code",)
        )
        self.ticks = metrics.histogram(
            "nexus_tick_seconds", "What steps of rooms took", _TICKS
        )
        self.tick_overruns = metrics.counter(
            "nexus_tick_overruns_total",
            "Ticks that took longer than their budget, by kind of room",
            ("kind",),
        )
        self.ticks_dropped = metrics.counter(
            "nexus_ticks_dropped_total",
            "Fixed steps that were left out to catch up, by kind of room",
            ("kind",),
        )
        self.patches_skipped = metrics.counter(
            "nexus_patches_skipped_total",
            "Patches that clients were not sent, as they take them too slowly",
        )
        self.write_back = WriteBackMeters(metrics)
        self.departures = metrics.counter(
            "nexus_departures_total", "Clients that left, by close code", ("code",)
        )
