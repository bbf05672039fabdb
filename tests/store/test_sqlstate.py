"""Tests of `nexus.store.sqlstate`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.store.port import (
    Conflict,
    Contended,
    Damaged,
    DatabaseAway,
    DatabaseFull,
    StoreError,
)
from nexus.store.sqlstate import kind_of


class SqlstateTests(SynchronousTestCase):
    def test_codes_have_a_meaning(self) -> None:
        """The longest beginning that is known counts; all others are some failure."""
        for code, kind in (
            ("08006", DatabaseAway),
            ("23505", Conflict),
            ("25006", DatabaseAway),
            ("25001", StoreError),
            ("40001", Contended),
            ("40003", StoreError),
            ("53100", DatabaseFull),
            ("53300", DatabaseAway),
            ("57P01", DatabaseAway),
            ("57000", StoreError),
            ("XX001", Damaged),
            ("XX000", StoreError),
            ("", StoreError),
        ):
            self.assertIs(kind_of(code), kind, code)
