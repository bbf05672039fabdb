"""What crosses one connection to a PostgreSQL server, and how it is encrypted."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from typing_extensions import override

from nexus.store.location import ServerLocation, parse_url
from nexus.store.port import (
    Conflict,
    Contended,
    Damaged,
    DatabaseAway,
    DatabaseFull,
    StoreError,
    Transaction,
)
from nexus.store.postgres import PostgresDatabase
from tests.store.server import NamedReactor, PostgresCase, run
from tests.support.authority import Authority
from tests.support.postgres import Cluster


class ServerValueTests(PostgresCase):
    async def test_types_round_trip(self) -> None:
        """Bytes are bytes, JSON is text, times are aware, and numbers plain."""
        database = await self.start()
        now = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)

        (row,) = await database.query(
            "SELECT ? AS a, ? AS b, ? AS c, ?::jsonb AS d, SUM(e) AS e, AVG(e) AS f, "
            "NULL::bytea AS g, NULL::numeric AS h, ? AS i "
            "FROM (VALUES (1::bigint), (2)) AS v (e)",
            b"\0\xff",
            now,
            True,
            '{"a": 1}',
            "100 % ? \\ ' \u20ac",
        )

        self.assertEqual(
            list(row.values()),
            [
                b"\0\xff",
                now,
                True,
                '{"a": 1}',
                3,
                1.5,
                None,
                None,
                "100 % ? \\ ' \u20ac",
            ],
        )
        self.assertIs(type(row["a"]), bytes)
        self.assertEqual(row["b"].tzinfo, UTC)

    async def test_floats_are_exact(self) -> None:
        """Floats come back bit by bit, also the odd ones."""
        database = await self.start()
        odd = [-0.0, 5e-324, 1.7976931348623157e308, 0.1, float("inf"), -1e-7]

        for value in odd:
            (row,) = await database.query("SELECT ? AS a", value)
            self.assertEqual(repr(row["a"]), repr(value))
        (row,) = await database.query("SELECT ? AS a", float("nan"))
        self.assertNotEqual(row["a"], row["a"])

    async def test_what_cannot_be_stored_is_refused(self) -> None:
        """NUL, lone surrogates and times without a zone are refused with a reason."""
        database = await self.start(pool_max=1)

        for value in ("\0", "\ud800", datetime(2026, 1, 1)):  # noqa: DTZ001  # wrong
            await self.fails_as_value(database, value)
        self.assertEqual(await database.query("SELECT 1 AS a"), [{"a": 1}])

    async def fails_as_value(self, database: PostgresDatabase, value: Any) -> None:
        """Expect that a value is refused."""
        try:
            await database.query("SELECT ?", value)
        except ValueError as error:
            self.assertRegex(str(error), "escape it first|must say its zone")
        else:
            raise AssertionError(f"{value!r} was taken")

    async def test_percent_needs_no_doubling(self) -> None:
        """A `%` in SQL means itself, with values and without."""
        database = await self.start()

        self.assertEqual(await database.query("SELECT '%s' AS a"), [{"a": "%s"}])
        self.assertEqual(
            await database.query("SELECT 'a' LIKE '%' AS a, ? AS b", 1),
            [{"a": True, "b": 1}],
        )


class ErrorTests(PostgresCase):
    async def test_errors_are_told_apart(self) -> None:
        """Each SQLSTATE becomes the error of the port that it means."""
        database = await self.start(pool_max=1)
        for code, kind in (
            ("53100", DatabaseFull),
            ("53200", DatabaseFull),
            ("40001", Contended),
            ("40P01", Contended),
            ("23514", Conflict),
            ("XX001", Damaged),
            ("25006", DatabaseAway),
            ("57P01", DatabaseAway),
            ("22012", StoreError),
        ):
            text = f"DO $$ BEGIN RAISE EXCEPTION 'why' USING ERRCODE = '{code}'; END $$"
            error = await self.fails(kind, run(database, text))
            self.assertEqual(str(error), "why")

    async def test_long_statement_is_ended(self) -> None:
        """The server ends what takes too long, and the connection goes on."""
        database = await self.start(pool_max=1, statement_timeout=0.2)

        error = await self.fails(StoreError, database.query("SELECT pg_sleep(5)"))

        self.assertIn("took longer than", str(error))
        self.assertEqual(await database.query("SELECT 1 AS a"), [{"a": 1}])

    async def test_one_statement_at_a_time(self) -> None:
        """Two at once within one transaction are refused, and harm nothing."""
        database = await self.start()

        async def work(transaction: Transaction) -> list[Any]:
            first = Deferred.fromCoroutine(transaction.query("SELECT 1 AS a"))
            await self.fails(RuntimeError, transaction.query("SELECT 2 AS a"))
            return [dict(row) for row in await first]

        await self.fails(RuntimeError, database.transact(work))
        self.assertEqual(await database.query("SELECT 3 AS a"), [{"a": 3}])


#: Whom the certificate of the server is made out for.
_HOST = "db.example"


@cache
def _authorities() -> tuple[Authority, Authority]:
    """Return the authority that vouches for the server, and one that does not."""
    return Authority("ours"), Authority("others")


@cache
def _encrypted() -> Cluster:
    """Return a server with a certificate, which ends with this run."""
    ours, _ = _authorities()
    cluster = Cluster()
    cluster.create()
    cluster.encrypt(*ours.issue(_HOST))
    return cluster


class EncryptionTests(PostgresCase):
    @override
    def setUp(self) -> None:
        """Write down whom to trust, and whom not."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.ours, self.others = (self.folder / name for name in ("ours", "others"))
        for path, authority in zip(
            (self.ours, self.others), _authorities(), strict=True
        ):
            path.write_bytes(authority.root)

    def location(
        self, mode: str, host: str = _HOST, root: Path | None = None
    ) -> ServerLocation:
        """Say where the server is, as a URL does."""
        port = _encrypted().location().port
        more = f"&sslrootcert={root}" if root is not None else ""
        url = f"postgresql://postgres@{host}:{port}/postgres?sslmode={mode}{more}"
        found = parse_url(url)
        assert isinstance(found, ServerLocation)
        return found

    async def encrypted(self, location: ServerLocation) -> bool:
        """Connect, and return whether that is encrypted."""
        # All names lead to the server.
        database = await self.start(location, reactor=NamedReactor(["127.0.0.1"]))
        [row] = await database.query(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
        return bool(row["ssl"])

    async def refused(self, location: ServerLocation) -> str:
        """Expect that the server is not trusted; return why."""
        return str(await self.fails(DatabaseAway, self.encrypted(location)))

    async def test_encryption_that_nobody_checks(self) -> None:
        """Without a root certificate whoever answers is believed."""
        for mode, is_encrypted in (
            ("disable", False),
            ("prefer", True),
            ("require", True),
        ):
            found = await self.encrypted(self.location(mode))
            self.assertIs(found, is_encrypted, mode)

    async def test_server_that_is_vouched_for(self) -> None:
        """The certificate is taken that the root certificate vouches for."""
        for mode in ("require", "verify-ca", "verify-full"):
            location = self.location(mode, root=self.ours)
            self.assertTrue(await self.encrypted(location), mode)

    async def test_server_that_nobody_vouches_for(self) -> None:
        """A server of another authority is refused, and the reason told."""
        for mode in ("require", "verify-ca", "verify-full"):
            why = await self.refused(self.location(mode, root=self.others))
            self.assertIn("certificate verify failed", why, mode)

    async def test_certificate_for_another_host(self) -> None:
        """`verify-full` alone asks whether the certificate is for this host."""
        other = "other.example"

        why = await self.refused(self.location("verify-full", other, self.ours))

        self.assertIn(f'does not match host name "{other}"', why)
        self.assertTrue(
            await self.encrypted(self.location("verify-ca", other, self.ours))
        )

    async def test_root_certificate_that_is_not_there(self) -> None:
        """Who is to check, and has nothing to check with, refuses and says so."""
        missing = self.folder / "missing"
        for mode in ("verify-ca", "verify-full"):
            why = await self.refused(self.location(mode, root=missing))
            self.assertIn(f'root certificate file "{missing}" does not exist', why)
