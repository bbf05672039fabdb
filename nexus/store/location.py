"""Where a database is: a URL, or the settings that say the same one by one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, unique
from typing import Final, TypeAlias
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from attrs import field, frozen
from typing_extensions import override

__all__ = [
    "DEFAULT_LOCATION",
    "FileLocation",
    "Location",
    "ServerLocation",
    "Tls",
    "locate",
    "parse_url",
]

#: The settings beside `DATABASE_URL`.
_NAMES: Final = (
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_PASSWORD",
    "DB_SSL",
    "DB_SSL_ROOT_CERT",
)

_EXAMPLE: Final = (
    "it must look like postgresql://user:password@host:5432/name or "
    "sqlite:///file.db, with special characters of a password %-encoded"
)


@unique
class Tls(Enum):
    """How a connection is encrypted, in the words of PostgreSQL's `sslmode`."""

    #: Never.
    DISABLE = "disable"
    #: If the server can.
    PREFER = "prefer"
    #: Always; whoever answers is believed.
    REQUIRE = "require"
    #: Always, with a certificate that the root certificate vouches for.
    VERIFY_CA = "verify-ca"
    #: The same, and it is made out for the host.
    VERIFY_FULL = "verify-full"


#: What people write for `DB_SSL` beside those words.
_SWITCHES: Final = {
    "0": Tls.DISABLE,
    "false": Tls.DISABLE,
    "off": Tls.DISABLE,
    "1": Tls.REQUIRE,
    "true": Tls.REQUIRE,
    "on": Tls.REQUIRE,
}


@frozen
class FileLocation:
    """A database in a file of ours.

    Attributes:
        path: The file; `:memory:` for none.
    """

    path: str

    @override
    def __str__(self) -> str:
        return self.path


@frozen(kw_only=True)
class ServerLocation:
    """A database on a PostgreSQL server.

    Attributes:
        host: A name, an IP address, or the folder of a Unix socket.
        port: The TCP port, or the number in the socket's name.
        database: Its name there.
        user: Who we are.
        password: What proves it; empty if nothing has to.
        tls: How the connection is encrypted.
        root_certificate: The file of certificates that vouch for the server's.
    """

    host: str = "localhost"
    port: int = 5432
    database: str = "nexus"
    user: str = "nexus"
    password: str = field(default="", repr=False)
    tls: Tls = Tls.PREFER
    root_certificate: str = ""

    @property
    def is_socket(self) -> bool:
        """Whether the host is the folder of a Unix socket."""
        return self.host.startswith("/")

    @override
    def __str__(self) -> str:
        where = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        return f"postgresql://{quote(self.user)}@{where}:{self.port}/{self.database}"


Location: TypeAlias = FileLocation | ServerLocation

#: Where Rooms are kept if nobody says where.
DEFAULT_LOCATION: Final = FileLocation("nexus.db")


def locate(values: Mapping[str, str]) -> Location | None:
    """Find the database in the settings; None: they name none.

    Args:
        values: `DATABASE_URL`, or `DB_HOST` and its kin; what is empty is not set.

    Raises:
        ValueError: They cannot be right; the text says what would be.
    """
    given = [name for name in _NAMES if values.get(name)]
    if url := values.get("DATABASE_URL"):
        if given:
            raise ValueError(
                f"DATABASE_URL and {given[0]} both say where the database is; "
                "unset one of them"
            )
        return parse_url(url)
    if not given:
        return None
    if "DB_HOST" not in given:
        raise ValueError(f"{given[0]} is set without DB_HOST; set that too")
    tls = _tls("DB_SSL", values.get("DB_SSL") or Tls.PREFER.value)
    root = values.get("DB_SSL_ROOT_CERT") or ""
    if root and tls in (Tls.DISABLE, Tls.PREFER):
        raise ValueError(
            f"DB_SSL_ROOT_CERT checks nobody while DB_SSL is {tls.value}; set that to"
            f" {Tls.VERIFY_FULL.value}"
        )
    return ServerLocation(
        host=values["DB_HOST"],
        port=_port(values.get("DB_PORT") or "5432"),
        database=values.get("DB_NAME") or "nexus",
        user=values.get("DB_USER") or "nexus",
        password=values.get("DB_PASSWORD") or "",
        tls=tls,
        root_certificate=root,
    )


def parse_url(url: str) -> Location:
    """Read a `DATABASE_URL`.

    Raises:
        ValueError: It is none; the text says what would be, and repeats nothing of it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Their text may hold the password.
        raise ValueError(f"DATABASE_URL is no URL: {_EXAMPLE}") from None
    if parts.scheme == "sqlite":
        return FileLocation(_file(parts))
    if parts.scheme not in ("postgres", "postgresql") or parts.fragment:
        raise ValueError(f"DATABASE_URL is of no database we know: {_EXAMPLE}")
    if "," in parts.netloc.rpartition("@")[2]:
        raise ValueError("DATABASE_URL names several hosts; it must name one")
    more = _options(parts.query)
    return ServerLocation(
        host=more.get("host") or unquote(parts.hostname or "") or "localhost",
        port=5432 if port is None else _port(str(port)),
        database=unquote(parts.path.removeprefix("/")) or "nexus",
        user=unquote(parts.username or "") or "nexus",
        password=unquote(parts.password or ""),
        tls=_tls("sslmode in DATABASE_URL", more.get("sslmode") or Tls.PREFER.value),
        root_certificate=more.get("sslrootcert", ""),
    )


def _file(parts: SplitResult) -> str:
    """Read the file of a URL: three slashes before a relative path, four for others."""
    if parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "DATABASE_URL of a file must be sqlite:///relative.db, "
            "sqlite:////absolute.db or sqlite:///:memory:"
        )
    return unquote(parts.path.removeprefix("/")) or ":memory:"


def _options(query: str) -> dict[str, str]:
    """Read what stands behind the `?`."""
    found = dict(parse_qsl(query))
    for name in found:
        if name not in ("host", "sslmode", "sslrootcert"):
            raise ValueError(
                "DATABASE_URL has an option that is not known; "
                "there are sslmode, sslrootcert and host"
            )
    return found


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ValueError(f"the database's port is {text!r}; it must be 1 to 65535")


def _tls(name: str, text: str) -> Tls:
    try:
        return _SWITCHES.get(text.lower()) or Tls(text.lower())
    except ValueError:
        words = ", ".join(each.value for each in Tls)
        raise ValueError(f"{name} is {text!r}; it must be one of {words}") from None
