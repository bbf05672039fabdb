"""Searches for garbage in a Node: what they leave out."""

from __future__ import annotations

import json
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

#: Starts the services of a Node, in a process whose garbage is nobody else's.
_NODE = """
import gc, json, weakref
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
}))
"""


class HeapTests(SynchronousTestCase):
    def test_what_a_start_loaded_is_not_searched(self) -> None:
        """A Node sets its code aside, and garbage that rooms make is still found."""
        done = subprocess.run(
            [sys.executable, "-c", _NODE], capture_output=True, text=True, timeout=60
        )

        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertGreater(found["frozen"], 20 * found["searched"])
        self.assertGreater(found["threshold"], 700)
        self.assertTrue(found["is_found"])
