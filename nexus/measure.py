"""What the metrics say of what keeps the Rooms of a Node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from nexus.metrics import Metrics
from nexus.store.port import Harm

if TYPE_CHECKING:
    from nexus.storage import Storage

__all__ = ["SECONDS", "counted", "measure"]

#: What the times of the database are counted in, in seconds.
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


def measure(storage: Storage, metrics: Metrics) -> None:
    """Let the metrics say how what keeps Rooms does."""
    writer = storage.writer
    metrics.gauge(
        "nexus_journal_lag_seconds", "Age of what is not saved", ask=lambda: writer.lag
    )
    metrics.gauge(
        "nexus_journal_waiting_bytes",
        "What waits for the database",
        ask=lambda: writer.backlog_bytes,
    )
    metrics.gauge(
        "nexus_restore_seconds",
        "How long rooms took to go on at the start",
        ask=lambda: storage.restore_seconds,
    )
    metrics.gauge(
        "nexus_database_stuck_rooms",
        "Rooms that are kept and cannot go on",
        ask=lambda: len(storage.keeper.revival.stuck),
    )
    _measure_harm(lambda: storage.database.health().harm, metrics)


def _measure_harm(harm: Callable[[], Harm], metrics: Metrics) -> None:
    """Let the metrics say what was wrong with the database at the start."""
    metrics.gauge(
        "nexus_database_lost_commits",
        "Commits that were gone at the start",
        ask=lambda: harm().commits,
    )
    metrics.gauge(
        "nexus_database_lost_rooms",
        "Rooms that something was missing of at the start",
        ask=lambda: harm().rooms,
    )
    metrics.gauge(
        "nexus_database_set_aside",
        "Whether the database was damaged at the start, and set aside",
        ask=lambda: bool(harm().aside),
    )
    metrics.gauge(
        "nexus_database_salvaged_rooms",
        "Rooms that go on from what could be read of it",
        ask=lambda: harm().salvaged,
    )


def counted(
    storage: Callable[[], Storage], metrics: Metrics
) -> Callable[[Mapping[str, int]], None]:
    """Return what takes note of how many Rooms are stored, by status."""
    rooms = metrics.gauge("nexus_rooms_stored", "Rooms that are stored", ("status",))
    members = metrics.gauge("nexus_members", "Who is in rooms that are stored")

    def take(found: Mapping[str, int]) -> None:
        stored = storage().stored = dict(found)
        storage().keeper.founding.counted(found)
        members.set(stored.pop("members"))
        for status, count in stored.items():
            rooms.labels(status).set(count)

    return take
