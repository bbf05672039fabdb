"""Tests of `nexus.match.keeper.waking`: Rooms that are asked for while they sleep."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Refused
from nexus.room import Context
from nexus.testing import Harness
from tests.room.bank import banking


class WakeTests(SynchronousTestCase):
    def asked(self, house: Harness, room_id: str) -> Deferred[Any]:
        """Ask for a Room that sleeps."""
        asking = Deferred.fromCoroutine(house.matchmaker.join_by_id(room_id, {}))
        house.advance(0)
        return asking

    def test_what_was_done_before_it_rested_comes_first(self) -> None:
        """A Room that rests while the database is away wakes with all that it did."""
        with banking(hibernate_seconds=5.0) as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            with house.outage():
                ada.send("soon", 1)
                ada.leave()
                house.advance(30)
                self.assertEqual(house.rooms, [])
            bob = house.join_by_id(ada.room_id)

            self.assertEqual(bob.command("add", 1), 9)

    def test_owner_that_is_superseded_as_it_goes_on(self) -> None:
        """A Room that somebody else takes meanwhile does not open, whatever it says."""
        gates: list[Deferred[None]] = []

        def on_restore(self: Any, info: Any) -> Any:
            gates.append(Deferred())
            return gates[-1]

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.leave()
            house.advance(70)
            asking = self.asked(house, ada.room_id)
            claim = house.archive.claim(ada.room_id, "another")
            self.assertRaises(StopIteration, claim.send, None)
            house.advance(2)
            self.assertEqual(house.rooms, [])
            gates[0].callback(None)
            house.advance(1)

            self.failureResultOf(asking, Refused)
            registry = house.matchmaker.registry
            self.assertEqual((len(registry), registry.closing), (0, set()))

    def test_hook_that_sleeps_as_its_room_is_cut_off(self) -> None:
        """What waits for the Room's time is told, and the Room ends once."""

        def on_restore(self: Any, info: Any) -> Any:
            return self.clock.sleep(5)

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.leave()
            house.advance(70)
            asking = self.asked(house, ada.room_id)
            claim = house.archive.claim(ada.room_id, "another")
            self.assertRaises(StopIteration, claim.send, None)
            house.advance(10)

            self.failureResultOf(asking, Refused)
            registry = house.matchmaker.registry
            self.assertEqual((len(registry), registry.closing), (0, set()))
            self.assertEqual(len(house.failures), 1)

    def test_socket_that_comes_as_its_room_wakes(self) -> None:
        """Who comes back straight to a Room that is about to go on waits for it."""
        wrong: list[Exception] = [KeyError("old save")]

        def on_restore(self: Any, info: Any) -> Any:
            if wrong:
                raise wrong.pop()
            return self.clock.sleep(2)

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            house.crash()
            self.assertEqual((house.rooms, len(house.failures)), ([], 1))
            asking = self.asked(house, ada.room_id)
            ada.rejoin()

            self.assertEqual(ada.command("add", 1), 8)
            self.successResultOf(asking)

    def test_room_that_falls_asleep_while_a_guest_is_looked_at(self) -> None:
        """Who was let in by `on_auth_static` a moment too late wakes the Room."""
        gates: list[Deferred[Any]] = []

        def on_auth_static(token: str, options: Any, context: Any) -> Any:
            if not token:
                return True
            gates.append(Deferred())
            return gates[-1]

        with banking(on_auth_static=staticmethod(on_auth_static)) as house:
            ada = house.join_or_create()
            ada.leave()
            house.advance(50)
            context = Context("bob", "10.9.9.9", {})
            joining = house.matchmaker.join_by_id(ada.room_id, {}, context)
            asking = Deferred.fromCoroutine(joining)
            house.advance(11)
            self.assertEqual(house.rooms, [])
            gates[0].callback(True)
            house.advance(1)

            self.successResultOf(asking)
