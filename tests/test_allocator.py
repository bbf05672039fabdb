"""What a Node tells the C library: when memory goes back to the system."""

from __future__ import annotations

import subprocess
import sys

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.allocator import Allocator

#: Takes 200 MB, frees all but a little at their end, and says what the process holds.
_HOLE = """
import sys, time
from twisted.internet.task import Clock
from nexus.allocator import Allocator

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

clock = Clock()
if sys.argv[1] == "told":
    Allocator(clock).startService()
before = held()
pieces = [bytearray(1 << 24) for _ in range(7)]
pieces += [bytearray(60_000) for _ in range(2000)]
last = bytearray(60_000)
del pieces
clock.advance(6)
print((held() - before) // 1_000_000)
"""


class _Library:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[int, ...]]] = []

    def mallopt(self, *values: int) -> int:
        """Set something."""
        self.told.append(("mallopt", values))
        return 1

    def malloc_trim(self, pad: int) -> int:
        """Give memory back."""
        self.told.append(("trim", (pad,)))
        return 0


class AllocatorTests(SynchronousTestCase):
    def test_memory_is_given_back_now_and_then(self) -> None:
        """From the start to the stop of a Node the library is told every 5 s."""
        clock, library = Clock(), _Library()
        service = Allocator(clock, lambda: library)
        service.startService()
        service.startService()
        settings = [("mallopt", (-3, 1 << 22)), ("mallopt", (-1, 1 << 22))]
        self.assertEqual(library.told, settings)
        clock.pump([2.5] * 4)
        service.stopService()
        clock.advance(100)

        self.assertEqual(library.told[2:], [("trim", (0,))] * 2)
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_other_libraries_are_left_alone(self) -> None:
        """Where there are no such rules a Node starts and stops as ever."""
        for library in (None, object()):
            service = Allocator(clock := Clock(), lambda library=library: library)
            service.startService()
            self.assertEqual(clock.getDelayedCalls(), [])
            service.stopService()

    def test_a_process_shrinks(self) -> None:
        """What was freed, large and small, is the system's again."""
        if not sys.platform.startswith("linux"):
            raise self.skipTest("what a process holds is told by Linux")
        told, plain = (self.kept(how) for how in ("told", "plain"))

        self.assertLess(told, 20)
        self.assertGreater(plain, told + 50)

    def kept(self, how: str) -> int:
        """Return how many MB a process keeps after it freed them."""
        run = subprocess.run(
            [sys.executable, "-c", _HOLE, how],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return int(run.stdout)
