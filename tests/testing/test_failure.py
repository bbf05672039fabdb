"""Tests of `nexus.testing.failure`."""

from __future__ import annotations

from typing import Any

from twisted.logger import LogEvent, Logger, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus import App, Room
from nexus.testing import Harness, UnseenFailures
from nexus.testing.failure import Failures
from tests.testing.arena import Arena


class FailureTests(SynchronousTestCase):
    def test_failure_that_nobody_looked_at_fails_the_test(self) -> None:
        """The end says what was raised, where, and by which act."""
        with (
            self.assertRaises(UnseenFailures) as caught,
            Harness(Arena) as house,
        ):
            house.join_or_create().send("boom")

        text = str(caught.exception)
        self.assertIn("KeyError: 'boom'", text)
        self.assertIn("message boom failed", text)
        self.assertIn("arena.py", text)
        self.assertIsInstance(caught.exception.__cause__, KeyError)

    def test_failure_that_was_looked_at_is_fine(self) -> None:
        """It says what happened, to whom, and what the client was told."""
        with Harness(Arena) as house:
            ada = house.join_or_create()
            ada.send("boom")

            [failed] = house.failures

            self.assertEqual(
                (failed.act, failed.room_id), ("message boom", ada.room_id)
            )
            self.assertEqual(failed.session_id, ada.session_id)
            self.assertIn("KeyError", str(failed))

    def test_what_is_no_failure_is_logged(self) -> None:
        """A warning of a Node's is not for the test to look at, and not lost."""
        seen: list[str] = []

        def see(event: LogEvent) -> None:
            seen.append(event["log_namespace"])

        globalLogPublisher.addObserver(see)
        self.addCleanup(globalLogPublisher.removeObserver, see)

        Logger("kept", observer=Failures()).warn("hot")

        self.assertEqual(seen, ["kept"])

    def test_later_failure_is_to_be_looked_at_again(self) -> None:
        """What was seen once says nothing of what comes."""
        with self.assertRaises(UnseenFailures), Harness(Arena) as house:
            ada = house.join_or_create()
            ada.send("boom")
            self.assertEqual(len(house.failures), 1)
            ada.send("boom")

    def test_error_of_the_test_stands_first(self) -> None:
        """It is not replaced, but told with what may have caused it, and logged."""
        with self.assertRaises(ZeroDivisionError) as caught, Harness(Arena) as house:
            house.join_or_create().send("boom")
            raise ZeroDivisionError

        [note] = caught.exception.__notes__
        self.assertIn("KeyError: 'boom'", note)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_every_kind_of_code_is_watched(self) -> None:
        """Hooks, timers, steps, watchers, subscribers: what they raise is told."""

        class Broken(Room[Any]):
            async def on_create(self, options: Any) -> None:
                self.clock.call_later(0.1, self.wrong, "timer")
                self.set_timestep(lambda seconds: self.wrong("step"), 0.3)
                await self.presence.subscribe("topic", self.wrong)
                await self.presence.publish("topic", "subscriber")

            def wrong(self, what: Any) -> None:
                raise KeyError(what)

            def on_leave(self, client: Any, code: int) -> None:
                raise KeyError("on_leave")

            def on_dispose(self) -> None:
                raise KeyError("on_dispose")

        app = App()
        app.define("broken", Broken)

        @app.watch
        def watch(event: str, room: Any, client: Any) -> None:
            if event == "join":
                raise KeyError("watcher")

        house = Harness(app)
        ada = house.join_or_create()
        house.advance(0.4)
        ada.leave()
        house.tick()

        self.assertEqual(
            [failed.error.args[0] for failed in house.failures],
            ["watcher", "subscriber", "timer", "step", "on_leave", "on_dispose"],
        )
        house.close()
