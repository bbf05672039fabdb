"""Tests of `nexus.testing.harness`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus import App, Limits, LobbyRoom, QueueRoom, Refused, Room
from nexus.net.port import Arrival
from nexus.testing import Harness
from tests import ROOT
from tests.testing.arena import Arena

_PLAIN = """
import sys, unittest
from nexus import Room, on_message
from nexus.testing import Harness

class Broken(Room):
    def on_create(self, options):
        raise KeyError(options["why"])

class Tests(unittest.TestCase):
    def test(self):
        with Harness(Broken) as house:
            with self.assertRaises(Exception):
                house.create(why="x")
            with self.assertRaises(Exception):
                house.join_or_create(why="y")
            self.assertEqual(len(house.failures), 2)
        self.assertNotIn("twisted.internet.reactor", sys.modules)

unittest.main()
"""


class TimeTests(SynchronousTestCase):
    def test_no_time_passes_by_itself(self) -> None:
        """What needs no time is done when the call returns, at the same moment."""
        with Harness(Arena) as house:
            house.join(house.create()).send("note", 1)

            self.assertEqual(house.now, 0)
            self.assertEqual(house.rooms[0].room.heard, [1])

    def test_tick_is_one_patch(self) -> None:
        """Each tick brings each guest what changed, in one patch."""
        with Harness(Arena) as house:
            ada = house.join(house.create())
            for x in range(1000):
                ada.send("move", [x, 0]) if x % 10 == 9 else None
                house.tick()

            self.assertEqual(ada.replica.version, ada.room.room.tree.version)
            self.assertEqual(len(ada.patches), 100)
            self.assertEqual(house.now, 50)

    def test_tick_goes_by_the_slowest_room(self) -> None:
        """Where patches are rare a tick is long, so that all see what is new."""

        class Slow(Arena):
            patch_interval = 0.5

        with Harness(Slow) as house:
            ada = house.join_or_create()
            ada.send("move", [1, 2])

            house.tick()

            self.assertEqual(ada.state.dots[ada.session_id].x, 1)
            self.assertEqual(house.now, 0.5)

    def test_timers_come_when_they_are_due(self) -> None:
        """What beats many times in an advance beats as often as it should."""
        with Harness(Arena) as house:
            beats: list[float] = []
            room = house.create().room
            room.set_timestep(lambda seconds: beats.append(seconds), 0.1)

            house.advance(2)

            self.assertEqual([round(each, 6) for each in beats], [0.1] * 20)

    def test_wrong_time_is_refused(self) -> None:
        """Time does not go back."""
        with Harness(Arena) as house, self.assertRaises(ValueError):
            house.advance(-1)


class RoomTests(SynchronousTestCase):
    def test_room_is_made_with_options(self) -> None:
        """Each keyword is an option of `on_create`; nobody is in the Room."""
        with Harness(Arena) as house:
            room = house.create(mode="duel", size=3)

            self.assertEqual(room.room.options, {"mode": "duel", "size": 3})
            self.assertEqual(room.kind, "arena")
            self.assertEqual(room.listing.clients, 0)
            self.assertEqual([each.room_id for each in house.rooms], [room.room_id])

    def test_room_ends_when_nobody_comes(self) -> None:
        """A Room waits for its first guests as long as a seat waits."""
        with Harness(Arena) as house:
            room = house.create()

            house.advance(16)

            self.assertFalse(room.is_open)
            with self.assertRaises(Refused):
                house.join(room)

    def test_async_hook_takes_virtual_time(self) -> None:
        """A hook that sleeps is waited for, and no longer than it sleeps."""
        with Harness(Arena) as house:
            house.create(setup=3)

            self.assertAlmostEqual(house.now, 3, delta=0.1)

    def test_room_by_a_strange_name_has_a_kind(self) -> None:
        """A class whose name fits no path is a kind, too."""
        strange = type("Gärten", (Arena,), {})

        with Harness(strange) as house:
            self.assertEqual(house.create().kind, "room")


class AppTests(SynchronousTestCase):
    def test_kind_is_named_where_there_are_several(self) -> None:
        """With an App of one kind it need not be."""
        app = App()
        app.define("one", Arena)
        app.define("two", Arena)

        with Harness(app) as house:
            self.assertEqual(house.create("two").kind, "two")
            self.assertEqual(house.join_or_create("one").room.kind, "one")
            with self.assertRaisesRegex(ValueError, "one, two"):
                house.create()
            with self.assertRaises(Refused):
                house.join("three")

    def test_lobby_tells_of_rooms(self) -> None:
        """Several Rooms see each other as on a Node."""
        app = App()
        app.define("arena", Arena, listed=True)
        app.define("lobby", LobbyRoom)
        with Harness(app) as house:
            eve = house.join_or_create("lobby")
            house.tick()

            room = house.create("arena")
            house.tick()

            [[room_id, card]] = eve.messages("+")
            self.assertEqual(eve.messages("rooms"), [[]])
            self.assertEqual((room_id, card["name"]), (room.room_id, "arena"))

    def test_queue_leads_guests_into_a_room(self) -> None:
        """A seat that a message tells of can be taken."""
        pairs = type("Pairs", (QueueRoom,), {"match_kind": "arena", "max_players": 2})
        app = App()
        app.define("arena", Arena)
        app.define("queue", pairs)
        with Harness(app) as house:
            waiting = [house.join_or_create("queue", rank=r) for r in (1, 2)]
            house.advance(2)

            both = [house.visitor().consume(g.messages("seat")[0]) for g in waiting]
            for guest in waiting:
                guest.send("confirm")

            self.assertEqual(both[0].room_id, both[1].room_id)
            for guest, before in zip(both, waiting, strict=True):
                self.assertEqual(guest.session_id, before.session_id)
            self.assertEqual([g.closed for g in waiting], [(1000, "")] * 2)

    def test_rooms_share_presence(self) -> None:
        """What one Room publishes, the other hears."""
        heard: list[Any] = []

        class Ear(Room[Any]):
            async def on_create(self, options: Any) -> None:
                await self.presence.subscribe("news", heard.append)

            async def on_join(self, client: Any, options: Any) -> None:
                await self.presence.publish("news", options["say"])

        with Harness(Ear) as house:
            house.visitor().create(say="a")
            house.advance(0)
            house.visitor().create(say="b")
            house.advance(0)

            self.assertEqual(heard, ["a", "b", "b"])

    def test_app_is_given_back(self) -> None:
        """Watchers and hooks of the App are called, and it is free again afterwards."""
        app, events = App(), []
        app.define("arena", Arena)
        app.watch(lambda event, room, client: events.append(event))
        app.on_before_shutdown(lambda: events.append("before"))
        app.on_shutdown(lambda: events.append("after"))

        with Harness(app) as house:
            self.assertIs(app.matchmaker, house.matchmaker)
            house.create()

        self.assertIsNone(app.matchmaker)
        self.assertEqual(events, ["create", "before", "dispose", "after"])

    def test_check_of_the_app_is_asked(self) -> None:
        """What the App refuses does not get a socket."""

        def check(arrival: Arrival) -> None:
            if arrival.address == "192.0.2.66":
                raise Refused("banned", 403)

        app = App(check=check)
        app.define("arena", Arena)
        with Harness(app) as house:
            house.join_or_create()

            with self.assertRaisesRegex(Refused, "banned"):
                house.visitor(address="192.0.2.66").join_or_create()


class LimitTests(SynchronousTestCase):
    def test_full_room_is_refused(self) -> None:
        """A guest is told what a client would be told."""
        with Harness(Arena) as house:
            room = house.create()
            for _ in range(3):
                house.join(room)

            with self.assertRaises(Refused) as caught:
                house.join(room)

            self.assertEqual(caught.exception.code, 522)

    def test_limits_are_those_of_a_node(self) -> None:
        """Who talks too much is let go, as it would be in production."""
        with Harness(Arena) as house:
            ada = house.join_or_create()
            for number in range(Limits().messages_burst):
                ada.send("note", number)
            self.assertTrue(ada.is_in)

            ada.send("note", "one more")

            self.assertEqual(ada.closed, (4002, "too many messages a second"))

    def test_limits_can_be_others(self) -> None:
        """They are an argument, above those of the App."""
        app = App(limits=Limits(rooms=5))
        app.define("arena", Arena)
        with Harness(app, limits=Limits(rooms=1)) as house:
            house.create()

            with self.assertRaisesRegex(Refused, "no place for another room"):
                house.create()


class DeterminismTests(SynchronousTestCase):
    def play(self, seed: int) -> tuple[list[Any], Harness]:
        """Play something, and return what chance made of it."""
        with Harness(Arena, seed=seed) as house:
            ada = house.join_or_create()
            return [ada.room_id, ada.session_id, ada.request("roll")], house

    def test_same_seed_gives_the_same_game(self) -> None:
        """Ids, tokens and the Room's chance grow from the seed."""
        self.assertEqual(self.play(1)[0], self.play(1)[0])
        self.assertNotEqual(self.play(1)[0], self.play(2)[0])

    def test_nothing_leaks_between_two(self) -> None:
        """Two that are open at once know nothing of each other, not even failures."""
        with Harness(Arena) as one, Harness(Arena) as other:
            ada = one.join_or_create()
            bob = other.join_or_create()
            self.assertEqual(ada.session_id, bob.session_id)

            ada.send("boom")
            bob.send("move", [1, 1])
            other.tick()

            self.assertEqual(len(one.failures), 1)
            self.assertEqual(other.failures, [])
            self.assertEqual(ada.state.dots[ada.session_id].x, 0)
            self.assertEqual((one.now, other.now), (0, 0.05))

    def test_nothing_is_left(self) -> None:
        """When it is closed, all Rooms have ended and nobody is in."""
        _, house = self.play(1)

        self.assertEqual(house.rooms, [])
        self.assertEqual(house._node.clock.getDelayedCalls(), [])
        self.assertEqual(house._node._life.admission.count, 0)


class PlainTests(SynchronousTestCase):
    def test_unittest_sees_no_reactor_and_a_clean_console(self) -> None:
        """With nothing but unittest, failures that were looked at leave no trace."""
        run = subprocess.run(
            [sys.executable, "-c", _PLAIN],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )

        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertNotIn("KeyError", run.stderr + run.stdout)
