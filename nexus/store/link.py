"""One connection to a PostgreSQL server, on the reactor.

The only file that knows txpostgres and psycopg2, whose errors and types end here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from attrs import define, field, frozen
from psycopg2 import Binary, Error, InterfaceError, OperationalError
from psycopg2.extensions import AsIs, make_dsn, new_type, register_type
from twisted.internet.error import ConnectionClosed
from twisted.python.failure import Failure
from txpostgres import txpostgres
from typing_extensions import override

from nexus.store.bounded import bounded
from nexus.store.location import ServerLocation
from nexus.store.port import DatabaseAway, Row, StoreError, Value
from nexus.store.sqlstate import TOO_LONG, kind_of

__all__ = ["Answer", "Link", "connect"]

#: The most statements, and about the most bytes, that are sent in one go: making more
#: of them would hold up the reactor.
_PAGE_ROWS: Final = 250
_PAGE_BYTES: Final = 250_000

#: How PostgreSQL numbers its types.
_BYTEA: Final = 17
_JSON: Final = (114, 3802)
_NUMERIC: Final = 1700


def _read_bytes(text: str | None, cursor: Any) -> bytes | None:
    return None if text is None else bytes.fromhex(text.removeprefix("\\x"))


def _read_text(text: str | None, cursor: Any) -> str | None:
    return text


def _read_number(text: str | None, cursor: Any) -> int | float | None:
    if text is None:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


_TYPES: Final = (
    new_type((_BYTEA,), "NEXUS_BYTES", _read_bytes),
    new_type(_JSON, "NEXUS_JSON", _read_text),
    new_type((_NUMERIC,), "NEXUS_NUMBER", _read_number),
)


class _Cursor(txpostgres.Cursor):  # type: ignore[misc]  # it has no types
    """A cursor that tells why a statement was cancelled."""

    @override
    def _handleCancellation(self, f: Failure) -> Failure:
        return f


class _Wire(txpostgres.Connection):  # type: ignore[misc]  # it has no types
    """A connection that tells when it is lost while nobody asks anything."""

    cursorFactory = _Cursor  # noqa: N815  # the name is txpostgres'
    lost: Callable[[], None] | None = None

    @override
    def doRead(self) -> None:
        try:
            super().doRead()
        except (Error, ValueError):
            # ValueError: the reactor was handed the descriptor of a closed socket.
            if self.lost is not None:
                self.lost()


@frozen
class Answer:
    """What the server said to one statement.

    Attributes:
        rows: What it returned.
        count: How many rows it touched.
    """

    rows: list[Row]
    count: int


@define(eq=False)
class Link:
    """One connection; it takes one statement at a time.

    Attributes:
        limit: Seconds that the server has for an answer; without one the connection
            is closed.
        observe: Called with the seconds that each answer took.
    """

    _wire: Any
    _reactor: Any
    limit: float
    observe: Callable[[float], None]
    on_lost: Callable[[Link], None] | None = field(default=None, init=False)
    _is_open: bool = field(default=True, init=False)
    _is_busy: bool = field(default=False, init=False)

    @property
    def is_open(self) -> bool:
        """Whether it can be used, as far as anybody knows."""
        return self._is_open and not self._wire.closed

    async def ask(self, sql: str, *values: Value) -> Answer:
        """Send one statement and return the answer.

        Raises:
            StoreError: It failed, in the terms of the port.
            ValueError: A value cannot be stored.
        """
        cursor = await self._send(
            lambda cursor: _fill(cursor, _percent(sql), values) if values else sql
        )
        try:
            if cursor.description is None:
                return Answer([], max(0, cursor.rowcount))
            names = [column.name for column in cursor.description]
            rows: list[Row] = [
                dict(zip(names, row, strict=True)) for row in cursor.fetchall()
            ]
        except Error as error:
            raise self._translate(error) from error
        return Answer(rows, len(rows))

    async def ask_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Send one statement with each of many rows of values.

        It goes in pages, each of which is one message to the server.

        Raises:
            StoreError: It failed, in the terms of the port.
            ValueError: A value cannot be stored.
        """
        template = _percent(sql)
        left = iter(rows)
        is_over = False

        def page(cursor: Any) -> bytes:
            nonlocal is_over
            filled = list(_page(cursor, template, left))
            is_over = not filled
            return b";\n".join(filled)

        while not is_over:
            await self._send(page)

    async def check(self) -> None:
        """Ask for a sign of life; the connection is closed if there is none."""
        try:
            await self.ask("SELECT 1")
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """End it; whoever waits for an answer is told."""
        self._is_open = False
        self._wire.lost = None
        self._wire.close()
        # When the server ended it, that left the socket alone.
        self._wire.pollable().close()

    def watch(self, lost: Callable[[Link], None]) -> None:
        """Have a function called when the connection is lost while nobody uses it."""

        def told() -> None:
            self.close()
            lost(self)

        self._wire.lost = told

    async def _send(self, make: Callable[[Any], str | bytes]) -> Any:
        """Send what is made for a cursor; return the cursor when it has the answer."""
        if self._is_busy:
            raise RuntimeError("one statement at a time: await the one before")
        if not self.is_open:
            raise DatabaseAway("the connection to the database was lost")
        # If the socket dies while a statement is sent, the reactor would go on to
        # watch its number, which soon belongs to another socket.
        self._reactor.removeReader(self._wire)
        began = self._reactor.seconds()
        self._is_busy = True
        try:
            cursor = self._wire.cursor()
            sql = make(cursor)
            if sql:
                await bounded(
                    cursor.execute(sql), self.limit, self.close, self._reactor
                )
            return cursor
        except (Error, ConnectionClosed) as error:
            raise self._translate(error) from error
        finally:
            self._is_busy = False
            if self.is_open:
                self._reactor.addReader(self._wire)
            self.observe(max(0.0, self._reactor.seconds() - began))

    def _translate(self, error: Exception) -> StoreError:
        """Say in the terms of the port what went wrong; close what is of no use."""
        code = getattr(error, "pgcode", None) or ""
        if code == TOO_LONG:
            return StoreError(
                "a statement took longer than the server allows, or was ended there"
            )
        if code:
            kind = kind_of(code)
        else:
            lost = not self.is_open or isinstance(
                error, OperationalError | InterfaceError | ConnectionClosed
            )
            kind = DatabaseAway if lost else StoreError
        if kind is DatabaseAway:
            self.close()
        return kind(_words(error))


async def connect(
    location: ServerLocation,
    address: str,
    *,
    reactor: Any,
    seconds: float,
    settings: dict[str, str],
    make: Callable[[Any], Link],
) -> Link:
    """Connect to a server.

    Args:
        location: Where it is, and who we are there.
        address: The IP address of its host; empty for a Unix socket.
        reactor: Has time and watches sockets.
        seconds: How long that may take.
        settings: What is set on the server for this connection.
        make: Makes the Link around what txpostgres has.

    Raises:
        DatabaseAway: Nobody answers, or we are not let in.
    """
    wire = _Wire(reactor)
    told = {"host": location.host, "hostaddr": address} if address else {}
    dsn = make_dsn(
        **{"host": location.host} | told,
        port=location.port,
        dbname=location.database,
        user=location.user,
        # An empty one would be looked for in the environment.
        password=location.password or None,
        sslmode=location.tls.value,
        sslrootcert=location.root_certificate or None,
        # Kerberos would be asked without regard to the reactor.
        gssencmode="disable",
        application_name="nexus",
        client_encoding="UTF8",
        options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        keepalives_idle=15,
        keepalives_interval=5,
        keepalives_count=3,
    )
    try:
        connecting = wire.connect(dsn)
        await bounded(connecting, seconds, lambda: _abort(wire), reactor)
    except (Error, ConnectionClosed) as error:
        _abort(wire)
        raise DatabaseAway(f"no connection to the database: {_words(error)}") from error
    for kind in _TYPES:
        register_type(kind, wire.pollable())
    return make(wire)


def _abort(wire: Any) -> None:
    """End what may not even have begun."""
    if wire.pollable() is not None:
        wire.close()
        wire.pollable().close()


@lru_cache(maxsize=1024)
def _percent(sql: str) -> str:
    """Spell the places for values as psycopg2 wants them."""
    return sql.replace("%", "%%").replace("?", "%s")


def _fill(cursor: Any, template: str, values: Sequence[Value]) -> bytes:
    """Put values into a statement."""
    adapted = [_adapt(value) for value in values]
    try:
        filled: bytes = cursor.mogrify(template, adapted)
    except ValueError as error:
        raise ValueError(
            "text with NUL or a lone surrogate cannot be stored; escape it first"
        ) from error
    return filled


def _page(
    cursor: Any, template: str, left: Iterator[Sequence[Value]]
) -> Iterator[bytes]:
    """Fill in the rows that are left, until a page is full."""
    size = 0
    for _ in range(_PAGE_ROWS):
        values = next(left, None)
        if values is None:
            return
        filled = _fill(cursor, template, values)
        yield filled
        size += len(filled)
        if size >= _PAGE_BYTES:
            return


def _adapt(value: Value) -> Any:
    """Say how a value is to be written."""
    if isinstance(value, bytes):
        return Binary(value)
    if isinstance(value, float):
        # As a plain number -0.0 would lose its sign.
        return AsIs(f"'{float(value)!r}'::float8")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a time must say its zone")
    return value


def _words(error: Exception) -> str:
    """Return the first line of what went wrong."""
    diagnosis = getattr(error, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(error)
    return said.strip().partition("\n")[0] or type(error).__name__
