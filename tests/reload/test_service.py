"""Tests of `nexus.reload.service`."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.reload import Look, Reload, Stamp
from nexus.reload.service import INTERVAL


class Files(Look):
    """A folder whose files are what a test says."""

    def __init__(self) -> None:
        super().__init__("/app", {})
        self.there = {"/app/rooms.py": 1, "/app/test_rooms.py": 1}

    @override
    def used(self) -> frozenset[str]:
        """Return the one module that is in use."""
        return frozenset(("/app/rooms.py",))

    @override
    def stamps(self) -> dict[str, Stamp]:
        """Return what the test says."""
        return {path: Stamp(number, 0, 0) for path, number in self.there.items()}


class ReloadTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Watch a folder by a clock that the test moves."""
        self.clock = Clock()
        self.files = Files()
        self.attempts: list[Deferred[str]] = []
        self.restarts = 0
        self.said: list[str] = []
        globalLogPublisher.addObserver(self.note)
        self.addCleanup(globalLogPublisher.removeObserver, self.note)

    def note(self, event: dict[str, object]) -> None:
        """Keep what is logged."""
        if event.get("log_format"):
            self.said.append(str(event["log_format"]).format(**event))

    def begin(self, *, is_broken: bool = False) -> Reload:
        """Start the service."""

        def attempt() -> Deferred[str]:
            self.attempts.append(Deferred())
            return self.attempts[-1]

        def restart() -> None:
            self.restarts += 1

        def off_thread(call: Callable[[], dict[str, Stamp]]) -> Deferred[object]:
            return succeed(call())

        service = Reload(
            self.files,
            self.files.stamps(),
            attempt,
            restart,
            self.clock,
            off_thread,
            is_broken=is_broken,
        )
        service.startService()
        self.addCleanup(service.stopService)
        return service

    def save(self, name: str = "rooms.py") -> None:
        """Write a file."""
        path = f"/app/{name}"
        self.files.there[path] = self.files.there.get(path, 0) + 1

    def look(self, times: int = 2) -> None:
        """Let it look so many times."""
        self.clock.pump([INTERVAL] * times)

    def test_nothing_happens_while_nothing_changes(self) -> None:
        """A folder that rests is only looked at."""
        self.begin()

        self.look(100)

        self.assertEqual((self.attempts, self.restarts), ([], 0))

    def test_change_is_tried_and_starts_again(self) -> None:
        """New code that can be loaded takes over."""
        self.begin()
        self.save()
        self.look()
        [attempt] = self.attempts
        self.assertEqual(self.restarts, 0)

        attempt.callback("")

        self.assertEqual(self.restarts, 1)
        self.assertIn("rooms.py changed: trying the new code", self.said)

    def test_burst_of_saves_is_one_change(self) -> None:
        """It waits until nothing changes any more."""
        self.begin()
        for _ in range(5):
            self.save()
            self.look(1)
        self.assertEqual(self.attempts, [])

        self.look(1)

        self.assertEqual(len(self.attempts), 1)

    def test_new_code_that_fails_is_told_and_the_old_goes_on(self) -> None:
        """Nothing starts again, the log says why, and the next save is tried."""
        self.begin()
        self.save()
        self.look()

        self.attempts[0].callback("Traceback\nSyntaxError: so wrong")

        self.assertEqual(self.restarts, 0)
        self.assertIn("SyntaxError: so wrong", self.said[-1])
        self.look(10)
        self.assertEqual(len(self.attempts), 1)
        self.save()
        self.look()
        self.attempts[1].callback("")
        self.assertEqual(self.restarts, 1)

    def test_after_a_failure_every_file_matters(self) -> None:
        """What was missing may be a file that nobody has imported yet."""
        self.begin()
        self.save("test_rooms.py")
        self.look(5)
        self.assertEqual(self.attempts, [])
        self.save()
        self.look()
        self.attempts[0].callback("it fails")

        self.save("test_rooms.py")
        self.look()

        self.assertEqual(len(self.attempts), 2)

    def test_code_that_failed_at_the_start_is_tried_at_any_change(self) -> None:
        """A Node that came up without its app looks at every file."""
        self.begin(is_broken=True)

        self.save("test_rooms.py")
        self.look()

        self.assertEqual(len(self.attempts), 1)

    def test_save_during_a_trial_is_tried_by_itself(self) -> None:
        """What was tried is not what lies there now, so it does not take over."""
        self.begin()
        self.save()
        self.look()
        self.save()

        self.attempts[0].callback("")

        self.assertEqual(self.restarts, 0)
        self.look()
        self.attempts[1].callback("")
        self.assertEqual(self.restarts, 1)

    def test_stopped_service_looks_no_more(self) -> None:
        """What is saved while the Node stops starts nothing again."""
        service = self.begin()
        self.save()

        service.stopService()
        self.look(10)

        self.assertEqual((self.attempts, self.clock.getDelayedCalls()), ([], []))
