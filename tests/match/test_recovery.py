"""Tests of `nexus.match.recovery`: what is kept becomes a State, and others go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.kept import Kept
from nexus.wire.native import maker
from tests.room.bank import banking


class RecoveryTests(SynchronousTestCase):
    def test_state_that_holds_up_others(self) -> None:
        """A Room is named whose State takes long to be made, and how long it took."""
        with banking() as house:
            ada = house.join_or_create()
            restoring, clock = Kept.restoring, house._node.loop.clock

            def slow(kept: Kept, root: Any) -> Iterator[Any]:
                clock._now += 0.25
                yield from restoring(kept, root)

            self.patch(Kept, "restoring", slow)
            told: list[dict[str, Any]] = []
            globalLogPublisher.addObserver(told.append)
            self.addCleanup(globalLogPublisher.removeObserver, told.append)
            house.crash()
            [late] = [each for each in told if "hold up" in str(each.get("log_format"))]

            self.assertEqual(late["room_id"], ada.room_id)
            self.assertAlmostEqual(late["seconds"], 0.25)

    def test_state_that_lets_others_go_on(self) -> None:
        """Between two parts of a State that comes back everybody else has a turn."""
        self.patch(maker, "_MANY", 1)
        with banking() as house:
            ada, bob = house.join_or_create(), house.join_or_create()
            for each in (ada, bob):
                each.command("add", 1)
            restoring, clock = Kept.restoring, house._node.loop.clock
            turns: list[int] = []
            seen: list[int] = []

            def watched(kept: Kept, root: Any) -> Iterator[Any]:
                for step, made in enumerate(restoring(kept, root)):
                    seen.append(len(turns))
                    clock.callLater(0, turns.append, step)
                    yield made

            self.patch(Kept, "restoring", watched)
            house.crash()

            self.assertGreater(len(seen), 3)
            self.assertEqual(seen, list(range(len(seen))))
