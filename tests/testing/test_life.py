"""Tests of Nodes that die, stop and start in a Harness: `nexus.testing.life`."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.errors import Close
from nexus.room import Client, Room, on_message
from nexus.testing import Harness, NotJoined, RequestError, StillWaiting
from tests.room.bank import banking


class Plain(Room):
    """Nothing of it is kept."""

    def on_create(self, options: Any) -> None:
        """Begin a diary."""
        self.diary: list[str] = []

    def on_leave(self, client: Client, code: int) -> None:
        """Take it down."""
        self.diary.append("leave")

    def on_dispose(self) -> None:
        """Take it down."""
        self.diary.append("dispose")

    @on_message("wait")
    async def wait(self, client: Client) -> None:
        """Wait, and take down how that ended."""
        try:
            await Deferred()
        finally:
            self.diary.append("ended")


class LifeTests(SynchronousTestCase):
    def test_crash_runs_no_code(self) -> None:
        """A Node that dies tells nobody, and nothing of it goes on."""
        with Harness(Plain) as house:
            ada = house.join_or_create()
            room = house.rooms[0]
            room.room.clock.every(1, lambda: room.room.diary.append("timer"))
            ada.send("wait")
            house.crash(away=10)

            self.assertEqual(room.room.diary, [])
            self.assertFalse(room.is_open)
            self.assertEqual(ada.closed, (Close.ABNORMAL, ""))
            self.assertEqual((house.rooms, house.now), ([], 10))
            self.assertRaises(NotJoined, ada.send, "wait")
            self.assertEqual(house.join_or_create().is_in, True)

    def test_restart_runs_all_of_it(self) -> None:
        """A Node that stops in good order lets everybody leave who cannot stay."""
        app = App()
        app.define("plain", Plain)
        hooks: list[str] = []
        app.before_shutdown.append(lambda: hooks.append("before"))
        with Harness(app) as house:
            ada = house.join_or_create()
            room = house.rooms[0].room
            house.restart(away=3)

            self.assertEqual(room.diary, ["leave", "dispose"])
            self.assertEqual(ada.closed and ada.closed[0], Close.SHUTDOWN)
            self.assertEqual((hooks, house.rooms, house.now), (["before"], [], 3))
            self.assertIs(app.matchmaker, house.matchmaker)

    def test_commands_wait_while_the_guest_is_away(self) -> None:
        """What is ordered of a Node that is away goes out on the return, once."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                house.crash()
                order = ada.order("add", 5)
                self.assertRaises(StillWaiting, lambda: order.answer)
                self.assertRaises(NotJoined, ada.command, "add", 1)
            house.advance(2)
            ada.rejoin()
            house.advance(0.2)

            self.assertEqual((order.type, order.id, order.answer), ("add", 1, 5))

    def test_command_is_cut_short(self) -> None:
        """Whoever is let go before the answer came is told that it was closed."""

        def add(self: Any, client: Client) -> None:
            client.leave(4001, "enough")

        with banking(out=on_message("out")(add)) as house:
            ada = house.join_or_create()
            error = self.assertRaises(RequestError, ada.command, "out")

            self.assertEqual(error.name, "closed")

    def test_saved_version(self) -> None:
        """A guest is told what is safe, a moment after it is."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 1)
            house.advance(0.5)
            self.assertEqual(ada.saved_version, house.rooms[0].room.actor.tree.version)
            with house.outage():
                ada.request("soon", 1)
                house.advance(2)
                tree = house.rooms[0].room.actor.tree
                self.assertLess(ada.saved_version, tree.version)

    def test_same_lives_each_time(self) -> None:
        """Chance obeys through crashes, too."""

        def play() -> list[str]:
            with banking() as house:
                ada = house.join_or_create()
                house.crash()
                bob = house.join_or_create()
                ada.rejoin()
                return [ada.session_id, bob.session_id, ada.reconnection_token]

        self.assertEqual(play(), play())
        self.assertEqual(len(set(play())), 3)
