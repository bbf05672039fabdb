"""Reach: what a write-back needs of its Node and its Room, and what it counts there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from nexus.background import Background
from nexus.errors import StateError
from nexus.metrics import Metrics

if TYPE_CHECKING:
    from nexus.store.writeback.writeback import WriteBack

__all__ = ["Reach", "WriteBackMeters"]


class WriteBackMeters:
    """What is counted of all entities that are written back.

    Args:
        metrics: Where it is registered.

    Attributes:
        live: The write-backs that are not over.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.live: set[WriteBack] = set()
        self.batches = metrics.counter(
            "nexus_npc_batches_total", "Transactions that wrote entities back"
        )
        self.rows = metrics.counter(
            "nexus_npc_rows_total", "Entities that were written back"
        )
        self.failures = metrics.counter(
            "nexus_npc_failures_total", "Transactions with entities that failed"
        )
        metrics.gauge(
            "nexus_npcs_dirty",
            "Entities that are not written back yet",
            ask=lambda: sum(each.dirty for each in self.live),
        )


def _at_once(call: Callable[[], Any]) -> Any:
    return call()


def _ended() -> Exception:
    return StateError("the room has ended")


def _utc() -> datetime:
    return datetime.now(UTC)


@frozen(eq=False)
class Reach:
    """What a write-back needs of its Node and its Room.

    Attributes:
        clock: The time of the world.
        random: Spreads attempts to reach the database.
        background: Where it runs.
        meters: What is counted.
        turn: Calls what touches State.
        ended: Makes what those are told who wait when the Room ends.
        now: Tells the date.
    """

    clock: IReactorTime
    random: Random
    background: Background
    meters: WriteBackMeters
    turn: Callable[[Callable[[], Any]], Any] = _at_once
    ended: Callable[[], Exception] = _ended
    now: Callable[[], datetime] = _utc
