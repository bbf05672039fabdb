"""Tests of `nexus.cluster.port`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.cluster.memory import MemoryPresence
from nexus.cluster.port import Presence, ScopedPresence


class Slow(MemoryPresence):
    """A Presence whose subscriptions take their time, as over a network."""

    def __init__(self) -> None:
        super().__init__(Clock())
        self.gate: Deferred[None] = Deferred()

    async def subscribe(
        self, topic: str, callback: Callable[[Any], object]
    ) -> Callable[[], None]:
        """Subscribe when the gate opens."""
        await self.gate
        return await super().subscribe(topic, callback)


class ScopeTests(SynchronousTestCase):
    def test_subscription_under_way_at_the_end_is_ended(self) -> None:
        """A scope that closes meanwhile leaves no subscription behind."""
        slow = Slow()
        scoped = ScopedPresence(slow)
        subscribing = Deferred.fromCoroutine(scoped.subscribe("t", print))
        scoped.close()
        slow.gate.callback(None)

        end = self.successResultOf(subscribing)
        self.assertEqual(slow._topics._topics, {})
        end()

    def test_scope_is_a_presence(self) -> None:
        """What takes a Presence takes a scoped one, in types and in deed."""
        presence: Presence = ScopedPresence(MemoryPresence(Clock()))
        nested = ScopedPresence(presence)
        told: list[Any] = []
        self.successResultOf(Deferred.fromCoroutine(nested.subscribe("t", told.append)))

        self.assertIs(nested.values, presence.values)
