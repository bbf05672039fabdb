"""Tests of what is kept on a PostgreSQL server begin here: they start, and await."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any
from unittest.mock import patch

from attrs import define, field
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from nexus.store import postgres
from nexus.store.location import ServerLocation
from nexus.store.port import Transaction
from nexus.store.postgres import PostgresDatabase
from tests.support.postgres import missing_postgres, shared_cluster

__all__ = ["NamedReactor", "PostgresCase", "run"]


async def _no_tables(database: object) -> None:
    """Migrate nothing."""


class PostgresCase(TestCase):
    skip = missing_postgres()

    async def start(
        self, location: ServerLocation | None = None, **more: Any
    ) -> PostgresDatabase:
        """Start on an empty database, without the tables of Nexus."""
        chosen: dict[str, Any] = {"reactor": reactor, "unsafe": True} | more
        database = PostgresDatabase(
            location or shared_cluster().database(), random=Random(1), **chosen
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(database.close()))
        with patch.object(postgres, "migrate", _no_tables):
            await database.start()
        return database

    async def fails(self, kind: type[Exception], work: Any) -> Exception:
        """Await something that fails in a certain way; return the error."""
        try:
            await work
        except kind as error:
            self.assertIs(type(error), kind)
            return error
        raise AssertionError(f"nothing raised {kind.__name__}")


async def run(database: PostgresDatabase, sql: str, *values: Any) -> int:
    """Run one statement in a transaction of its own."""

    async def work(transaction: Transaction) -> int:
        return await transaction.execute(sql, *values)

    return await database.transact(work)


@define
class NamedReactor:
    """The reactor, with names of our own."""

    addresses: list[str]
    asked: list[str] = field(factory=list)

    @property
    def nameResolver(self) -> NamedReactor:  # noqa: N802  # the reactor's name
        """What finds addresses."""
        return self

    def resolveHostName(  # noqa: N802  # the reactor's name
        self, receiver: Any, name: str
    ) -> None:
        """Find those that a test gave."""
        self.asked.append(name)
        for address in self.addresses:
            receiver.addressResolved(IPv4Address("TCP", address, 0))
        receiver.resolutionComplete()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(reactor, name)
        return found
