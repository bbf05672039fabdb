"""Tests of `nexus.service`: how the Rooms of a Node begin and end."""

from __future__ import annotations

import contextlib
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.errors import Close, Code, Refused
from nexus.service import Rooms
from tests.support.room import Gate, scripted
from tests.support.table import Table


class RoomsTests(SynchronousTestCase):
    def serve(self, seconds: float = 30.0, **script: Any) -> Rooms:
        """Make a Node in memory, somebody in a Room, and the service of its end."""
        self.table = Table()
        self.room = scripted(script=script)
        self.table.define(self.room)
        self.guest = self.table.sit()
        self.app = App()
        return Rooms(self.table.matchmaker, self.app, seconds, self.table.clock)

    def test_stop_ends_all_rooms(self) -> None:
        """A Node that stops closes its Rooms with 4001, and makes no new ones."""
        stopped = self.serve().stopService()

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)
        refusal = self.assertRaises(Refused, self.table.reserve)
        self.assertEqual(refusal.code, Code.STOPPING)
        self.assertEqual(self.table.clock.getDelayedCalls(), [])

    def test_app_without_rooms_is_told_of(self) -> None:
        """A Node that has nothing to be joined says so, and one that has does not."""
        for kinds, lines in ((0, 1), (1, 0)):
            rooms = self.serve()
            if kinds:
                self.app.define("room", self.room)
            events: list[dict[str, object]] = []
            globalLogPublisher.addObserver(events.append)
            self.addCleanup(globalLogPublisher.removeObserver, events.append)

            rooms.startService()

            said = [each for each in events if "--app" in str(each.get("log_format"))]
            self.assertEqual(len(said), lines)
            rooms.stopService()

    def test_app_is_called_before_and_after(self) -> None:
        """Hooks of the app run around the end of the Rooms, whatever they raise."""
        rooms = self.serve()
        seen: list[object] = []

        async def before() -> None:
            seen.append(self.guest.code)
            raise ValueError("no matter")

        self.app.on_before_shutdown(before)
        self.app.on_shutdown(lambda: seen.append(self.guest.code))

        stopped = rooms.stopService()

        self.assertTrue(stopped.called)
        self.assertEqual(seen, [None, Close.SHUTDOWN])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_hook_that_never_ends_is_not_waited_for(self) -> None:
        """A hook has as long as the Rooms have."""
        rooms = self.serve(5.0)
        self.app.on_before_shutdown(Gate().wait)

        stopped = rooms.stopService()
        self.assertIsNone(self.guest.code)
        self.table.clock.advance(5.0)

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)

    def test_stop_waits_for_slow_good_byes(self) -> None:
        """The Node goes on until its Rooms have ended."""
        gate = Gate()
        stopped = self.serve(on_dispose=gate.wait).stopService()

        self.assertFalse(stopped.called)
        gate.open()

        self.assertTrue(stopped.called)

    def test_stop_waits_for_a_game_to_end(self) -> None:
        """A Room may end when its game is over, and the Node waits for that."""

        def later(room: Any) -> None:
            room.clock.call_later(5.0, room.disconnect)

        stopped = self.serve(on_before_shutdown=later).stopService()
        self.table.beat(0.05, times=90)
        self.assertFalse(stopped.called)
        self.assertIsNone(self.guest.code)
        self.table.beat(0.05, times=20)

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.CONSENTED)

    def test_stop_waits_for_rooms_that_were_closing(self) -> None:
        """A Room that was saying good-bye already is waited for as well."""
        gate = Gate()
        rooms = self.serve(on_dispose=gate.wait)
        self.guest.leave()

        stopped = rooms.stopService()

        self.assertFalse(stopped.called)
        gate.open("saved")
        self.assertTrue(stopped.called)

    def test_stop_has_a_deadline(self) -> None:
        """Rooms that do not end in time are cut off; their clients are told."""
        stopped = self.serve(10.0, on_before_shutdown=lambda _: None).stopService()

        self.table.beat(9.9)
        self.assertFalse(stopped.called)
        self.table.beat(0.2)

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)
        self.assertEqual(self.room.diary[-1], ("on_dispose",))

    def test_work_that_ignores_its_end_is_not_waited_for(self) -> None:
        """A hook that goes on after it was cancelled keeps no Node alive."""

        async def stubborn(*_: Any) -> None:
            for _ in range(3):
                with contextlib.suppress(CancelledError):
                    await Deferred()

        rooms = self.serve(2.0, on_dispose=stubborn)
        stopped = rooms.stopService()

        self.table.beat(1.0, times=5)

        self.assertTrue(stopped.called)
        self.flushLoggedErrors()

    def test_shutdown_hook_that_raises(self) -> None:
        """A Room whose `on_before_shutdown` fails is closed all the same."""
        stopped = self.serve(on_before_shutdown=lambda _: 1 / 0).stopService()

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
