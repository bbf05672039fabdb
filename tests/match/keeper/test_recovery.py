"""Tests of `nexus.match.keeper.recovery`: what is kept becomes a State again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.kept import Kept
from nexus.room import Client, Room
from nexus.state import Map, State, field, int8
from nexus.testing import Harness
from nexus.wire.native import maker
from tests.room.bank import banking


class Star(State):
    """What shines."""

    x: int8


class Sky(State):
    """Of which most is as at the beginning whenever it comes back."""

    moon: Star = field(factory=Star, transient=True)
    stars: Map[str, Star] = field(factory=lambda: {"a": Star()}, transient=True)
    rising: Star = field(factory=Star)


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

    def test_states_that_are_not_stored(self) -> None:
        """Whoever comes back to a Room that slept holds what is not stored, too."""

        class Night(Room[Sky]):
            durability = "saved"
            hibernate_seconds = 5.0

            def on_create(self, options: Any) -> None:
                """Begin."""
                self.state = Sky()

            def on_drop(self, client: Client, code: int) -> None:
                """Keep the seat."""
                self.allow_reconnection(client, 60)

        with Harness(Night) as house:
            ada = house.join_or_create()
            house.rooms[0].state.moon.x = 7
            house.advance(1)
            for how in (house.restart, house.crash, house.restart):
                how()
                ada.rejoin()
                house.advance(1)
                self.assertEqual(ada.resumed, "snapshot")
                state = house.rooms[0].state
                self.assertEqual((ada.state.moon.x, ada.state.stars["a"].x), (0, 0))
                state.moon.x = state.stars["a"].x = 5
                state.stars["b"] = Star(x=6)
                state.rising = Star(x=house.rooms[0].state.rising.x + 1)
                house.advance(1)
                stars = [(key, each.x) for key, each in ada.state.stars.items()]
                self.assertEqual((ada.state.moon.x, stars), (5, [("a", 5), ("b", 6)]))

            self.assertEqual(ada.state.rising.x, 3)
