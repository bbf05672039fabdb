"""What a Node tells Python: what garbage is looked for in, when threads give way."""

from __future__ import annotations

import json
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

#: Starts the services of a Node, in a process whose garbage is nobody else's.
_NODE = """
import gc, json, sys, weakref
from twisted.application.service import IServiceCollection, MultiService
from nexus.tap import Options, makeService

options = Options()
options.parseOptions(["--port=0", "--log-level=error"])
node = makeService(options)
node.privilegedStartService()
node.startService()

class Knot:
    def __init__(self):
        self.itself = self

knot = weakref.ref(Knot())
gc.collect()
print(json.dumps({
    "frozen": gc.get_freeze_count(),
    "searched": len(gc.get_objects()),
    "threshold": gc.get_threshold()[0],
    "is_found": knot() is None,
    "gives_way": sys.getswitchinterval(),
    "services": [type(each).__name__ for each in node],
}))
"""


class InterpreterTests(SynchronousTestCase):
    def test_what_a_start_loaded_is_not_searched(self) -> None:
        """A Node sets its code aside, finds what rooms make, and is not held up."""
        done = subprocess.run(
            [sys.executable, "-c", _NODE], capture_output=True, text=True, timeout=60
        )

        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertGreater(found["frozen"], 20 * found["searched"])
        self.assertGreater(found["threshold"], 700)
        self.assertTrue(found["is_found"])
        self.assertLess(found["gives_way"], 0.001)
        self.assertIn("Allocator", found["services"])
