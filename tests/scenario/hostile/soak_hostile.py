"""A long siege of one Node: afterwards it is as it was before."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random, SystemRandom
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.hostile.siege import Honest, besieged, failures, settle, siege
from tests.scenario.soak_daemon import memory
from tests.support.attack import counts

#: How many attacks there are before the memory is looked at, and after that. What is
#: kept for reuse and what fragments the heap grows for some 15,000 attacks, then stays.
_WARM: Final = 15_000
_TIMES: Final = 15_000

#: How many bytes a Node may be larger after those than before: 300 an attack.
_GROWTH: Final = 4_500_000


class LongSiegeTests(SynchronousTestCase):
    def test_node_is_as_it_was(self) -> None:
        """After 30,000 attacks a Node has no room, socket or memory more than before.

        Whoever plays by the rules meanwhile gets every patch and every answer, in
        order, and the log tells of no mistake of ours.
        """
        seed = SystemRandom().getrandbits(32)
        print(f"seed {seed}", flush=True)  # noqa: T201  # what reproduces it
        random = Random(seed)
        with besieged(Path(self.mktemp()), "examples.conformance") as (daemon, address):
            before = counts(address)
            siege(address, random, _WARM)
            self.assertEqual(settle(address, before), {}, f"seed {seed}")
            warm = memory(daemon)

            with Honest(address) as honest:
                done: Counter[str] = siege(address, random, _TIMES)

            self.assertEqual(honest.wrong, [], f"seed {seed}")
            self.assertGreater(honest.patches, _TIMES / 200, done)
            self.assertGreater(honest.replies, honest.patches, done)
            self.assertEqual(settle(address, before), {}, f"seed {seed}")
            self.assertEqual(daemon.health()["status"], "ok")
            self.assertEqual(failures(daemon), [], f"seed {seed}")
            self.assertEqual(counts(address)["nexus_sockets_failed_total"], 0)
            self.assertLess(memory(daemon) - warm, _GROWTH, f"seed {seed}")
