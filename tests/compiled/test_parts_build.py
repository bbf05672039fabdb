"""Tests of how the parts are compiled, and of what happens where they are not."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests import ROOT
from tests.support.compiled import run_plainly

_SOURCES = sorted((ROOT / "nexus" / "compiled").glob("*.c"))
_HEADERS = Path(sysconfig.get_path("include"))

#: What holds the plain way equal to what a writer of it would expect.
_LAWS = (
    "tests.state.test_setter",
    "tests.state.test_collect",
    "tests.state.test_state",
    "tests.state.test_state_typing",
    "tests.state.test_property_undo",
    "tests.wire.native.test_plan",
    "tests.wire.native.test_property_ragged",
    "tests.wire.native.test_table",
    "tests.state.table.test_table",
    "tests.state.table.test_table_writing",
    "tests.state.table.test_property_column",
    "tests.wire.colyseus.test_visit",
    "tests.wire.colyseus.test_encoder",
    "tests.wire.colyseus.test_encoder_view",
    "tests.sim.test_leap",
    "tests.sim.test_need",
    "tests.sim.test_placement",
    "tests.sim.test_wander",
    "tests.sim.test_whereabouts",
    "tests.room.space.test_layer",
    "tests.net.test_outlet",
    "tests.wire.test_envelope",
)


class CompileTests(SynchronousTestCase):
    if shutil.which("cc") is None or not (_HEADERS / "Python.h").exists():
        skip = "there is no C compiler, or no headers of Python"

    def test_compilers_have_nothing_to_say(self) -> None:
        """All is compiled without a warning."""
        flags = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas")
        more = ("-Wshadow", "-Wstrict-prototypes", "-Wvla", "-fsyntax-only", "-O2")
        run = subprocess.run(
            ["cc", *flags, *more, f"-I{_HEADERS}", *map(str, _SOURCES)],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        self.assertEqual((run.returncode, run.stderr), (0, ""))


class PlainTests(SynchronousTestCase):
    def test_python_does_it_all(self) -> None:
        """Without the parts, the tests of what they would do pass."""
        folder = Path(self.mktemp()).absolute()
        run_plainly(
            "from nexus.compiled import parts\n"
            "assert parts is None\n"
            f"sys.argv = ['trial', '--temp-directory={folder}', *{_LAWS!r}]\n"
            "from twisted.scripts.trial import run\n"
            "run()\n"
        )

    def test_a_node_says_so(self) -> None:
        """Who looks at the log reads what is missing, and what to do."""
        said = run_plainly(
            "from twisted.logger import globalLogPublisher, formatEvent\n"
            "globalLogPublisher.addObserver(lambda event: print(formatEvent(event)))\n"
            "from nexus.interpreter import Interpreter\n"
            "Interpreter().startService()\n"
        )
        self.assertIn("the compiled parts are missing", said)
        self.assertIn("docs/operations.md", said)

    def test_a_state_is_told_plainly(self) -> None:
        """Without the parts a State is written, flushed and told as ever."""
        said = run_plainly(
            "from nexus.state import State, Tree, float32\n"
            "from nexus.wire.native import Encoder\n"
            "Point = type(State)('Point', (State,), {\n"
            "    '__module__': '__main__', '__annotations__': {'x': float32}})\n"
            "tree = Tree(point := Point())\n"
            "point.x = 0.1\n"
            "assert Encoder(tree).patch(tree.flush())\n"
            "print(type(vars(Point)['x']).__name__)\n"
        )
        self.assertEqual(said, "property\n")
