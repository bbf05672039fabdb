"""Tests of `nexus.surplus`: memory that goes back to the system."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from nexus import surplus
from nexus.surplus import Surplus, give_back

#: Frees much that lies below something that is still held.
_HOARDER = """
import os
from nexus.surplus import give_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

held = [bytes(1_000) for _ in range(100_000)]
last = bytes(1_000)
del held
before = resident()
give_back()
print(before - resident())
"""


class SurplusTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Start it, with threads that end when they are told to."""
        self.clock = Clock()
        self.works: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.surplus = Surplus(self.clock, self.in_thread)
        self.surplus.startService()
        self.addCleanup(lambda: self.surplus.running and self.surplus.stopService())

    def in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        """Note the work."""
        ended: Deferred[Any] = Deferred()
        self.works.append((work, ended))
        return ended

    def test_it_is_given_back_now_and_then(self) -> None:
        """A thread gives back every ten seconds, and no second one meanwhile."""
        self.clock.advance(9)
        self.assertEqual(self.works, [])
        self.clock.advance(1)
        self.clock.advance(30)
        [(work, ended)] = self.works
        self.assertIs(work, give_back)
        ended.callback(None)
        self.clock.advance(10)

        self.assertEqual(len(self.works), 2)

    def test_nothing_is_left(self) -> None:
        """A Node that ends leaves nothing behind, even while a thread gives back."""
        self.clock.advance(10)
        self.surplus.stopService()
        self.works[0][1].callback(None)

        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_much_goes_back(self) -> None:
        """What was freed, and lies below something else, is the system's again."""
        if surplus._TRIM is None:
            raise SkipTest("this C library cannot give memory back")
        done = subprocess.run(
            [sys.executable, "-c", _HOARDER], capture_output=True, text=True, timeout=60
        )

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(int(done.stdout), 80_000_000)
