"""Tests of `nexus.compiled.parts`: memory stays whole, and nothing is kept."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Tree
from tests import ROOT
from tests.compiled.board import Board, Pawn
from tests.compiled.cells import cell_arrays
from tests.support.compiled import MISSING, parts_of, whole

parts = parts_of()

_STORM = """
import contextlib
import random
from tests.compiled.board import Board, Knight, Pawn
from nexus.errors import FieldError
from nexus.state import Tree
from nexus.wire.colyseus import SchemaEncoder
from nexus.wire.native import Encoder
chance = random.Random(7)
board = Board()
tree = Tree(board)
ours, theirs = Encoder(tree), SchemaEncoder(tree, 5)
for turn in range(600):
    for _ in range(chance.randrange(40)):
        key = str(chance.randrange(60))
        pawn = board.pawns.get(key)
        if pawn is None:
            board.pawns[key] = chance.choice([Pawn, Knight])()
        elif chance.random() < 0.05:
            del board.pawns[key]
        else:
            pawn.x = chance.random()
            pawn.hp = chance.randrange(256)
            pawn.far = chance.randrange(1 << 64)
            pawn.name = chance.choice(["a", "\\u00e9", "b" * 99])
            with contextlib.suppress(FieldError):
                pawn.hp = chance.choice([-1, 256, None, "x", 1.5])
    flush = tree.flush()
    ours.patch(flush)
    theirs.patch(flush)
print("whole")
"""


#: To search for garbage runs anything, also while States are gathered.
_UPROAR = """
import gc
from tests.compiled.board import Board, Pawn
from nexus.state import Tree
for often in range(1, 60):
    board = Board(pawns={str(at): Pawn() for at in range(300)})
    tree = Tree(board)
    for pawn in board.pawns.values():
        pawn.hp = 3
        pawn.x = 2.0
    def uproar(phase, info):
        if phase == "start" and gc.isenabled():
            gc.disable()
            board.pawns.clear()
            tree.flush()
            board.pawns["new"] = Pawn()
            board.pawns["new"].hp = 9
    gc.callbacks.append(uproar)
    gc.enable()
    gc.set_threshold(often, 1, 1)
    try:
        tree.flush()
    except (IndexError, AttributeError):
        pass
    finally:
        gc.set_threshold(700, 10, 10)
        gc.callbacks.remove(uproar)
        gc.enable()
    tree.flush()
print("whole")
"""


class MemoryTests(SynchronousTestCase):
    skip = MISSING or None

    def test_garbage_may_be_searched_for_meanwhile(self) -> None:
        """Whatever runs while States are gathered, none is looked at that is gone."""
        self.assertEqual(self.told(_UPROAR), (0, "whole\n", ""))

    def test_memory_stays_whole(self) -> None:
        """With guards around each block of memory, nothing is written beyond one."""
        self.assertEqual(self.told(_STORM), (0, "whole\n", ""))

    def told(self, code: str) -> tuple[int, str, str]:
        """Run code with guards around memory; return how that went."""
        run = subprocess.run(
            [sys.executable, "-X", "dev", "-c", code],
            cwd=ROOT,
            env={"PYTHONMALLOC": "debug", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return run.returncode, run.stdout, run.stderr

    def test_nothing_is_kept(self) -> None:
        """What was written and flushed a thousand times is held as often as before."""
        tree = Tree(board := Board(pawns={str(at): Pawn() for at in range(20)}))
        pawns = list(board.pawns.values())
        held = [3.25, 77777.5, "n" * 30, 1 << 40]

        def turn(at: int) -> None:
            for pawn in pawns:
                pawn.x, pawn.far, pawn.name = held[at], held[3], held[2]  # type: ignore[assignment]  # held is of all types
            tree.flush()
            for pawn in pawns:
                pawn.x, pawn.far, pawn.name = 0.0, 0, ""
            tree.flush()

        turn(0)
        turn(1)
        before = [sys.getrefcount(each) for each in (*held, *pawns, None, True)]
        for at in range(1000):
            turn(at % 2)
        after = [sys.getrefcount(each) for each in (*held, *pawns, None, True)]

        for one, other in zip(before, after, strict=True):
            self.assertLess(abs(one - other), 20)


class KeptTests(SynchronousTestCase):
    skip = MISSING or None

    def test_nothing_is_kept(self) -> None:
        """Whether a call succeeds or fails, it holds no array and no memory."""
        calls = tuple(
            (call, arguments)
            for call, good in (
                (parts.cut, (b"abcdef", whole(0, 2), whole(1))),
                (parts.begins, (whole(3, 9), whole(0, 1, 2), whole(3))),
                (
                    parts.speak,
                    (
                        b"h",
                        b"t",
                        3,
                        whole(1 << 32, (1 << 32) + 1, (2 << 32) + 2),
                        whole(4, 5, 0),
                        ((np.zeros(3, np.uint16), "u"),),
                    ),
                ),
                (
                    parts.put,
                    (
                        np.zeros(4, np.float32),
                        np.zeros(4, np.uint16),
                        whole(3, 1),
                        np.array([5, 7], np.float32),
                        np.zeros(2, np.uint16),
                        4,
                        (0.0, 1.0, 65_535.0),
                    ),
                ),
                (
                    parts.pick,
                    (np.zeros(4, np.float32), whole(3, 1), np.zeros(2, np.float32)),
                ),
                (
                    parts.mark,
                    (
                        np.zeros(4, np.bool_),
                        np.zeros(4, np.uint16),
                        whole(1, 2),
                        np.ones(2, np.uint16),
                    ),
                ),
                (
                    parts.written,
                    (
                        np.ones(4, np.bool_),
                        np.ones(4, np.bool_),
                        np.ones(4, np.uint16),
                        4,
                    ),
                ),
                (parts.seal, (b"head", [b"one", b"two"])),
                (parts.ship, ([-1, -1], [b"frame", b"other"])),
                (
                    parts.sift,
                    (whole(1, 0), whole(4, 5), np.ones(2, np.bool_), whole(0, 0)),
                ),
                (parts.stamp, (whole(1, 2, 3), whole(2, 0), 7)),
                (parts.tally, (np.array([3, 3, 9], np.uint8),)),
                (
                    parts.stint,
                    (
                        np.full((2, 3), 0.5),
                        np.zeros(3, np.int64),
                        np.full(3, 9.0),
                        np.zeros(3),
                        np.zeros(3, np.bool_),
                        np.full((2, 3), -1.0),
                        np.zeros((2, 3)),
                        np.full(2, 0.3),
                        np.ones(2),
                    ),
                ),
                (
                    parts.drift,
                    (
                        np.ones(3, np.float32),
                        np.zeros(3, np.uint8),
                        np.ones(2, np.float32),
                        1,
                        np.ones(3, np.float32),
                        2.5,
                    ),
                ),
                (
                    parts.walk,
                    (
                        np.ones(3, np.float32),
                        np.ones(3, np.float32),
                        np.ones(3, np.float32),
                        np.zeros(3, np.bool_),
                        np.zeros(3, np.uint16),
                        0.0,
                        1.5,
                    ),
                ),
                (parts.resettle, (whole(0), whole(2), *cell_arrays())),
                (
                    parts.strays,
                    (
                        whole(1, 2),
                        np.zeros(4),
                        np.zeros(4),
                        np.zeros(4, np.int32),
                        (0.0, 0.0, 10.0, 4, 3),
                    ),
                ),
            )
            # As it should be, and with each argument once as it should not.
            for arguments in (
                good,
                *((*good[:at], None, *good[at + 1 :]) for at in range(len(good))),
            )
        )
        arrays = [
            each for _, said in calls for each in said if isinstance(each, np.ndarray)
        ]

        def storm() -> tuple[list[int], int]:
            for _ in range(500):
                for call, values in calls:
                    try:
                        call(*values)
                    except (TypeError, ValueError, BufferError):
                        continue
            return [sys.getrefcount(each) for each in arrays], sys.getallocatedblocks()

        storm()
        before, blocks = storm()
        after, more = storm()

        self.assertEqual(before, after)
        self.assertLess(more - blocks, 200)
