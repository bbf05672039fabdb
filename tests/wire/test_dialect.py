"""Tests of `nexus.wire.dialect`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Code
from nexus.wire.dialect import CURRENT, DIALECTS


class DialectTests(SynchronousTestCase):
    def test_newest_is_the_current_one(self) -> None:
        """Who names no version is taken for the newest."""
        self.assertIs(DIALECTS["18"], CURRENT)
        self.assertEqual([each.major for each in DIALECTS.values()], [3, 4, 5])

    def test_old_codes(self) -> None:
        """0.16 knows matchmaking's codes by other numbers, and all others alike."""
        old = DIALECTS["16"]

        self.assertEqual([old.code(code) for code in (520, 526)], [4210, 4216])
        for code in (Code.LIMIT, Code.STOPPING, Code.INVALID_MESSAGE, 519, 527, 1000):
            self.assertEqual(old.code(code), code)
        self.assertEqual(CURRENT.code(520), 520)
