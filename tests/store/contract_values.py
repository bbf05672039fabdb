"""What every Database does with values, whichever adapter it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nexus.store.port import Transaction
from tests import examples
from tests.store.contract import DatabaseTestCase, drawn

__all__ = ["ValueContract"]

#: What a database keeps of text, and what it may not be given.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_INSERT = (
    "INSERT INTO samples (id, words, whole, real, raw, truth, moment) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class ValueContract(DatabaseTestCase):
    """What is kept comes back, and what cannot be kept is refused."""

    async def test_values_come_back(self) -> None:
        """A value of each type comes back as it was, and so does none."""
        strategy = st.tuples(
            _TEXT,
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False),
            st.binary(),
            st.booleans(),
            st.datetimes(
                min_value=datetime(1000, 1, 1),  # noqa: DTZ001  # given one below
                max_value=datetime(9000, 1, 1),  # noqa: DTZ001  # likewise
                timezones=st.just(UTC),
            ),
        )
        rows: list[tuple[Any, ...]] = [
            *drawn(strategy, examples(test=100, soak=2_000)),
            (None,) * 6,
        ]

        async def work(transaction: Transaction) -> None:
            await transaction.execute_many(
                _INSERT, [(ident, *row) for ident, row in enumerate(rows)]
            )

        await self.database.transact(work)
        found = await self.database.query("SELECT * FROM samples ORDER BY id")
        names = ("words", "whole", "real", "raw", "truth", "moment")
        for row, given_row in zip(found, rows, strict=True):
            got = tuple(row[name] for name in names)
            self.assertEqual(
                [(type(one), one) for one in got],
                [(type(one), one) for one in given_row],
            )

    async def test_values_come_back_from_a_change(self) -> None:
        """What a change returns has the same types as what is read."""
        at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5)))

        async def work(transaction: Transaction) -> Any:
            return await transaction.query(
                f"{_INSERT} RETURNING truth, moment, raw",
                *(1, "a", 1, 1.0, b"\0\xff", True, at),
            )

        [row] = await self.database.transact(work)

        self.assertEqual(dict(row), {"truth": True, "moment": at, "raw": b"\0\xff"})
        self.assertIs(row["truth"], True)
        self.assertEqual(row["moment"].utcoffset(), timedelta(0))

    async def test_times_are_compared(self) -> None:
        """Times sort as times, however many microseconds and whatever zone."""
        base = datetime(2026, 1, 1, tzinfo=UTC)
        times = [base + timedelta(microseconds=us) for us in (0, 1, 999_999, 1_000_000)]
        for ident, at in enumerate(times):
            there = at.astimezone(timezone(timedelta(hours=-4 * ident)))
            await self.run_one(
                "INSERT INTO samples (id, moment) VALUES (?, ?)", ident, there
            )

        rows = await self.database.query(
            "SELECT id FROM samples WHERE moment < ? ORDER BY moment DESC", times[3]
        )

        self.assertEqual([row["id"] for row in rows], [2, 1, 0])

    async def test_what_cannot_be_kept_is_refused(self) -> None:
        """Text that not every database takes, and a time of nowhere, raise at once."""
        nowhere = datetime(2026, 1, 1)  # noqa: DTZ001  # that is the point
        for value in ("a\0b", "\ud800", "é\udfff", nowhere):

            async def work(transaction: Transaction, value: Any = value) -> None:
                await self.add(1, transaction)
                await transaction.execute(
                    "INSERT INTO samples (id, words) VALUES (2, ?)", value
                )

            await self.raises(ValueError, work)

        self.assertEqual(await self.idents(), [])

    async def test_numbers_of_numpy(self) -> None:
        """A float64 of numpy is a float."""
        [row] = await self.database.query("SELECT ? AS a", np.float64(-0.25))

        self.assertEqual(row["a"], -0.25)

    async def test_marks_and_percent_signs(self) -> None:
        """What marks values elsewhere means nothing in text."""
        [row] = await self.database.query(
            "SELECT 'a%b' AS a, ? AS b, 7 % 4 AS c", "?%s%(x)s\\'"
        )

        self.assertEqual(dict(row), {"a": "a%b", "b": "?%s%(x)s\\'", "c": 3})
